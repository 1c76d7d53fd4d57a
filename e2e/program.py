"""The real program, started as a user would, with its URLs read from its output."""

import os
import re
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.ports import free_port

ROOT = Path(__file__).resolve().parent.parent
SECONDS_TO_START = 90


@dataclass
class Demo:
    """A running demo: its folder, and its URLs by label (portal, office, mailbox, stripe)."""

    instance: Path
    addresses: dict[str, str]

    def __getitem__(self, label: str) -> str:
        return self.addresses[label]

    def company(self, subdomain: str, path: str = "/portal/") -> str:
        """The URL of a page of another seeded company, such as rival or solo."""
        return re.sub(r"//[^.]+(\.[^/]+)/.*", rf"//{subdomain}\1{path}", self["portal"])


@contextmanager
def running_demo(folder: Path):
    """Start it and wait until it is ready; at the end check that it stops cleanly and logged no traceback."""
    instance, log = folder / "instance", folder / "demo.log"
    command = [sys.executable, "-m", "sergio", "demo", "--port", str(free_port()), "--instance", instance, "--no-open"]
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, cwd=ROOT, env=environment())
    try:
        wait_until_ready(process, log)
        yield Demo(instance, dict(re.findall(r"^(\w+)\s+(https?://\S+)", log.read_text(), re.M)))
    finally:
        process.send_signal(signal.SIGTERM)
        ended = process.wait(20)
    assert (ended, "Traceback" in log.read_text()) == (0, False), log.read_text()


def environment():
    """Ours, without settings that would lead the demo astray, and unbuffered so that its lines arrive."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("SERGIO_")}
    return own | {"PYTHONUNBUFFERED": "1", "PYTHONPATH": str(ROOT)}


def wait_until_ready(process, log):
    deadline = time.monotonic() + SECONDS_TO_START
    while "ready" not in log.read_text().splitlines():
        assert process.poll() is None, f"The demo ended before it was ready:\n{log.read_text()}"
        assert time.monotonic() < deadline, f"The demo was not ready in {SECONDS_TO_START} s:\n{log.read_text()}"
        time.sleep(0.05)
