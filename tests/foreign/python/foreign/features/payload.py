"""What arguments survive the way there and back."""

import json

from ..values import DEEP, EVERY_BYTE, LONE_SURROGATES, PLAIN, well_formed


def arguments(bench):
    peer = bench.open()
    peer.emit("message", *PLAIN)
    back = peer.next("message-back")
    bench.assertEqual(back, PLAIN)
    bench.assertEqual(json.dumps(back[-1]), json.dumps(PLAIN[-1]), "the order of keys")
    peer.emit("message")
    bench.assertEqual(peer.next("message-back"), [])


def long_text(bench):
    peer = bench.open()
    long = "é🦀" * 50_000
    peer.emit("message", long)
    bench.assertTrue(peer.next("message-back") == [long])
    bench.shows_life(peer)


def lone_surrogates(bench):
    peer = bench.open()
    peer.emit("message", *LONE_SURROGATES)
    back = peer.next("message-back")
    bench.assertIn(back, (LONE_SURROGATES, well_formed(LONE_SURROGATES)))
    bench.shows_life(peer)


def binary_flat(bench):
    peer = bench.open()
    peer.emit("message", EVERY_BYTE)
    bench.assertEqual(peer.next("message-back"), [EVERY_BYTE])


def binary_deep(bench):
    peer, other = bench.open(), bench.open()
    peer.emit("message", *DEEP)
    bench.assertEqual(peer.next("message-back"), DEEP)

    # The same attachments to somebody else, with text right behind them.
    room = bench.unique("room")
    other.ask("join", room)
    peer.emit("to-others", room, *DEEP)
    peer.emit("to-others", room, "behind")
    bench.assertEqual(other.next("room-event"), [room, *DEEP])
    bench.assertEqual(other.next("room-event"), [room, "behind"])
