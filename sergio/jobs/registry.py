"""Jobs by name, so that a feature can enqueue another's job without importing it."""

from collections.abc import Callable
from typing import NamedTuple

from babel.support import LazyProxy

LANES = SIGN_IN, EMAIL, PAYMENTS, DOCUMENTS, IMPORTS, CALENDARS, OTHER = (
    *("sign_in", "email", "payments", "documents", "imports", "calendars", "other"),
)
"""Each lane runs in a thread of its own, so that slow jobs in one delay none in another."""
URGENT = tuple(lane for lane in LANES if lane not in (DOCUMENTS, IMPORTS, CALENDARS))
"""The lanes somebody waits for. A PDF that is not kept yet is rendered when it is downloaded, imports come one after
another, and websites from which calendars are read take the time they take.
"""


class Work(NamedTuple):
    """A registered job: its function, default lane, the server it needs, and its label."""

    function: Callable
    lane: str = OTHER
    server: str = ""
    label: str | LazyProxy = ""


REGISTRY: dict[str, Work] = {}


def job(name: str, *, lane: str = OTHER, server: str = "", label: str | LazyProxy = ""):
    """Register a function as the job `name`; `label` is its name for staff.

    It runs without a company or a request, in a session of its own, and may run again after a crash: it must be
    idempotent. If `server` (`SMTP`, `STRIPE`) is down it raises `Unreachable`, and jobs of that server wait until it is
    back.
    """

    def register(function):
        REGISTRY[name] = Work(function, lane, server, label)
        return function

    return register


def server_of(name: str) -> str:
    """The server a job needs, or ""."""
    return REGISTRY[name].server if name in REGISTRY else ""


def names_that_need(servers) -> list[str]:
    return [name for name, work in REGISTRY.items() if work.server in servers]


def label_of(name: str) -> str:
    """The label of a job, or its name."""
    return str(REGISTRY[name].label or name) if name in REGISTRY else name
