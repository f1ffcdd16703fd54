"""What one test works with: sessions of one client in one mode, and names nobody else uses."""

import logging
import subprocess
import threading
import time
import unittest
import uuid
from pathlib import Path

from .clients import LIMIT, MODES, settle
from .peer import Peer

_RELAY = Path(__file__).resolve().parents[2] / "js" / "lib" / "relay.js"


class Session:
    """One client and the namespaces that it holds open."""

    def __init__(self, kind, transports, base, path, namespaces, in_turn, reconnection):
        self.kind = kind
        self.where = {"url": base, "socketio_path": path, "transports": transports, "namespaces": namespaces}
        self._pings = threading.Semaphore(0)
        self._log = _log_of_pings(self._pings)
        self.client = kind.make(
            in_turn,
            handle_sigint=False,
            reconnection=reconnection,
            reconnection_delay=0.02,
            randomization_factor=0,
            engineio_logger=self._log,
        )
        self.peers = [Peer(self, namespace) for namespace in namespaces]

    def connect(self, auth=None, **options):
        settle(self.client.connect(**self.where, auth=auth, wait_timeout=LIMIT, **options), 2 * LIMIT)

    @property
    def engine_sid(self):
        return self.client.eio.sid

    @property
    def transport(self):
        return self.client.transport()

    def write(self, text):
        """Sends text as an Engine.IO message of its own."""
        settle(self.client.eio.send(text))

    def flush(self):
        """Returns once everything that was emitted has been written.

        A client that is closed while it posts forgets its goodbye.
        """
        settle(self.client.eio.queue.join())

    def close_engine(self):
        self.flush()
        settle(self.client.eio.disconnect())

    def disconnect(self):
        self.flush()
        settle(self.client.disconnect())

    def shutdown(self):
        self.client.reconnection = False
        if self.client.connected:
            settle(self.client.eio.disconnect(abort=True))
        else:
            settle(self.client.shutdown())
        self.kind.release(self.client)

    def pinged(self):
        """Returns at the next ping, which the client shows only in its log."""
        self._log.disabled = False
        if not self._pings.acquire(timeout=LIMIT):
            raise TimeoutError(f"no ping within {LIMIT} s")


def _log_of_pings(pings):
    log = logging.Logger("engine", logging.INFO)
    log.disabled = True
    handler = logging.Handler()
    handler.emit = lambda record: "PING" in (record.args or ()) and pings.release()
    log.addHandler(handler)
    return log


class Relay:
    """A TCP relay in front of the server that can cut and freeze connections."""

    def __init__(self, target):
        self._process = subprocess.Popen(
            ["node", str(_RELAY), target], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.url = self._process.stdout.readline().strip()

    def tell(self, word):
        print(word, file=self._process.stdin, flush=True)
        assert self._process.stdout.readline() == "done\n", word

    def close(self):
        self._process.communicate()


class Bench(unittest.TestCase):
    """`unittest`'s assertions, and sockets that are closed when the test ends."""

    def __init__(self, kind, mode, base):
        super().__init__()
        self.kind, self.mode, self.base = kind, mode, base
        self.transports = MODES[mode]

    def session(self, *namespaces, base=None, path="relaxed", in_turn=True, reconnection=False):
        """A client that has not been connected yet."""
        session = Session(
            self.kind, self.transports, base or self.base, path, list(namespaces or ("/",)), in_turn, reconnection
        )
        self.addCleanup(session.shutdown)
        return session

    def open_together(self, *namespaces, auth=None, **options):
        """Peers of several namespaces over one session."""
        session = self.session(*namespaces, **options)
        session.connect(auth)
        for peer in session.peers:
            peer.next("connect")
        return session.peers

    def open(self, namespace="/", **options):
        return self.open_together(namespace, **options)[0]

    def relay(self):
        relay = Relay(self.base)
        self.addCleanup(relay.close)
        return relay

    @staticmethod
    def unique(stem):
        """A name that no other test run against this server uses."""
        return f"{stem}-{uuid.uuid4()}"

    def reason_of(self, label):
        """Why the socket that tracked `label` disconnected, asked until the server knows."""
        witness = self.open(path="recovery")
        deadline = time.monotonic() + LIMIT
        while time.monotonic() < deadline:
            [reason] = witness.ask("reason-of", label)
            if reason is not None:
                return reason
        raise TimeoutError(f"no reason of {label} within {LIMIT} s")

    def in_order(self, received):
        """Whether there is one argument each, and they count up from 0."""
        for index, args in enumerate(received):
            self.assertEqual(args, [index])

    def shows_life(self, peer):
        self.assertEqual(peer.ask("message-with-ack", "alive"), ["alive"])
