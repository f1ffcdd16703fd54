"""The features, each a function that takes a bench; its name is the feature's, with `_` for `-`."""

from . import acks, closing, connect, heartbeat, order, payload, reconnect, rooms, upgrade

_REST = (connect, payload, acks, rooms, order, closing, reconnect)


def table(mode, part=None):
    """The features that apply to a mode, by name: the `heartbeats`, the `rest`, or all."""
    modules = () if part == "heartbeats" else _REST + ((upgrade,) if mode == "upgrade" else ())
    modules += () if part == "rest" else (heartbeat,)
    return {
        name.replace("_", "-"): function
        for module in modules
        for name, function in vars(module).items()
        if callable(function) and function.__module__ == module.__name__ and not name.startswith("_")
    }
