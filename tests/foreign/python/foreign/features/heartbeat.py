"""The server's pings, on the path where they come every 300 ms."""

_PINGS = 4


def heartbeat(bench):
    peer = bench.open(path="socket.io")
    for _ in range(_PINGS):
        peer.session.pinged()
    bench.shows_life(peer)
    bench.assertEqual(peer.all("disconnect"), [])


def ping_timeout(bench):
    relay = bench.relay()
    peer = bench.open(path="socket.io", base=relay.url, reconnection=True)
    label = bench.unique("label")
    peer.ask("track", label)
    before = peer.session.engine_sid
    peer.session.pinged()
    relay.tell("freeze")
    bench.assertEqual(bench.reason_of(label), "ping timeout")
    relay.tell("cut")
    peer.next("disconnect")
    peer.next("connect")
    bench.assertNotEqual(peer.session.engine_sid, before)
    bench.shows_life(peer)
