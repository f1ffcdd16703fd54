"""Acknowledgements, both ways."""

import threading

from socketio.exceptions import TimeoutError as NotAcknowledged

from ..clients import LIMIT, settle
from ..values import DEEP


def ack_up(bench):
    peer = bench.open()
    bench.assertEqual(peer.ask("message-with-ack"), [])
    args = ["text", {"a": [1, None]}, -2.5, [], "🦀"]
    bench.assertEqual(peer.ask("message-with-ack", *args), args)


def ack_up_binary(bench):
    bench.assertEqual(bench.open().ask("message-with-ack", *DEEP), DEEP)


def _answered(bench, question, answer):
    """Has the server ask for an acknowledgement, and answers its question with `answer`."""
    peer = bench.open()
    peer.answers(lambda *args: tuple(answer))
    peer.emit("emit-with-ack", *question)
    bench.assertEqual(peer.next("emit-with-ack"), question)
    bench.assertEqual(peer.next("emit-with-ack-back"), answer)
    bench.assertEqual(peer.all("emit-with-ack-timeout"), [])


def ack_down(bench):
    _answered(bench, ["question", {"n": 1}], ["answer", [None], {"ü": True}])
    _answered(bench, [], [])


def ack_down_binary(bench):
    _answered(bench, DEEP, DEEP[::-1])


def ack_timeout(bench):
    """The server stops waiting and says so; an answer that comes later still is ignored."""
    # The handler blocks, so the other events must not have to wait for their turn behind it.
    peer = bench.open(in_turn=False)
    told = threading.Event()
    peer.answers(lambda *args: "too late" if told.wait(LIMIT) else None)
    peer.emit("emit-with-ack", "nobody answers")
    bench.assertEqual(peer.next("emit-with-ack-timeout"), [])
    told.set()
    # `message` is never acknowledged: the client's own limit has to end the wait.
    with bench.assertRaises(NotAcknowledged):
        settle(peer.session.client.call("message", "x", timeout=0.05))
    bench.shows_life(peer)
    bench.assertEqual(peer.all("emit-with-ack-back"), [])
