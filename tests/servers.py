"""nginx and Redis for the tests of deploy/; run as a program, it installs them where we may add packages."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAMS = {"nginx": "nginx-light", "redis-server": "redis-server"}
PATH = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"])


def main():
    missing = [package for program, package in PROGRAMS.items() if not find(program)]
    if missing and shutil.which("apt-get") and os.geteuid() == 0:
        os.environ["DEBIAN_FRONTEND"] = "noninteractive"
        subprocess.call(["apt-get", "update", "-qq"])
        subprocess.call(["apt-get", "install", "-y", "-qq", "--no-install-recommends", *missing])
    for program in PROGRAMS:
        print(f"{program}: {find(program) or 'not found, its tests will be skipped'}")
    sys.exit(not all(map(find, PROGRAMS)))


def find(program: str) -> str | None:
    return shutil.which(program, path=PATH)


def needed(program: str) -> Path:
    """The program's path; without it the test is skipped, or fails where everything must run (SERGIO_E2E=require)."""
    if path := find(program):
        return Path(path)
    complain = pytest.fail if os.environ.get("SERGIO_E2E") == "require" else pytest.skip
    complain(f"{program} is not installed; ./dev servers does that")


if __name__ == "__main__":
    main()
