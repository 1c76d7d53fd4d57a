"""Load on one page: the client `wrk`, on a core of its own."""

import json
import os
import shutil
import subprocess
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

SERVER_CORE, CLIENT_CORE = 0, 1
SCRIPT = Path(__file__).with_name("wrk.lua")
NO_WRK = "The bench needs wrk, which Debian and Ubuntu have: apt-get install wrk"
NO_LINUX = "The bench needs Linux: it reads what processes cost from /proc, and gives each a core."


class Target(NamedTuple):
    """What is requested: a GET, or POSTs whose bodies are the lines of a file (see wrk.lua) that vary one header."""

    url: str
    headers: dict[str, str]
    bodies: Path | None = None
    varied: str = ""


class Load(NamedTuple):
    """What a client saw: responses, seconds, failures, and within how many milliseconds half and 99 % had come."""

    requests: int
    seconds: float
    failed: int
    p50: float
    p99: float


def what_is_missing() -> str:
    """A sentence if the bench cannot run on this machine, else empty."""
    if not hasattr(os, "sched_setaffinity"):
        return NO_LINUX
    return "" if shutil.which("wrk") else NO_WRK


def press(target: Target, *, connections: int, seconds: int) -> Load:
    """Request a page again and again on that many connections."""
    headers = [part for name, value in target.headers.items() for part in ("-H", f"{name}: {value}")]
    command = ["wrk", "--threads=1", f"--connections={connections}", f"--duration={seconds}s", "--timeout=30s"]
    command += [*headers, "--script", str(SCRIPT), target.url]
    if target.bodies:
        command += ["--", str(target.bodies), target.varied]
    with on_core(CLIENT_CORE):
        done = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    if done.returncode:
        raise RuntimeError(f"wrk failed: {done.stderr or done.stdout}")
    return parsed(done.stdout)


def parsed(output: str) -> Load:
    """The line of JSON that wrk.lua prints below wrk's own lines."""
    return Load(**json.loads(output.splitlines()[-1]))


@contextmanager
def on_core(core: int):
    """Processes started meanwhile run on that core only."""
    own = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core} if core in own else own)
    try:
        yield
    finally:
        os.sched_setaffinity(0, own)
