"""A sandbox for tests: its pages and API on a free port of 127.0.0.1 for as long as a `with` lasts."""

from collections.abc import Generator
from contextlib import contextmanager

from ..serving import serving
from .app import make_sandbox
from .sandbox import Sandbox

TEST_RETRIES = (0.05, 0.1, 0.2)


@contextmanager
def running_sandbox(port: int = 0, retry_after: tuple[float, ...] = TEST_RETRIES) -> Generator[Sandbox]:
    """A fresh sandbox, answering at its `base_url`; webhooks are tried again after so many seconds."""
    sandbox = Sandbox(retry_after=retry_after)
    with serving(make_sandbox(sandbox), port) as server:
        sandbox.base_url = f"http://127.0.0.1:{server.port}"
        try:
            yield sandbox
        finally:
            sandbox.courier.stop()
