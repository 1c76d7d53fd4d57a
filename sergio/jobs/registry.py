"""Jobs by name, so that a feature can ask for another's work without importing it."""

from collections.abc import Callable
from dataclasses import dataclass

from flask_babel import LazyString

LANES = SIGN_IN, EMAIL, PAYMENTS, OTHER = "sign_in", "email", "payments", "other"
"""Each lane runs in a thread of its own: what is slow in one delays nothing in another."""


@dataclass(frozen=True)
class Work:
    """What a job's name stands for: the function, the lane it usually runs in, the server it cannot do without."""

    function: Callable
    lane: str = OTHER
    server: str = ""
    label: str | LazyString = ""


REGISTRY: dict[str, Work] = {}


def job(name: str, *, lane: str = OTHER, server: str = "", label: str | LazyString = ""):
    """Register a function under `name`, which `label` says in words staff understand.

    It runs with no company and no request around it, in a session of its own, and may run again after a crash: what it
    does twice must be as if done once. When `server` (`SMTP`, `STRIPE`) is away it raises `Unreachable`, and jobs of
    that server wait until it is back.
    """

    def register(function):
        REGISTRY[name] = Work(function, lane, server, label)
        return function

    return register


def server_of(name: str) -> str:
    """The server a job needs; "" for those that need none."""
    return REGISTRY[name].server if name in REGISTRY else ""


def names_that_need(servers) -> list[str]:
    """The names of all jobs that need one of these servers."""
    return [name for name, work in REGISTRY.items() if work.server in servers]


def label_of(name: str) -> str:
    """A job in words; its name where it has none."""
    return str(REGISTRY[name].label or name) if name in REGISTRY else name
