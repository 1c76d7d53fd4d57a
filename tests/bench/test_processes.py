"""What a tree of processes has cost."""

import os
import subprocess
import sys
import time
from pathlib import Path

from bench import processes

STAT = "4242 (a name (with) spaces) S 1 4242 4242 0 -1 4194304 9 0 0 0 150 25 7 3 20 0 1 0 12345 0 0"
CHILD = "import time; end = time.process_time() + 0.3\nwhile time.process_time() < end: pass\ntime.sleep(60)"
PARENT = f"import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', {CHILD!r}]); time.sleep(60)"


def test_ticks_are_those_of_the_process_and_of_children_that_ended():
    assert processes.ticks_of(STAT) == 150 + 25 + 7 + 3


def test_a_process_that_has_ended_costs_nothing_more():
    assert processes.ticks_of("") == 0


def test_the_work_of_a_child_counts():
    parent = subprocess.Popen([sys.executable, "-c", PARENT])
    try:
        until = time.monotonic() + 20
        while processes.cpu_seconds(parent.pid) < 0.3 and time.monotonic() < until:
            time.sleep(0.05)
        assert len(processes.tree(parent.pid)) == 2
        assert 0.3 <= processes.cpu_seconds(parent.pid) < 2
    finally:
        family = processes.tree(parent.pid)
        processes.end(parent)
    until = time.monotonic() + 5
    while any(is_running(pid) for pid in family) and time.monotonic() < until:
        time.sleep(0.05)
    assert not any(is_running(pid) for pid in family)


def is_running(pid: int) -> bool:
    state = processes.read(Path(f"/proc/{pid}/stat")).rpartition(")")[2].split()
    return bool(state) and state[0] != "Z"


def test_memory_is_that_of_this_process():
    rss, pss = processes.memory(os.getpid())
    assert 10_000_000 < pss <= rss < 2_000_000_000
