"""Claims on jobs: one worker at a time, for the length of a lease, which it renews before any external call.

A worker may be suspended for minutes (a sleeping machine, a slow disk) and continue after another has taken its job. So
it renews the lease before a call that cannot be undone, and its result is stored only while it holds the lease.
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

LEASE = timedelta(seconds=45)
"""Longer than any call, and short enough that a payment is settled within a minute of Stripe's return, even if the
worker that was about to read it was killed.
"""


class LeaseLost(Exception):
    """Another worker has claimed this job: this one must neither act nor write."""


@dataclass
class Claim:
    """One attempt of a job, held by this worker. `probing`: it tests whether its server is back; `answered`: the server
    has responded in any way.
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
    """Make `claim` the current one within the block."""
    token = _running.set(claim)
    try:
        yield claim
    finally:
        _running.reset(token)


def confirm_lease():
    """Renew the lease of the current job right before an external call; `LeaseLost` if another worker has taken it.

    Does nothing outside a worker. No transaction may be open. The call must end within `LEASE`; only a process that is
    suspended between this and the call could still act too late.
    """
    if claim := _running.get():
        mine = update(Job).where(Job.id == claim.job_id, Job.lease == claim.lease)
        with db.engine.begin() as connection:
            renewed = connection.scalar(mine.values(leased_until=clock.now() + LEASE).returning(Job.id))
        if renewed is None:
            raise LeaseLost(f"job {claim.job_id}")


def server_answered():
    """Note that the server of the current job has responded in any way."""
    if claim := _running.get():
        claim.answered = True


def claim(now: datetime, lanes=LANES) -> Claim | None:
    """Claim the job that has waited longest and can run now, for the length of a lease; None if there is none.

    No two workers get the same one. The claim is committed when this returns.
    """
    away = {outage.server: outage.next_at for outage in db.session.scalars(Outage.on())}
    shut = [server for server, next_at in away.items() if next_at > now]
    while db.session.scalar(_possible(now, lanes, shut)) is not None:
        taken = _take(_possible(now, lanes, shut), now)
        if taken is None:
            break
        if taken.server not in away:
            db.session.commit()
            return taken
        taken.probing = outages.take_probe(taken.server, now, now + LEASE)
        if taken.probing:
            db.session.commit()
            return taken
        db.session.rollback()
        shut.append(taken.server)
    db.session.rollback()
    return None


def _possible(now: datetime, lanes, shut: list[str]):
    """A select of the id of the first due job whose server is not down."""
    due = Job.due(now, lanes).with_only_columns(Job.id).limit(1)
    return due.where(Job.name.not_in(names_that_need(shut))) if shut else due


def _take(first, now: datetime) -> Claim | None:
    if db.session.get_bind().dialect.name == "postgresql":
        first = first.with_for_update(skip_locked=True)
    lease = tokens.token()
    mine = update(Job).where(Job.id == first.scalar_subquery())
    mine = mine.values(lease=lease, leased_until=now + LEASE, attempts=Job.attempts + 1)
    mine = mine.returning(Job.id, Job.name, Job.args, Job.company_id, Job.attempts).execution_options(
        synchronize_session=False
    )
    row = db.session.execute(mine, execution_options={"synchronize_session": False}).one_or_none()
    return Claim(row.id, lease, row.name, row.args, row.company_id, row.attempts) if row else None
