"""An upgrade that is killed in the middle, two at once, and programs started on outdated tables."""

import subprocess
import sys
import time
from contextlib import contextmanager

import pytest
from sqlalchemy import inspect

from sergio.database.upgrade import bring_up_to_date
from sergio.extensions import db
from tests.database.test_upgrade import HEAD, UNIQUE, fresh, revision, revisions, start_anew  # noqa: F401 - a fixture
from tests.faults.program import ROOT, environment

UPGRADE = """
import sys
from pathlib import Path
from sergio import create_app
from sergio.database.upgrade import bring_up_to_date
from sergio.extensions import db
with create_app().app_context():
    bring_up_to_date(db.engine, Path(sys.argv[1]))
"""
SLOW = """    import time
    from pathlib import Path
    with Path({mark!r}).open("a") as file:
        file.write("begun ")
    time.sleep({seconds})
"""


@contextmanager
def upgrading(app, folder):
    """A process that runs the migrations of the folder; it is gone afterwards."""
    command = [sys.executable, "-c", UPGRADE, folder]
    process = subprocess.Popen(command, cwd=ROOT, env=environment(app.config["SERGIO"], env="development"))
    try:
        yield process
    finally:
        process.kill()
        process.wait(10)


@pytest.fixture
def slow(app, fresh, tmp_path):  # noqa: F811
    """`slow(seconds)`: a folder of migrations whose last one changes a table, says so in a file, and takes its time."""
    mark = tmp_path / "mark"
    mark.touch()

    def folder(seconds: float):
        return revisions(tmp_path / "slow", UNIQUE + SLOW.format(mark=str(mark), seconds=seconds)), mark

    return folder


def wait_for(mark):
    for _ in range(600):
        if mark.read_text():
            return
        time.sleep(0.05)
    raise AssertionError("the upgrade has not begun")


def test_a_killed_upgrade_changes_nothing_and_the_next_one_succeeds(app, slow):
    folder, mark = slow(60)
    with upgrading(app, folder):
        wait_for(mark)
    assert revision() == HEAD
    names = {unique["name"] for unique in inspect(db.engine).get_unique_constraints("company")}
    assert "uq_company_stripe_account_test" not in names
    (folder / "versions" / "test1.py").unlink()
    bring_up_to_date(db.engine, revisions(folder.parent / "quick", UNIQUE))
    assert revision() == "test1"


def test_of_two_upgrades_at_once_one_waits_and_both_succeed(app, slow):
    folder, mark = slow(1.5)
    with upgrading(app, folder) as first, upgrading(app, folder) as second:
        assert (first.wait(60), second.wait(60)) == (0, 0)
    assert (revision(), mark.read_text()) == ("test1", "begun ")


@pytest.mark.parametrize("command", ["serve", "work"])
def test_the_program_does_not_start_on_an_empty_database(start, fresh, command):  # noqa: F811
    start_anew()
    program = start(command)
    assert program.process.wait(60) == 1
    assert program.log.strip() == "Error: The database is empty. Run: sergio db upgrade"
