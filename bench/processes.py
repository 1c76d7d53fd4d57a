"""The processes that are measured: what a tree of them has cost so far."""

import os
import signal
import subprocess
from contextlib import suppress
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


def tree(pid: int) -> list[int]:
    """A process and all that descend from it."""
    found = [pid]
    for each in found:
        found += children(each)
    return found


def children(pid: int) -> list[int]:
    """The processes that any thread of a process has started."""
    lists = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for each in lists for child in read(each).split()]


def cpu_seconds(pid: int) -> float:
    """How long the processors have worked for a tree by now, also for those of it that have ended."""
    return sum(ticks_of(read(Path(f"/proc/{each}/stat"))) for each in tree(pid)) / TICKS


def ticks_of(stat: str) -> int:
    """utime, stime, cutime and cstime of a process (proc_pid_stat(5)), in ticks."""
    return sum(map(int, stat.rpartition(")")[2].split()[11:15]))


def end(process: subprocess.Popen):
    """End a process and all that descend from it: a supervisor first, or it would replace its workers."""
    family = tree(process.pid)
    process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(10)
    for pid in family if process.poll() is None else family[1:]:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    process.wait(10)


def memory(pid: int) -> tuple[int, int]:
    """RSS and PSS (its share of shared pages) of one process, in bytes."""
    lines = (line.split() for line in read(Path(f"/proc/{pid}/smaps_rollup")).splitlines()[1:])
    sizes = {line[0]: int(line[1]) * 1024 for line in lines}
    return sizes["Rss:"], sizes["Pss:"]


def read(path: Path) -> str:
    """What a file of a process says; nothing once it has ended."""
    try:
        return path.read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""
