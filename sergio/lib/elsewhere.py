"""Which threads wait for another server, such as Stripe's: they need no processor, so others may work meanwhile."""

from collections.abc import Generator
from contextlib import contextmanager
from threading import get_ident

_waiting: set[int] = set()


@contextmanager
def waiting() -> Generator[None]:
    """In this block or decorated function, the thread waits for another server. They are not nested."""
    _waiting.add(get_ident())
    try:
        yield
    finally:
        _waiting.discard(get_ident())


def is_waiting(thread: int) -> bool:
    """Whether the thread with that identifier waits for another server."""
    return thread in _waiting
