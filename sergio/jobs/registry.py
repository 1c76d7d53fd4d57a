"""Jobs by name, so that a feature can ask for another's work without importing it."""

from collections.abc import Callable

REGISTRY: dict[str, Callable] = {}


def job(name: str):
    """Register a function under `name`. It runs with no company and no request around it, in a session of its own,
    and may run again after a crash: what it does twice must be as if done once."""

    def register(function):
        REGISTRY[name] = function
        return function

    return register
