"""The calendars of staff: a link to their appointments for their own calendar, and busy times from another one."""

from datetime import datetime, timedelta
from urllib.parse import urlsplit

from sqlalchemy import CheckConstraint, Index, Select, String, UniqueConstraint, delete, select, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from sergio import jobs
from sergio.audit.actor import Actor
from sergio.audit.models import record
from sergio.database.checks import one_of
from sergio.database.company_scope import CompanyOwned, within_company
from sergio.extensions import Model, db
from sergio.lib import busy_times, public_web, tokens
from sergio.lib.language import gettext as _
from sergio.lib.refused import Refused
from sergio.staff.models import StaffMember

VALID = text("revoked_at IS NULL")
LONGEST_URL = 2000
EVERY = timedelta(minutes=15)
LONGEST_PAUSE = timedelta(hours=6)
AHEAD = timedelta(days=370)
"""How far busy times are looked for, from yesterday on: as far as customers can book."""
NO_CALENDAR = "content"
ERRORS = ("", *public_web.REASONS, NO_CALENDAR)


class CalendarFeed(CompanyOwned, Model):
    """A secret link to the appointments of one staff member, for their own calendar. They have one at a time."""

    __table_args__ = (
        Index(
            "uq_calendar_feed_valid",
            *("company_id", "staff_id"),
            unique=True,
            sqlite_where=VALID,
        ),
        *within_company(staff_id="staff_member"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    staff_id: Mapped[int] = mapped_column()
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]

    @classmethod
    def renew(cls, member: StaffMember, *, by: Actor, at: datetime) -> str:
        """The path of a new link, which is kept nowhere; the one before no longer works."""
        StaffMember.lock(member.company)
        cls.revoke(member, by=by, at=at)
        token = tokens.token()
        row = cls(company_id=member.company_id, staff_id=member.id, digest=tokens.digest(token), created_at=at)
        db.session.add(row)
        db.session.flush()
        record(member, "linked_calendar", by=by, at=at)
        return f"/calendar/{token}.ics"

    @classmethod
    def revoke(cls, member: StaffMember, *, by: Actor, at: datetime):
        """End their link; calendars that read it find nothing more."""
        for feed in db.session.scalars(cls.of(member)):
            feed.revoked_at = at
            record(member, "unlinked_calendar", by=by, at=at)
        db.session.flush()

    @classmethod
    def of(cls, member: StaffMember) -> Select:
        """The link of a staff member that works."""
        mine = cls.company_id == member.company_id, cls.staff_id == member.id
        return select(cls).where(*mine, cls.revoked_at.is_(None))


class OtherCalendar(CompanyOwned, Model):
    """A calendar at another service, whose busy times a staff member cannot be booked at. It is read again and again:
    at `next_at`. `read_at` is when that worked last, `error` why it did not since, with how many `failures`.
    """

    __table_args__ = (
        UniqueConstraint("company_id", "id"),
        UniqueConstraint("company_id", "staff_id"),
        Index(None, "next_at"),
        one_of("error", ERRORS),
        *within_company(staff_id="staff_member"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    staff_id: Mapped[int] = mapped_column()
    url: Mapped[str] = mapped_column(String(LONGEST_URL))
    added_at: Mapped[datetime]
    next_at: Mapped[datetime]
    read_at: Mapped[datetime | None]
    error: Mapped[str] = mapped_column(String(20), default="")
    failures: Mapped[int] = mapped_column(default=0)

    staff: Mapped[StaffMember] = relationship(foreign_keys=staff_id)

    @classmethod
    def of(cls, member: StaffMember) -> Select:
        return select(cls).where(cls.company_id == member.company_id, cls.staff_id == member.id)

    @classmethod
    def connect(cls, member: StaffMember, url: str, *, by: Actor, at: datetime):
        """Read a calendar from now on, instead of the one before. Raises `Refused` for a URL that cannot be one."""
        StaffMember.lock(member.company)
        url = as_web(url)
        try:
            public_web.checked(url)
        except public_web.Unreadable:
            raise Refused(_("Enter the link to a calendar, such as https://example.com/calendar.ics.")) from None
        cls.disconnect(member, by=by, at=at)
        row = cls(company_id=member.company_id, staff_id=member.id, url=url, added_at=at, next_at=at)
        db.session.add(row)
        db.session.flush()
        record(member, "connected_calendar", by=by, at=at, after={"host": row.host})
        jobs.enqueue("booking.read_calendar", company=member.company, calendar_id=row.id)

    @classmethod
    def disconnect(cls, member: StaffMember, *, by: Actor, at: datetime):
        """Read it no more; its busy times no longer count."""
        row = db.session.scalar(cls.of(member))
        if row:
            record(member, "disconnected_calendar", by=by, at=at, before={"host": row.host})
            db.session.execute(delete(BusyTime).where(*BusyTime.from_calendar(row)))
            db.session.delete(row)
            db.session.flush()

    @property
    def host(self) -> str:
        """What people and the audit trail see of the URL, which is a secret."""
        return urlsplit(self.url).hostname or ""

    def keep(self, spans: list[busy_times.Span], now: datetime):
        """The calendar was read, with these busy times."""
        rows = db.session.scalars(select(BusyTime).where(*BusyTime.from_calendar(self))).all()
        known = {(row.starts_at, row.ends_at): row for row in rows}
        for span in known.keys() - set(spans):
            db.session.delete(known[span])
        whose = {"company_id": self.company_id, "calendar_id": self.id, "staff_id": self.staff_id}
        db.session.add_all(
            BusyTime(**whose, starts_at=begin, ends_at=end) for begin, end in spans if (begin, end) not in known
        )
        self.read_at, self.error, self.failures, self.next_at = now, "", 0, now + EVERY

    def fail(self, error: str, now: datetime):
        """It could not be read. The busy times that are known still count."""
        self.failures += 1
        self.error = error
        self.next_at = now + min(EVERY * 2 ** min(self.failures, 10), LONGEST_PAUSE)


class BusyTime(CompanyOwned, Model):
    """A time at which a staff member is busy by their other calendar."""

    __table_args__ = (
        CheckConstraint("starts_at < ends_at", name="in_order"),
        Index(None, "company_id", "ends_at"),
        Index(None, "company_id", "calendar_id"),
        *within_company(staff_id="staff_member", calendar_id="other_calendar"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    staff_id: Mapped[int] = mapped_column()
    calendar_id: Mapped[int] = mapped_column()
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]

    calendar: Mapped[OtherCalendar] = relationship(foreign_keys=calendar_id)

    @classmethod
    def from_calendar(cls, calendar: OtherCalendar) -> tuple:
        return cls.company_id == calendar.company_id, cls.calendar_id == calendar.id


def as_web(url: str) -> str:
    """A "webcal:" link, as Apple and others write them, as the https link it stands for."""
    scheme, colon, rest = url.partition(":")
    return f"https:{rest}" if colon and scheme.lower() in ("webcal", "webcals") else url
