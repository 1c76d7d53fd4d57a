"""Which version of the program runs."""

import hashlib
import tomllib
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

PACKAGE = Path(__file__).parent.parent


@cache
def build() -> str:
    """ "0.1.0 (9f86d08)": the release, and a digest of the code that runs."""
    digest = hashlib.sha256()
    for path in sorted(PACKAGE.rglob("*.py")):
        digest.update(path.read_bytes())
    return f"{release()} ({digest.hexdigest()[:7]})"


def release() -> str:
    """The version of the installed program, or of the folder it runs from."""
    try:
        return version("sergio")
    except PackageNotFoundError:
        project = PACKAGE.parent / "pyproject.toml"
        return tomllib.loads(project.read_text())["project"]["version"] if project.exists() else "unknown"
