"""Imports that are interrupted, or on which two workers work at once: each line counts once."""

import threading

import pytest
from sqlalchemy import func, select

from sergio.extensions import db
from sergio.imports import jobs, undoing, writing
from sergio.imports.models import CustomerImport, ImportLine
from sergio.jobs import worker
from sergio.jobs.models import Job
from tests.imports.builders import counts, imported, names, previewed, table

LINES = 450
FILE = table(("Name", "Email"), *((f"Customer {number}", f"c{number}@example.com") for number in range(LINES)))


class Killed(BaseException):
    """What ends a worker without a word."""


@pytest.fixture
def part(monkeypatch):
    """`part(work_on_some, after)`: the job is killed after so many parts; a second worker finds what was committed."""

    def kill(module, name: str, after: int):
        some, done = getattr(module, name), []

        def counted(*args, **kwargs):
            if len(done) == after:
                raise Killed
            done.append(1)
            return some(*args, **kwargs)

        monkeypatch.setattr(jobs, name, counted)
        return lambda: monkeypatch.setattr(jobs, name, some)

    return kill


def killed(app, work):
    """Run jobs until the worker is killed, and let its lease run out."""
    with pytest.raises(Killed):
        work()
    with app.app_context():
        db.session.remove()
        for job in db.session.scalars(select(Job).where(Job.lease.is_not(None))):
            job.leased_until = job.created_at
        db.session.commit()


def test_a_killed_import_goes_on_where_it_was(app, office, work, part, session):
    path = previewed(office, work, FILE)
    revive = part(writing, "import_some", 2)
    office.post(f"{path}/start")
    killed(app, work)
    session.rollback()
    assert len(names()) == 2 * writing.AT_ONCE
    assert f"{2 * writing.AT_ONCE} of {LINES} lines" in office.get(path).text
    revive()
    work()
    assert sorted(names()) == sorted(f"Customer {number}" for number in range(LINES))
    assert counts() == {"add": LINES}


def test_a_killed_undoing_goes_on_where_it_was(app, office, work, part, session):
    path = imported(office, work, FILE)
    revive = part(undoing, "undo_some", 3)
    office.post(f"{path}/undo")
    killed(app, work)
    session.rollback()
    assert len(names()) == LINES - 3 * undoing.AT_ONCE
    revive()
    work()
    assert names() == []
    assert counts()["removed"] == LINES


def test_a_killed_check_begins_anew(app, office, work, monkeypatch, session):
    note, noted = jobs.note, []

    def killed_at_the_second(*args, **kwargs):
        if noted:
            raise Killed
        noted.append(1)
        return note(*args, **kwargs)

    monkeypatch.setattr(jobs, "CHECKED_AT_ONCE", 200)
    monkeypatch.setattr(jobs, "note", killed_at_the_second)
    with pytest.raises(Killed):
        previewed(office, work, FILE)
    session.rollback()
    assert session.scalar(select(func.count()).select_from(ImportLine)) == 200
    monkeypatch.setattr(jobs, "note", note)
    killed_job = session.scalars(select(Job).where(Job.lease.is_not(None))).one()
    killed_job.leased_until = killed_job.created_at
    session.commit()
    work()
    assert counts() == {"add": LINES}


def test_a_long_import_works_in_turns_with_other_jobs(office, work, monkeypatch, session):
    monkeypatch.setattr(jobs, "SECONDS", 0)
    imported(office, work, FILE)
    assert len(names()) == LINES
    ran = select(func.count()).select_from(Job).where(Job.name == "imports.run", Job.finished_at.is_not(None))
    session.rollback()
    assert session.scalar(ran) == -(-LINES // writing.AT_ONCE) + 1


def both_at_once(app, import_id: int):
    """Two workers run the same import, as after a lease that was lost."""
    ready = threading.Barrier(2)
    problems = []

    def run():
        with app.app_context():
            ready.wait()
            try:
                jobs.run(import_id)
                db.session.commit()
            except Exception as problem:
                problems.append(problem)

    threads = [threading.Thread(target=run) for _number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return problems


def started(office, work) -> int:
    """The id of an import that was started, of which nothing is imported yet."""
    path = previewed(office, work, FILE)
    office.post(f"{path}/start")
    db.session.rollback()
    return db.session.scalars(select(CustomerImport.id)).one()


def test_two_workers_import_each_line_once(app, office, work, session):
    import_id = started(office, work)
    session.commit()
    assert both_at_once(app, import_id) == []
    work()
    assert sorted(names()) == sorted(f"Customer {number}" for number in range(LINES))


def test_control_without_the_lock_lines_are_imported_twice(app, office, work, session, monkeypatch):
    """The same two workers, when none of them waits and neither looks for what the other has added."""
    import_id = started(office, work)
    session.commit()
    reached = threading.Barrier(2, timeout=30)
    write = writing.Part.write

    def meet(self):
        if self.row.reached == 0 and not reached.broken:
            reached.wait()
        write(self)

    monkeypatch.setattr(CustomerImport, "lock", lambda self: None)
    monkeypatch.setattr(writing.locks, "lock_until_commit", lambda *args: None)
    monkeypatch.setattr(writing.Part, "look_again", lambda self: None)
    monkeypatch.setattr(writing.Part, "write", meet)
    both_at_once(app, import_id)
    assert len(names()) > len(set(names()))


def test_the_worker_runs_them_in_a_lane_of_their_own(office, work, session):
    previewed(office, work, FILE)
    assert set(session.scalars(select(Job.lane).where(Job.name.startswith("imports")))) == {"imports"}
    assert worker.REGISTRY["imports.run"].lane == "imports"
