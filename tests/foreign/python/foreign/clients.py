"""The two clients of python-socketio, threads and asyncio, behind one blocking way to call them."""

import asyncio
import importlib.metadata
import inspect
import threading
from concurrent.futures import ThreadPoolExecutor

import engineio
import socketio

# The client refuses a polling payload of more than 16 packets; its documentation has applications
# raise this number when they expect bursts.
engineio.payload.Payload.max_decode_packets = 20_000

LIMIT = 10
MODES = {"polling": ["polling"], "websocket": ["websocket"], "upgrade": ["polling", "websocket"]}

_VERSION = importlib.metadata.version("python-socketio")
_loop = asyncio.new_event_loop()
threading.Thread(target=_loop.run_forever, daemon=True).start()


def settle(value, limit=LIMIT):
    """The value itself, or what the coroutine comes to on the clients' own loop."""
    if not inspect.isawaitable(value):
        return value
    return asyncio.run_coroutine_threadsafe(value, _loop).result(limit)


def settle_all(values):
    """Each value of an iterable in turn, taken on the clients' own loop."""

    async def each():
        for value in values:
            if inspect.isawaitable(value):
                await value

    settle(each(), 3 * LIMIT)


class _EngineInTurn(engineio.Client):
    """Hands over packets one at a time.

    The client starts a thread for each packet, and threads promise no order.
    """

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.turns = ThreadPoolExecutor(max_workers=1)

    def start_background_task(self, target, *args, **kwargs):
        if target is self.handlers.get("message"):
            return self.turns.submit(target, *args, **kwargs)
        return super().start_background_task(target, *args, **kwargs)


class _ClientInTurn(socketio.Client):
    def _engineio_client_class(self):
        return _EngineInTurn


class Threads:
    """`socketio.Client`: requests and websocket-client."""

    name = f"python-socketio {_VERSION} threads"

    @staticmethod
    def make(in_turn, **options):
        return (_ClientInTurn if in_turn else socketio.Client)(**options)

    @staticmethod
    def may_block(function):
        """A handler that may block, which a thread of its own allows as it is."""
        return function

    @staticmethod
    def release(client):
        """Gives back what the client itself keeps when it has been closed."""
        if turns := getattr(client.eio, "turns", None):
            turns.shutdown(wait=False)


class Asyncio:
    """`socketio.AsyncClient`: aiohttp."""

    name = f"python-socketio {_VERSION} asyncio"

    @staticmethod
    def make(in_turn, **options):
        return socketio.AsyncClient(**options)

    @staticmethod
    def may_block(function):
        async def handler(*args):
            return await asyncio.to_thread(function, *args)

        return handler

    @staticmethod
    def release(client):
        settle(_release(client.eio))


async def _release(engine):
    # An aborted client opens another HTTP session for its goodbye, and keeps it.
    if engine.write_loop_task:
        await asyncio.wait([engine.write_loop_task], timeout=1)
    if engine.http:
        await engine.http.close()
