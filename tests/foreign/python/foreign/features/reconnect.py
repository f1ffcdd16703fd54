"""Sessions that end without a goodbye, and the client that comes back."""


def _comes_back(bench, end, by_itself=True, **options):
    """Ends a tracked session by `end`, and checks that the client has a new one."""
    auth = {"token": "kept"}
    peer = bench.open(reconnection=True, auth=auth, **options)
    session = peer.session
    peer.next("auth")
    label, room = bench.unique("label"), bench.unique("room")
    peer.ask("track", label)
    peer.ask("join", room)
    before = (session.engine_sid, peer.sid)
    end(session)
    [why] = peer.next("disconnect")
    if not by_itself or why == "server disconnect":
        # After a goodbye, its own or the server's, this client leaves it to the application.
        session.connect(auth)
    peer.next("connect")
    for old, new in zip(before, (session.engine_sid, peer.sid)):
        bench.assertNotEqual(old, new)
    bench.assertEqual(peer.next("auth"), [auth])
    bench.assertEqual(peer.ask("rooms"), [[]])
    return why, bench.reason_of(label)


def reconnect_server_close(bench):
    """A packet that is none: the server has to end the session."""
    why, reason = _comes_back(bench, lambda session: session.write("nonsense"))
    bench.assertIn(why, ("transport error", "server disconnect"))
    bench.assertEqual(reason, "parse error")


def reconnect_engine_close(bench):
    why, reason = _comes_back(bench, lambda session: session.close_engine(), by_itself=False)
    bench.assertEqual(why, "client disconnect")
    bench.assertEqual(reason, "transport close")


def reconnect_cut(bench):
    relay = bench.relay()
    why, reason = _comes_back(bench, lambda session: relay.tell("cut"), base=relay.url)
    bench.assertEqual(why, "transport error")
    bench.assertRegex(reason, "^transport (close|error)$")
