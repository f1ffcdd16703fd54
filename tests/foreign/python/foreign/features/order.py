"""Many events at once, all of them, in order."""

_EVENTS = 10_000
_ACKS = 2_000


def burst(bench):
    peer = bench.open()
    peer.emit("burst", _EVENTS)
    bench.in_order(peer.first("tick", _EVENTS))
    bench.shows_life(peer)
    bench.assertEqual(len(peer.all("tick")), _EVENTS)


def pipelined_acks(bench):
    bench.in_order(bench.open().ask_all("message-with-ack", ([index] for index in range(_ACKS))))


def events_up(bench):
    peer = bench.open()
    peer.emit_all("message", ([index] for index in range(_EVENTS)))
    bench.in_order(peer.first("message-back", _EVENTS))
    bench.shows_life(peer)
    bench.assertEqual(len(peer.all("message-back")), _EVENTS)
