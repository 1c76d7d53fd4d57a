"""Checking, importing and undoing, after the response; and deleting what is old.

Each job works for some seconds and enqueues itself again in the transaction of its last part, so that it can be
interrupted at any time, and other work of its lane has its turn.
"""

import time
from collections.abc import Callable
from functools import partial

from sqlalchemy import insert

from sergio import jobs
from sergio.audit.actor import STAFF, Actor
from sergio.extensions import db
from sergio.imports import csv_file
from sergio.imports.checking import Checker, parts
from sergio.imports.models import CustomerImport, ImportLine
from sergio.imports.statuses import CHECKING
from sergio.imports.undoing import undo_some
from sergio.imports.writing import import_some
from sergio.lib import clock
from sergio.lib.language import OFFICE, speaking
from sergio.lib.language import lazy_gettext as _l

CHECKED_AT_ONCE = 500
SECONDS = 3.0
PAUSE = 0.01
"""Seconds between two transactions. Writers of other processes ask for SQLite's lock every few milliseconds."""


@jobs.job("imports.check", lane=jobs.IMPORTS, label=_l("Checking a file of customers"))
def check(import_id: int, revision: int):
    """Note what becomes of each line. After an interruption it begins anew."""
    row = db.session.get_one(CustomerImport, import_id)
    if (row.status, row.revision) != (CHECKING, revision):
        return
    content, headings = row.content, int(row.has_headings)
    with speaking(OFFICE):
        checker = Checker(row)
        db.session.rollback()
        lines = csv_file.read(content).lines[headings:]
        for number, part in enumerate(parts(lines, CHECKED_AT_ONCE)):
            jobs.confirm_lease()
            checked = checker.check(part)
            db.session.rollback()
            if not note(import_id, revision, checked, first=number == 0):
                return
    row = db.session.get_one(CustomerImport, import_id)
    row.lock()
    if row.revision == revision:
        row.note_checked()


def note(import_id: int, revision: int, checked: list[dict], *, first: bool) -> bool:
    """Keep some checked lines, and commit; False if the columns were changed meanwhile."""
    row = db.session.get_one(CustomerImport, import_id)
    row.lock()
    if (row.status, row.revision) != (CHECKING, revision):
        db.session.rollback()
        return False
    if first:
        row.delete_lines()
        row.done = 0
    db.session.execute(insert(ImportLine), checked)
    row.done += len(checked)
    db.session.commit()
    time.sleep(PAUSE)
    return True


@jobs.job("imports.run", lane=jobs.IMPORTS, label=_l("Importing customers"))
def run(import_id: int):
    """Import the lines that were checked."""
    work_on(import_id, import_some, "imports.run")


@jobs.job("imports.undo", lane=jobs.IMPORTS, label=_l("Undoing an import of customers"))
def undo(import_id: int, by: str, staff_id: int):
    """Undo an import, as the staff member with that name and id."""
    some = partial(undo_some, by=Actor(STAFF, by, staff_id))
    work_on(import_id, some, "imports.undo", by=by, staff_id=staff_id)


def work_on(import_id: int, some: Callable[..., bool], job: str, **more):
    """Work on an import for a while, each part in a transaction of its own; with the last one, enqueue the job again,
    with its further arguments, if there is more. The worker commits that one together with the end of the job.
    """
    until = time.monotonic() + SECONDS
    while True:
        jobs.confirm_lease()
        row = db.session.get_one(CustomerImport, import_id)
        with speaking(OFFICE):
            unfinished = some(row, at=clock.now())
        if not unfinished:
            return
        if time.monotonic() > until:
            jobs.enqueue(job, company=row.company, import_id=import_id, **more)
            return
        db.session.commit()
        time.sleep(PAUSE)


@jobs.job("imports.delete_expired", label=_l("Deleting old imports of customers"))
def delete_expired():
    """Delete the files and lines of imports that were over, or not started, for a week."""
    now = clock.now()
    for import_id in db.session.scalars(CustomerImport.expired(now)).all():
        row = db.session.get_one(CustomerImport, import_id)
        row.lock()
        row.expire(now)
        db.session.commit()
