"""Limits hold over any number of processes, and after they are killed; behind a proxy each person has their own."""

import shutil
import socket
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest

from tests.faults.program import HOST, Client
from tests.ports import free_port

ASK = "/portal/sign-in"
ALLOWED = 40


def ask_at_once(web, times: int, addresses=("",)) -> int:
    """So many requests for a link at once, each with a forwarded address of `addresses`; how many got through."""
    first = Client(web.port)
    statuses = []
    first.get(f"{ASK}/none")

    def ask(number: int):
        client = Client(web.port, cookies=first.cookies)
        client.token = first.token
        headers = {"X-Forwarded-For": addresses[number % len(addresses)]} if any(addresses) else {}
        statuses.append(client.post(ASK, {"email": f"a{time.monotonic_ns()}@example.com"}, headers=headers).status)

    with ThreadPoolExecutor(64) as threads:  # of more at once a server with 16 threads would refuse some (503)
        list(threads.map(ask, range(times)))
    assert set(statuses) <= {303, 429}, web.log
    return statuses.count(303)


@pytest.mark.parametrize("workers", [2, 4])
def test_a_limit_is_exact_over_all_processes(serve, sparkle, workers, long):
    if workers == 2 and not long:
        pytest.skip("two processes are for the long form")
    assert ask_at_once(serve("--workers", workers), 160 if long else 60) == ALLOWED


def test_what_was_counted_before_a_kill_still_counts(serve, client_of, ana):
    """Sixty places an hour: an hour is longer than the slowest machine takes to start again."""

    def add_places(web, times: int) -> list[int]:
        client = client_of(web, ana)
        return [client.post("/portal/book/place?service=1").status for _ in range(times)]

    web = serve("--workers", 2)
    assert add_places(web, 59) == [404] * 59
    web.kill()
    assert add_places(serve(), 3) == [404, 429, 429]


@pytest.mark.usefixtures("one_database")
def test_without_a_shared_count_each_process_has_its_own(serve, sparkle):
    """The control: what the limits are worth when they are counted in memory."""
    assert ask_at_once(serve("--workers", 2, redis_url="memory://"), 80) > ALLOWED


@pytest.mark.usefixtures("one_database")
def test_behind_a_proxy_each_person_has_a_limit_and_nobody_gets_a_second_one(serve, sparkle):
    web = serve(proxies=1)
    people = [f"192.0.2.{number}" for number in range(1, 31)]
    assert ask_at_once(web, 60, people) == 60
    forged = [f"6.6.6.{number}, 198.51.100.7" for number in range(60)]
    assert ask_at_once(web, 60, forged) == ALLOWED


@pytest.mark.usefixtures("one_database")
def test_without_a_proxy_a_forged_address_is_ignored(serve, sparkle):
    assert ask_at_once(serve(), 60, [f"6.6.6.{number}" for number in range(60)]) == ALLOWED


@pytest.fixture
def redis(tmp_path):
    """The URL of a Redis server for this test."""
    program = shutil.which("redis-server")
    if not program:
        pytest.skip("there is no redis-server on PATH")
    port = free_port()
    command = [program, "--port", str(port), "--bind", HOST, "--save", "", "--appendonly", "no"]
    process = subprocess.Popen([*command, "--dir", str(tmp_path)], stdout=subprocess.DEVNULL)
    for _ in range(100):
        with suppress(OSError), socket.create_connection((HOST, port), timeout=1):
            break
        time.sleep(0.05)
    yield f"redis://{HOST}:{port}/0", process
    process.kill()
    process.wait(10)


@pytest.mark.usefixtures("one_database")
def test_redis_counts_exactly_and_refuses_nobody_while_it_is_down(serve, sparkle, redis):
    url, process = redis
    web = serve("--workers", 2, redis_url=url)
    assert ask_at_once(web, 60) == ALLOWED
    process.kill()
    process.wait(10)
    assert ask_at_once(web, 5) == 5
