"""Who works on a job: one worker at a time, for the length of a lease, which it confirms before it acts outside.

A worker may be stopped for minutes (a suspended machine, a slow disk) and wake up when another has taken its job. So it
asks again before the part that cannot be taken back, and what it writes at the end counts only while its lease does.
"""

from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import select, update

from sergio.extensions import db
from sergio.jobs import outages
from sergio.jobs.models import Job, Outage
from sergio.jobs.registry import LANES, names_that_need, server_of
from sergio.lib import clock, tokens

LEASE = timedelta(seconds=60)


class LeaseLost(Exception):
    """Another worker has this job by now: this one must neither act nor write."""


@dataclass
class Claim:
    """One try of a job, held by this worker. `probing`: it finds out whether its server is back, which is `answered`
    as soon as that has said anything.
    """

    job_id: int
    lease: str
    name: str
    args: dict = field(repr=False)
    company_id: int | None
    attempts: int
    probing: bool = False
    answered: bool = False

    @property
    def server(self) -> str:
        return server_of(self.name)

    def held(self) -> Job:
        """The job, locked, while it is still ours; raises `LeaseLost`."""
        mine = select(Job).where(Job.id == self.job_id, Job.lease == self.lease)
        job = db.session.scalar(mine.with_for_update().execution_options(populate_existing=True))
        if job is None:
            raise LeaseLost(f"job {self.job_id}")
        return job


_running: ContextVar[Claim | None] = ContextVar("running", default=None)


@contextmanager
def running(claim: Claim) -> Generator[Claim]:
    """Make `claim` the current one for the code inside."""
    token = _running.set(claim)
    try:
        yield claim
    finally:
        _running.reset(token)


def confirm_lease():
    """Renew the lease of the job that runs here, right before it acts outside; `LeaseLost` when another has taken it.

    Does nothing outside a worker. No transaction may be open. What is left is the time between this and the act: it
    must be over within `LEASE`, and a process that is frozen in between for longer acts late.
    """
    if claim := _running.get():
        mine = update(Job).where(Job.id == claim.job_id, Job.lease == claim.lease)
        with db.engine.begin() as connection:
            renewed = connection.scalar(mine.values(leased_until=clock.now() + LEASE).returning(Job.id))
        if renewed is None:
            raise LeaseLost(f"job {claim.job_id}")


def server_answered():
    """Note that the server this job needs has answered, whatever it said."""
    if claim := _running.get():
        claim.answered = True


def claim(at: datetime, lanes=LANES) -> Claim | None:
    """Take the job that has waited longest and could be done now, for the length of a lease; None when there is none.

    No two workers get the same one. It has been committed when this returns.
    """
    away = {outage.server: outage.next_at for outage in db.session.scalars(Outage.on())}
    shut = [server for server, next_at in away.items() if next_at > at]
    while db.session.scalar(_possible(at, lanes, shut)) is not None:
        taken = _take(_possible(at, lanes, shut), at)
        if taken is None:
            break
        if taken.server not in away:
            db.session.commit()
            return taken
        taken.probing = outages.take_probe(taken.server, at, at + LEASE)
        if taken.probing:
            db.session.commit()
            return taken
        db.session.rollback()
        shut.append(taken.server)
    db.session.rollback()
    return None


def _possible(at: datetime, lanes, shut: list[str]):
    """The id of the first due job whose server is not away."""
    due = Job.due(at, lanes).with_only_columns(Job.id).limit(1)
    return due.where(Job.name.not_in(names_that_need(shut))) if shut else due


def _take(first, at: datetime) -> Claim | None:
    if db.session.get_bind().dialect.name == "postgresql":
        first = first.with_for_update(skip_locked=True)
    lease = tokens.token()
    mine = update(Job).where(Job.id == first.scalar_subquery())
    mine = mine.values(lease=lease, leased_until=at + LEASE, attempts=Job.attempts + 1)
    mine = mine.returning(Job.id, Job.name, Job.args, Job.company_id, Job.attempts).execution_options(
        synchronize_session=False
    )
    row = db.session.execute(mine, execution_options={"synchronize_session": False}).one_or_none()
    return Claim(row.id, lease, row.name, row.args, row.company_id, row.attempts) if row else None
