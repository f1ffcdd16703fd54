"""Opening a namespace, being refused one, and several over one session."""

import random

from socketio.exceptions import ConnectionError as Refused

_AUTH = {"token": "any", "nested": {"list": [1, None, "ü"]}}


def _connects(bench, namespace):
    """Connects to `namespace` and checks everything that the server says about it."""
    peer = bench.open(namespace, auth=_AUTH)
    bench.assertEqual(peer.next("auth"), [_AUTH])
    [said] = peer.ask("handshake")
    bench.assertEqual(said["sid"], peer.sid)
    bench.assertNotEqual(said["sid"], peer.session.engine_sid)
    bench.assertEqual(said["nsp"], namespace)
    bench.assertEqual(said["auth"], _AUTH)
    bench.assertEqual(said["query"]["EIO"], "4")
    bench.assertEqual(said["query"]["transport"], bench.transports[0])
    bench.assertEqual(peer.session.transport, bench.transports[-1])


def connect_default(bench):
    _connects(bench, "/")


def connect_custom(bench):
    _connects(bench, "/custom")


def connect_dynamic(bench):
    _connects(bench, f"/dynamic-{random.randrange(10**9)}")


def connect_without_auth(bench):
    bench.assertEqual(bench.open().next("auth"), [{}])


def auth_refused_then_granted(bench):
    error = {"message": "not authorized", "data": {"code": "E_AUTH", "retry": False}}
    # The client does not return from a refusal before its last poll has: here a ping is soon due.
    session = bench.session("/auth", path="socket.io")
    with bench.assertRaises(Refused):
        session.connect({"token": "wrong"})
    bench.assertEqual(session.peers[0].next("connect_error"), [error])
    peer = bench.open("/auth", auth={"token": "secret"})
    bench.assertEqual(peer.next("auth"), [{"token": "secret"}])

    # Over one session, a refused namespace leaves the others as they are.
    session = bench.session("/", "/auth")
    root, refused = session.peers
    session.connect({"token": "wrong"}, wait=False)
    root.next("connect")
    bench.assertEqual(refused.next("connect_error"), [error])
    bench.shows_life(root)


def unknown_namespace(bench):
    session = bench.session("/", "/nowhere")
    root, unknown = session.peers
    session.connect(wait=False)
    root.next("connect")
    bench.assertEqual(unknown.next("connect_error"), [{"message": "Invalid namespace"}])
    bench.shows_life(root)


def multiplex(bench):
    peers = bench.open_together("/", "/custom", "/auth", auth={"token": "secret"})
    bench.assertEqual(len({peer.sid for peer in peers}), 3)
    room = bench.unique("room")
    for peer in peers:
        bench.assertEqual(peer.ask("join", room), ["ok"])
    for peer in peers:
        peer.emit("to-all", room, peer.namespace)
    for peer in peers:
        bench.assertEqual(peer.next("room-event"), [room, peer.namespace])
        bench.assertEqual(peer.ask("message-with-ack", peer.namespace), [peer.namespace])
    for peer in peers:
        bench.assertEqual(len(peer.all("room-event")), 1)
