"""The features, each a function that takes a bench; its name is the feature's, with `_` for `-`."""

from . import acks, closing, connect, heartbeat, order, payload, reconnect, rooms, upgrade

EVERYWHERE = (connect, payload, acks, rooms, order, closing, reconnect, heartbeat)


def table(mode):
    """The features that apply to a mode, by name."""
    modules = EVERYWHERE + ((upgrade,) if mode == "upgrade" else ())
    return {
        name.replace("_", "-"): function
        for module in modules
        for name, function in vars(module).items()
        if callable(function) and function.__module__ == module.__name__ and not name.startswith("_")
    }
