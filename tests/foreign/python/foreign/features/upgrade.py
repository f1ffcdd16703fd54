"""Events right after the session has moved from polling to a WebSocket."""

_EVENTS = 10_000


def upgrade_order(bench):
    """Both ways at once, from the moment the namespace is open.

    That is as early as this client can: between its handshake and the end of its upgrade it
    neither polls nor posts, so nothing of its own is ever under way on the old transport.
    """
    peer = bench.open()
    bench.assertEqual(peer.session.transport, "websocket")
    peer.emit("burst", _EVENTS)
    peer.emit_all("message", ([index] for index in range(_EVENTS)))
    bench.in_order(peer.first("message-back", _EVENTS))
    bench.in_order(peer.first("tick", _EVENTS))
    bench.assertEqual(peer.ask("handshake")[0]["query"]["transport"], "polling")
