"""The program as an operator runs it: processes that can be stopped, killed, and requested over real sockets."""

import http.client
import os
import re
import signal
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from dataclasses import fields
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import urlencode

ROOT = Path(__file__).resolve().parents[2]
HOST = "127.0.0.1"
PATIENCE = 60
"""Seconds for what happens at once, on a machine that does much else."""


def environment(config, **changes) -> dict[str, str]:
    """The environment in which a process has the settings of `config`, but for `changes` (by field name)."""
    values = {field.name: getattr(config, field.name) for field in fields(config)}
    own = {name: value for name, value in os.environ.items() if not name.startswith("SERGIO_")}
    given = {f"SERGIO_{name.upper()}": str(value) for name, value in {**values, **changes}.items() if value != ""}
    return {**own, **given, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}


def children_of(pid: int) -> list[int]:
    """The processes that any thread of a process has started; none once it has ended."""
    found = []
    for listed in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(FileNotFoundError, ProcessLookupError):
            found += map(int, listed.read_text().split())
    return found


def status_of(pid: int) -> str:
    """The letter of proc_pid_stat(5), such as T for stopped; empty once the process has ended."""
    try:
        letter = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return ""
    return letter.strip("ZX")


def stop_at_once(pid: int):
    """Stop a process (SIGSTOP), and wait until all its threads have: until then it may start others."""
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGSTOP)
        wait_until(lambda: status_of(pid) in ("", "T"))


def wait_until(condition, seconds: float = PATIENCE):
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, f"not within {seconds} s"
        time.sleep(0.01)


class Process:
    """One running command; `log` is its output."""

    module = "sergio"

    def __init__(self, *arguments, log: Path, env: dict):
        self.path = log
        with log.open("ab") as output:
            command = [sys.executable, "-m", self.module, *map(str, arguments)]
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd=ROOT, env=env
            )

    @property
    def log(self) -> str:
        return self.path.read_text(errors="replace")

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def children(self) -> list[int]:
        """The ids of the processes it has started, such as the workers of the web server."""
        return children_of(self.pid)

    def kill(self):
        """End it at once, with all processes that descend from it (kill -9).

        Each is stopped before its children are listed: a running supervisor would replace those that are killed.
        """
        family = [self.pid]
        for pid in family:
            stop_at_once(pid)
            family += children_of(pid)
        for pid in family:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait(PATIENCE)
        wait_until(lambda: not any(map(status_of, family)))

    def stop(self, seconds: float = 20) -> float:
        """Stop it (SIGTERM); return how many seconds that took."""
        started = time.monotonic()
        self.process.terminate()
        self.process.wait(seconds)
        return time.monotonic() - started


class Changed(Process):
    """The program with changed constants, such as `work sergio.jobs.claims.LEASE=2`; see tests/faults/changed.py."""

    module = "tests.faults.changed"


class Web(Process):
    """A running web server, and how to reach it."""

    def __init__(self, port: int, *arguments, **kwargs):
        self.port = port
        super().__init__("serve", "--port", port, *arguments, **kwargs)

    def wait_until_up(self, seconds: float = PATIENCE):
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            assert self.process.poll() is None, self.log
            with suppress(OSError, http.client.HTTPException):
                if self.get("/up", timeout=2).status == 200:
                    return self
            time.sleep(0.05)
        raise AssertionError(f"not up after {seconds} s:\n{self.log}")

    def get(self, path: str, host: str = "sparkle.sergio.test", *, timeout: float = PATIENCE, headers=None):
        return ask(self.port, "GET", path, host, timeout=timeout, headers=headers)


class Response:
    """A response: `status`, `headers` (any case), `body` as it was sent, `text`."""

    def __init__(self, response: http.client.HTTPResponse):
        self.status, self.headers = response.status, response.headers
        self.body = response.read()
        self.text = self.body.decode(errors="replace")


def ask(
    port: int, method: str, path: str, host: str, *, body=None, timeout: float = PATIENCE, headers=None
) -> Response:
    """One request on a connection of its own."""
    connection = http.client.HTTPConnection(HOST, port, timeout=timeout)
    try:
        connection.request(method, path, body, {"Host": host, **(headers or {})})
        return Response(connection.getresponse())
    finally:
        connection.close()


class Client:
    """A browser on one company's host: keeps cookies, sends what a browser sends, posts with the token of its page."""

    def __init__(self, port: int, host: str = "sparkle.sergio.test", cookies: dict | None = None):
        self.port = port
        self.host = host
        self.cookies = dict(cookies or {})
        self.token = ""

    def get(self, path: str, **kwargs) -> Response:
        response = self._ask("GET", path, **kwargs)
        if found := re.search(r'"X-CSRFToken": "([^"]+)"', response.text):
            self.token = found[1]
        return response

    def post(self, path: str, data: dict | None = None, **kwargs) -> Response:
        if not self.token:
            self.get("/portal/sign-in/none")
        kind = {"Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "same-origin"}
        kind |= kwargs.pop("headers", {})
        return self._ask(
            "POST", path, body=urlencode({"csrf_token": self.token, **(data or {})}), headers=kind, **kwargs
        )

    def _ask(self, method: str, path: str, *, headers=None, **kwargs) -> Response:
        shown = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        headers = {**(headers or {}), **({"Cookie": shown} if shown else {})}
        response = self._send(method, path, headers=headers, **kwargs)
        for line in response.headers.get_all("Set-Cookie", []):
            self.cookies |= {name: morsel.value for name, morsel in SimpleCookie(line).items()}
        return response

    def _send(self, method: str, path: str, **kwargs) -> Response:
        return ask(self.port, method, path, self.host, **kwargs)


def on_our_host(app):
    """The app for requests to 127.0.0.1 that mean its own host, as Stripe's events do."""
    host = app.config["SERGIO"].root_domain
    return lambda environ, start: app(environ | {"HTTP_HOST": host, "wsgi.url_scheme": "https"}, start)


@contextmanager
def running(process: Process):
    """The process; afterwards it is gone, however it went."""
    try:
        yield process
    finally:
        if process.process.poll() is None:
            process.kill()
