"""A sandbox for tests: its pages and API on a free port of 127.0.0.1 within a block."""

from collections.abc import Generator
from contextlib import contextmanager

from sergio.sandbox.serving import serving
from sergio.sandbox.stripe.app import make_sandbox
from sergio.sandbox.stripe.sandbox import Sandbox

TEST_RETRIES = (0.05, 0.1, 0.2)


@contextmanager
def running_sandbox(port: int = 0, retry_after: tuple[float, ...] = TEST_RETRIES) -> Generator[Sandbox]:
    """A new sandbox, served at its `base_url`; webhooks are retried after `retry_after` seconds."""
    sandbox = Sandbox(retry_after=retry_after)
    with serving(make_sandbox(sandbox), port) as server:
        sandbox.base_url = f"http://127.0.0.1:{server.port}"
        try:
            yield sandbox
        finally:
            sandbox.webhooks.stop()
