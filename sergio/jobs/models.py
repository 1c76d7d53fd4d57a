"""Job rows: enqueued in the caller's transaction, retried with growing pauses, given up after three days."""

from contextlib import suppress
from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, Index, String, and_, insert, or_, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column, relationship

from sergio.audit.actor import Actor
from sergio.audit.models import record
from sergio.companies.models import Company
from sergio.database.company_scope import EVERY_COMPANY
from sergio.extensions import Model, db
from sergio.jobs.registry import LANES, OTHER, REGISTRY
from sergio.lib import clock

GIVE_UP_AFTER = timedelta(days=3)
STARTS = 60
"""With the pauses there are 47 attempts in three days. Only a job that kills its worker each time has more."""
LONGEST_PAUSE = timedelta(hours=2)
OPEN = text("finished_at IS NULL AND failed_at IS NULL")
DEAD = text("failed_at IS NOT NULL AND discarded_at IS NULL")


class Job(Model):
    """One job to run after the response, and its outcome.

    `company` is None for the platform's own jobs. `key` is unique forever, `once` among jobs that are not over. `lease`
    is a secret of the worker that has claimed it, new with each claim.
    """

    __table_args__ = (
        Index("ix_job_due", "lane", "run_at", sqlite_where=OPEN),
        Index("ix_job_dead", "company_id", "failed_at", sqlite_where=DEAD),
        Index("uq_job_once", "once", unique=True, sqlite_where=OPEN),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(60))
    args: Mapped[dict] = mapped_column(default=dict)
    lane: Mapped[str] = mapped_column(String(20), default=OTHER)
    key: Mapped[str | None] = mapped_column(String(120), unique=True)
    once: Mapped[str | None] = mapped_column(String(120))
    company_id: Mapped[int | None] = mapped_column(ForeignKey("company.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    run_at: Mapped[datetime] = mapped_column(default=clock.now)
    give_up_at: Mapped[datetime] = mapped_column(default=lambda: clock.now() + GIVE_UP_AFTER)
    lease: Mapped[str | None] = mapped_column(String(64))
    leased_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    finished_at: Mapped[datetime | None]
    failed_at: Mapped[datetime | None]
    error: Mapped[str] = mapped_column(String(2000), default="")
    discarded_at: Mapped[datetime | None]
    discarded_by: Mapped[str] = mapped_column(String(300), default="")

    company: Mapped[Company | None] = relationship()

    @classmethod
    def due(cls, now: datetime, lanes=LANES):
        """Due jobs without a valid lease, the longest waiting first."""
        free = or_(cls.leased_until.is_(None), cls.leased_until < now)
        waiting = and_(cls.finished_at.is_(None), cls.failed_at.is_(None), cls.lane.in_(lanes), cls.run_at <= now, free)
        return select(cls).where(waiting).order_by(cls.run_at, cls.id)

    @classmethod
    def dead(cls):
        """Jobs that were given up and not discarded."""
        return select(cls).where(cls.failed_at.is_not(None), cls.discarded_at.is_(None))

    def finish(self, now: datetime):
        self.finished_at, self.error = now, ""
        self._release()

    def fail(self, error: Exception, now: datetime):
        """Retry it after a pause, or give it up after `GIVE_UP_AFTER` or `STARTS`."""
        self.error = f"{type(error).__name__}: {error}"[:2000]
        self._release()
        if now >= self.give_up_at or self.attempts >= STARTS:
            self.failed_at = now
        else:
            self.run_at = now + pause(self.attempts)

    def hand_back(self, error: Exception, now: datetime):
        """Put it back at the end of its lane without counting this attempt, because its server cannot be reached."""
        self.attempts -= 1
        self.fail(error, now)
        self.run_at = now

    def retry(self, *, by: Actor, now: datetime):
        self.failed_at = self.discarded_at = self.once = None
        self.attempts, self.run_at, self.give_up_at = 0, now, now + GIVE_UP_AFTER
        db.session.info.setdefault("wake", set()).add(self.lane)
        record(self, "retried", by=by, at=now, after={"job": self.name})

    def discard(self, *, by: Actor, now: datetime):
        """Take it off the list of problems without running it; a second call changes nothing."""
        if self.discarded_at is None:
            self.discarded_at, self.discarded_by = now, by.name[:300]
            record(self, "discarded", by=by, at=now, after={"job": self.name})

    def _release(self):
        self.lease = self.leased_until = None


def pause(attempts: int) -> timedelta:
    """The pause after that many attempts: a second, doubled each time, two hours at most."""
    return min(LONGEST_PAUSE, timedelta(seconds=2 ** min(attempts - 1, 20)))


def enqueue(
    name: str,
    *,
    company: Company | None = None,
    lane: str = "",
    at: datetime | None = None,
    once: str | None = None,
    **args,
):
    """Add job `name` in the current transaction: it runs if, and only if, that commits.

    `at` is the earliest instant it may run. `args` must be JSON. If it is given up, the staff of `company` see it as a
    problem; by default that is the session's company. `lane` is by default the job's own. Nothing is added in a lane
    among the session's `refused_lanes`, such as while sample data is made.
    """
    lane = lane or REGISTRY[name].lane
    if lane in db.session.info.get("refused_lanes", ()):
        return
    run_at = at or clock.now()
    company_id = company.id if company else db.session.info.get("company_id")
    times = {"run_at": run_at, "give_up_at": run_at + GIVE_UP_AFTER}
    row = {"name": name, "args": args, "lane": lane, "once": once, "company_id": company_id, **times}
    db.session.execute(INSERT, row, execution_options=EVERY_COMPANY)
    db.session.info.setdefault("wake", set()).add(lane)


INSERT = insert(Model.metadata.tables["job"])


def enqueue_once(name: str, key, **more):
    """Enqueue a job unless one with the same name and `key` is not over yet."""
    once = f"{name}:{key}"
    waiting = select(Job.id).where(Job.once == once, Job.finished_at.is_(None), Job.failed_at.is_(None))
    if db.session.scalar(waiting, execution_options=EVERY_COMPANY) is None:
        with suppress(IntegrityError), db.session.begin_nested():
            enqueue(name, once=once, **more)


ON = text("ended_at IS NULL")


class Outage(Model):
    """A period in which a server could not be reached; `next_at` is when one job may try it again."""

    __table_args__ = (Index("uq_outage_on", "server", unique=True, sqlite_where=ON),)

    id: Mapped[int] = mapped_column(primary_key=True)
    server: Mapped[str] = mapped_column(String(20))
    since: Mapped[datetime]
    failures: Mapped[int] = mapped_column(default=1)
    next_at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(String(500))
    ended_at: Mapped[datetime | None]

    @classmethod
    def on(cls):
        """The outages that are not over."""
        return select(cls).where(cls.ended_at.is_(None))

    @classmethod
    def minutes(cls, server: str, since: datetime, now: datetime) -> int:
        """How many whole minutes between two instants a server was down."""
        rows = select(cls).where(cls.server == server, or_(cls.ended_at.is_(None), cls.ended_at > since))
        lasted = ((row.ended_at or now) - max(row.since, since) for row in db.session.scalars(rows))
        return sum(lasted, timedelta()) // timedelta(minutes=1)
