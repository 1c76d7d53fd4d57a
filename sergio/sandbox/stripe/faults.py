"""Faults on command, as a network or a busy Stripe can cause them."""

import threading
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

KINDS = {
    "refuse": "returns the status and does nothing",
    "fail": "takes effect, then returns the status; a retry gets the same response",
    "slow": "waits, then works",
    "truncate": "takes effect, but only half of the response arrives",
    "cut": "takes effect, but the connection closes without a response",
    "drop": "closes the connection and does nothing",
}


@dataclass
class Fault:
    """`path` may contain `*`; the fault applies to the next `times` requests that match."""

    path: str
    kind: str
    method: str = "*"
    status: int = 500
    seconds: float = 1.0
    times: int = 1

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"A fault must be one of {', '.join(KINDS)}, not {self.kind!r}.")


@dataclass
class Faults:
    """The faults that are still to come, oldest first."""

    waiting: list[Fault] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, method: str, path: str) -> Fault | None:
        """The fault for this request, if any; removed after `times` requests."""
        with self.lock:
            for fault in self.waiting:
                if fnmatchcase(path, fault.path) and fnmatchcase(method, fault.method):
                    fault.times -= 1
                    if fault.times <= 0:
                        self.waiting.remove(fault)
                    return fault
        return None
