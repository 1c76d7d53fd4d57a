"""The machine and the versions that a run was made with."""

import os
import platform
import re
import subprocess
from importlib.metadata import version
from pathlib import Path

PACKAGES = ("flask", "werkzeug", "jinja2", "sqlalchemy", "sqlcipher3", "psycopg", "granian")


def machine() -> str:
    """ "2 cores of Intel(R) Xeon(R) Processor, Linux 6.1, load average 2.1"."""
    found = re.search(r"^model name\s*: (.*)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    model = found[1] if found else platform.machine()
    release = ".".join(platform.release().split(".")[:2])
    return f"{os.cpu_count()} cores of {model}, {platform.system()} {release}, load average {os.getloadavg()[0]:.1f}"


def versions() -> dict[str, str]:
    shown = subprocess.run(["wrk", "--version"], capture_output=True, text=True, check=False)
    wrk = re.search(r"wrk (?:debian/)?([\d.]+)", shown.stdout + shown.stderr)
    return {
        "Python": platform.python_version(),
        **{name: version(name) for name in PACKAGES},
        "wrk": wrk[1] if wrk else "",
    }
