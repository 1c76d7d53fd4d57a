"""The program as processes: it starts, serves signed-in people, and stops on SIGTERM or is killed."""

import os
import signal
from pathlib import Path

import pytest

from tests.faults.program import Web, wait_until


def test_a_server_serves_signed_in_people_and_stops_on_sigterm(serve, client_of, ana):
    web = serve()
    assert "Good" in client_of(web, ana).get("/portal/").text
    assert web.stop() < 10
    assert web.process.returncode == 0, web.log


def processes_of(web: Web) -> list[int]:
    """All processes of a server, also those whose parent has ended: they share its command line."""
    found = []
    for line in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            arguments = line.read_bytes().split(b"\0")
        except (FileNotFoundError, ProcessLookupError):
            continue
        if b"serve" in arguments and str(web.port).encode() in arguments:
            found.append(int(line.parent.name))
    return found


@pytest.mark.usefixtures("one_database")
def test_a_killed_server_leaves_no_process_also_while_it_replaces_workers(serve, world):
    for _ in range(3):
        web = serve("--workers", 2)
        for worker in web.children:
            os.kill(worker, signal.SIGKILL)
        web.kill()
        assert processes_of(web) == []


@pytest.mark.usefixtures("one_database")
def test_control_if_only_the_supervisor_is_killed_its_workers_are_left(serve, world):
    web = serve("--workers", 2)
    workers = web.children
    os.kill(web.pid, signal.SIGKILL)
    web.process.wait(10)
    assert sorted(processes_of(web)) == sorted(workers)
    for worker in workers:
        os.kill(worker, signal.SIGKILL)
    wait_until(lambda: not processes_of(web))
