"""Environments of peers, kept in the instance folder, and their servers."""

import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from bench.load import SERVER_CORE, on_core
from bench.processes import end
from tests.faults.program import HOST, ROOT, Response, ask
from tests.ports import free_port

KEPT = ROOT / "instance" / "bench"
SITES = Path(__file__).with_name("sites")
PATIENCE = 120


class PeerServer(NamedTuple):
    pid: int
    port: int
    log: Path

    def get(self, path: str, headers: dict[str, str]) -> Response:
        return ask(self.port, "GET", path, f"{HOST}:{self.port}", headers=headers)


def environment(name: str, *packages: str) -> Path:
    """The Python of an environment with these packages from PyPI, made when it is first needed."""
    folder = KEPT / name
    python = folder / "bin" / "python"
    done = folder / "packages.txt"
    if not done.exists() or done.read_text() != "\n".join(packages):
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *packages], check=True, stderr=subprocess.DEVNULL)
        done.write_text("\n".join(packages))
    return python


def version_of(python: Path, package: str) -> str:
    asked = f"from importlib.metadata import version; print(version({package!r}))"
    return subprocess.run([python, "-c", asked], capture_output=True, text=True, check=True).stdout.strip()


@contextmanager
def served(python: Path, script: str, folder: Path) -> Generator[PeerServer]:
    """A site of bench/peers/sites, served on the core of the servers; gone afterwards."""
    port, log = free_port(), folder / "log"
    with on_core(SERVER_CORE), log.open("wb") as output:
        command = [python, SITES / script, folder, str(port)]
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd=folder)
    server = PeerServer(process.pid, port, log)
    try:
        wait_until_up(server, process)
        yield server
    finally:
        end(process)


def wait_until_up(server: PeerServer, process: subprocess.Popen):
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and process.poll() is None:
        with suppress(OSError):
            server.get("/", {})
            return
        time.sleep(0.2)
    raise RuntimeError(f"The peer did not start:\n{server.log.read_text()[-2000:]}")
