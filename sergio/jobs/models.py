"""Job rows: asked for in the caller's transaction, claimed with a lease, tried again with growing pauses."""

from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, Index, String, and_, or_, select, text, update
from sqlalchemy.orm import Mapped, mapped_column

from sergio.extensions import Model, db
from sergio.lib import clock

LEASE = timedelta(seconds=60)
ATTEMPTS = 12
LONGEST_PAUSE = timedelta(hours=2)
OPEN = text("finished_at IS NULL AND failed_at IS NULL")


class Job(Model):
    """One piece of work to be done after the response, and how it went."""

    __table_args__ = (Index("ix_job_due", "run_at", sqlite_where=OPEN, postgresql_where=OPEN),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(60))
    args: Mapped[dict] = mapped_column(default=dict)
    key: Mapped[str | None] = mapped_column(String(120), unique=True)
    asked_by_id: Mapped[int | None] = mapped_column(ForeignKey("company.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    run_at: Mapped[datetime] = mapped_column(default=clock.now)
    leased_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    finished_at: Mapped[datetime | None]
    failed_at: Mapped[datetime | None]
    error: Mapped[str] = mapped_column(String(2000), default="")

    @classmethod
    def due(cls, at: datetime):
        """Jobs nobody holds whose time has come."""
        free = or_(cls.leased_until.is_(None), cls.leased_until < at)
        return select(cls).where(and_(cls.finished_at.is_(None), cls.failed_at.is_(None), cls.run_at <= at, free))

    @classmethod
    def dead(cls):
        """Jobs given up after the last attempt."""
        return select(cls).where(cls.failed_at.is_not(None))

    def failed(self, error: Exception, at: datetime):
        """Put the job off after an error, or give it up after the last attempt."""
        self.error = f"{type(error).__name__}: {error}"[:2000]
        self.leased_until = None
        if self.attempts >= ATTEMPTS:
            self.failed_at = at
        else:
            self.run_at = at + min(LONGEST_PAUSE, timedelta(seconds=2**self.attempts))

    def retry(self, at: datetime):
        """Try a given-up job again from the beginning."""
        self.failed_at, self.attempts, self.run_at = None, 0, at


def enqueue(name: str, *, at: datetime | None = None, **args) -> Job:
    """Ask for job `name` in the current transaction: it exists if, and only if, that commits.

    `at` is the earliest instant it may run. `args` must be JSON. If it is given up, the staff of the company whose
    session asked are told.
    """
    job = Job(name=name, args=args, run_at=at or clock.now(), asked_by_id=db.session.info.get("company_id"))
    db.session.add(job)
    db.session.info["wake"] = True
    return job


def claim(limit: int, at: datetime) -> list[int]:
    """Take up to `limit` due jobs for the length of a lease and return their ids; no two workers get the same one."""
    due = Job.due(at).with_only_columns(Job.id).order_by(Job.run_at, Job.id).limit(limit)
    if db.session.get_bind().dialect.name == "postgresql":
        due = due.with_for_update(skip_locked=True)
    take = update(Job).where(Job.id.in_(due)).values(leased_until=at + LEASE, attempts=Job.attempts + 1)
    ids = db.session.scalars(take.returning(Job.id).execution_options(synchronize_session=False)).all()
    db.session.commit()
    return sorted(ids)
