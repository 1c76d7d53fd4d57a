"""The client of the bench: what wrk prints, and what it sends."""

import os

import pytest

from bench import load
from bench.load import Load, Target

OUTPUT = """Running 2s test @ http://127.0.0.1:8000/up
  1 threads and 16 connections
Requests/sec:   2145.91
{"requests": 4294, "seconds": 2.001000, "failed": 3, "p50": 7.251000, "p99": 12.500000}
"""


def test_the_last_line_of_wrk_is_what_the_client_saw():
    assert load.parsed(OUTPUT) == Load(4294, 2.001, 3, 7.251, 12.5)


def test_without_wrk_it_says_what_to_install(monkeypatch):
    monkeypatch.setenv("PATH", "")
    assert load.what_is_missing() == load.NO_WRK


def test_processes_are_started_on_one_core_and_this_one_stays_where_it_was():
    own = os.sched_getaffinity(0)
    with load.on_core(min(own)):
        assert os.sched_getaffinity(0) == {min(own)}
    assert os.sched_getaffinity(0) == own


@pytest.mark.skipif(bool(load.what_is_missing()), reason=load.what_is_missing())
def test_each_line_of_a_file_is_posted_once_with_its_header(tmp_path, listener):
    lines = tmp_path / "lines"
    lines.write_text("".join(f"10.0.0.{n}\tbody={n}\n" for n in range(1, 250)))
    target = Target(listener.url, {"Host": "sparkle.example"}, lines, "X-Forwarded-For")
    load.press(target, connections=1, seconds=1)
    # wrk takes the first line to check the script.
    assert listener.requests[:3] == [(f"10.0.0.{n}", f"body={n}", "sparkle.example") for n in (2, 3, 4)]


@pytest.mark.skipif(bool(load.what_is_missing()), reason=load.what_is_missing())
def test_refused_requests_are_failures(listener):
    listener.status = 429
    seen = load.press(Target(listener.url, {}), connections=1, seconds=1)
    assert seen.failed == seen.requests > 0
