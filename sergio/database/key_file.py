"""The file with the key of the embedded database: created once, and never beside an existing database."""

import os
import secrets
import stat
from contextlib import closing, suppress
from importlib import import_module
from pathlib import Path
from typing import Any

from sergio.config_checks import Misconfigured, is_hex_key

DISPOSABLE = ("overlay", "tmpfs", "ramfs")
"""File systems that are lost with their container or when the machine stops."""


def read(path: Path) -> str:
    """Read the key. `Misconfigured` unless only its owner, or this systemd service, may read the file."""
    try:
        key = path.read_text().strip()
        mode = path.stat().st_mode
    except (OSError, UnicodeDecodeError):
        raise Misconfigured(f"The database key {path} (SERGIO_KEY_FILE) cannot be read by this user.") from None
    if not is_hex_key(key):
        raise Misconfigured(f"The database key {path} (SERGIO_KEY_FILE) must be 64 hexadecimal digits.")
    if stat.S_IMODE(mode) & 0o077 and not _is_credential(path):
        raise Misconfigured(f"The database key {path} (SERGIO_KEY_FILE) must be private: chmod 600 {path}")
    return key


def create(path: Path, instance: Path):
    """Create the file with a new key atomically: of several processes that start at once, one wins."""
    instance.mkdir(parents=True, exist_ok=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.parent.stat().st_dev != instance.stat().st_dev and file_system(path.parent) in DISPOSABLE:
        raise Misconfigured(f"The database key {path} would be on a temporary disk. Set SERGIO_KEY_FILE.")
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    with open(fresh, "x", opener=_only_mine) as file:
        file.write(secrets.token_hex(32) + "\n")
        file.flush()
        os.fsync(file.fileno())
    with suppress(FileExistsError):
        os.link(fresh, path)
    fresh.unlink()


def file_system(path: Path, mounts: Path = Path("/proc/self/mountinfo")) -> str:
    """The type of the file system a path is on, such as "ext4"; "" if it is unknown (proc(5))."""
    if not mounts.exists():
        return ""
    lines = [line.split() for line in mounts.read_text().splitlines()]
    kinds = {Path(fields[4]): fields[fields.index("-") + 1] for fields in lines}
    return next((kinds[place] for place in (path.resolve(), *path.resolve().parents) if place in kinds), "")


def opens(key: str, database: Path) -> bool:
    """Whether the key opens the existing database."""
    sqlcipher: Any = import_module("sqlcipher3.dbapi2")  # has no types
    with closing(sqlcipher.connect(str(database), timeout=15)) as connection:
        connection.execute(f"PRAGMA key = \"x'{key}'\"")
        connection.execute("PRAGMA cipher_log_level = NONE")  # else three lines on stderr besides our sentence
        try:
            connection.execute("SELECT count(*) FROM sqlite_master")
        except sqlcipher.DatabaseError as error:
            return "not a database" not in str(error)
    return True


def _is_credential(path: Path) -> bool:
    """Whether systemd created the file for this service; its group bits then show an access list (systemd.exec)."""
    folder = os.environ.get("CREDENTIALS_DIRECTORY")
    return bool(folder) and Path(folder).resolve() in path.resolve().parents


def _only_mine(path, flags):
    return os.open(path, flags, 0o600)
