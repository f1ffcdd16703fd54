"""Ending a namespace or a whole session, and what the server says about it afterwards."""


def _pair(bench):
    """Two namespaces over one session, each tracked under a label."""
    root, custom = bench.open_together("/", "/custom")
    labels = []
    for peer in (root, custom):
        labels.append(bench.unique("label"))
        bench.assertEqual(peer.ask("track", labels[-1]), ["ok"])
        bench.assertEqual(root.ask("reason-of", labels[-1]), [None])
    return root, custom, labels


def disconnect_me_namespace(bench):
    root, custom, labels = _pair(bench)
    custom.emit("disconnect-me", False)
    bench.assertEqual(custom.next("disconnect"), ["server disconnect"])
    bench.assertEqual(bench.reason_of(labels[1]), "server namespace disconnect")
    bench.shows_life(root)
    bench.assertEqual(root.ask("reason-of", labels[0]), [None])


def disconnect_me_connection(bench):
    root, custom, labels = _pair(bench)
    custom.emit("disconnect-me", True)
    for peer, label in zip((root, custom), labels):
        # The packets and the end of the transport reach the application by different threads.
        bench.assertIn(peer.next("disconnect"), (["server disconnect"], ["transport error"]))
        bench.assertEqual(bench.reason_of(label), "server namespace disconnect")


def client_disconnect(bench):
    root, custom, labels = _pair(bench)
    if root.session.transport == "websocket":
        # The client closes its WebSocket before its queue has been written, so that its own
        # goodbye gets lost as often as not: here it is written first.
        for packet in ("1", "1/custom,"):
            root.session.write(packet)
        root.session.flush()
        bench.assertEqual(bench.reason_of(labels[1]), "client namespace disconnect")
    root.session.disconnect()
    for peer, label in zip((root, custom), labels):
        bench.assertEqual(peer.next("disconnect"), ["client disconnect"])
        bench.assertEqual(bench.reason_of(label), "client namespace disconnect")
