"""Staff members, their weekly hours and their time off."""

from datetime import datetime, timedelta
from itertools import groupby, pairwise

from sqlalchemy import (
    CheckConstraint,
    Index,
    Select,
    String,
    UniqueConstraint,
    bindparam,
    func,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from sergio.audit.actor import Actor
from sergio.audit.models import changes, record
from sergio.companies.models import Company
from sergio.database import locks
from sergio.database.checks import one_of
from sergio.database.company_scope import COMPANY, CompanyOwned, within_company
from sergio.database.engines import Utc
from sergio.extensions import Model, db
from sergio.lib import clock, tokens
from sergio.lib.language import gettext as _
from sergio.lib.refused import Refused
from sergio.lib.text import folded
from sergio.staff import emails
from sergio.staff.roles import OFFICE, OWNER, PERMISSIONS, ROLES, TECHNICIAN

__all__ = ["OFFICE", "OWNER", "ROLES", "TECHNICIAN", "StaffMember", "TimeOff", "WorkingHours"]

INVITED_FOR = timedelta(days=14)
EVERYONE = text("staff_id IS NULL")


class StaffMember(CompanyOwned, Model):
    """A person who works for the company. Only `bookable` ones get appointments, whatever their role.

    `invited_until` is set from the invitation until they first sign in; after it, they can no longer. What customers
    did until `activity_seen_at` they have marked as seen. Who left stays as a row, for what they did and for coming
    back.
    """

    __table_args__ = (
        UniqueConstraint("company_id", "email_key"),
        UniqueConstraint("company_id", "id"),
        one_of("role", ROLES),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(120))
    email: Mapped[str] = mapped_column(String(254))
    email_key: Mapped[str]
    role: Mapped[str] = mapped_column(String(20), default=TECHNICIAN)
    bookable: Mapped[bool] = mapped_column(default=False)
    left_at: Mapped[datetime | None]
    invited_until: Mapped[datetime | None]
    activity_seen_at: Mapped[datetime | None]

    hours: Mapped[list["WorkingHours"]] = relationship(
        foreign_keys="WorkingHours.staff_id",
        order_by="WorkingHours.weekday, WorkingHours.opens",
        cascade="all, delete-orphan",
    )

    is_authenticated = True
    is_active = True
    is_anonymous = False

    @validates("email")
    def _keep_key(self, field, email):
        self.email_key = folded(email)
        return email

    @classmethod
    def with_email(cls, email: str):
        """The staff members with that email address, compared by `folded`, who may sign in."""
        welcome = or_(cls.invited_until.is_(None), cls.invited_until > clock.now())
        return select(cls).where(cls.email_key == folded(email), cls.left_at.is_(None), welcome)

    @classmethod
    def present(cls) -> Select:
        """The company's staff, invited ones included, by name."""
        return select(cls).where(cls.company_id == COMPANY, cls.left_at.is_(None)).order_by(cls.name, cls.id)

    @classmethod
    def invite(
        cls, company: Company, email: str, name: str, role: str, *, bookable: bool, by: Actor, at: datetime
    ) -> "StaffMember":
        """Add someone, and email them how to sign in. Who was here before comes back as the same row.

        Raises `Refused` if someone here has the address.
        """
        cls.lock(company)
        same = select(cls).where(cls.company_id == company.id, cls.email_key == folded(email))
        member = db.session.scalar(same) or cls(company=company, left_at=at)
        if member.left_at is None:
            raise Refused(_("%(email)s is already on your team.", email=member.email))
        company.refuse_larger_team(len(db.session.scalars(cls.present(), {"company_id": company.id}).all()))
        member.email, member.name, member.role, member.bookable = email, name, role, bookable
        member.left_at, member.invited_until = None, at + INVITED_FOR
        db.session.add(member)
        record(member, "invited", by=by, at=at, after={"name": name, "email": email, "role": role})
        emails.invited(member, by.name)
        return member

    def invite_again(self, *, by: Actor, at: datetime):
        """Email the invitation once more; it is valid for another 14 days."""
        self._lock_present()
        if self.invited_until is None:
            raise Refused(_("%(name)s has already signed in.", name=self.name))
        self.invited_until = at + INVITED_FOR
        record(self, "invited", by=by, at=at, after={"email": self.email})
        emails.invited(self, by.name)

    def join(self, *, by: Actor, at: datetime):
        """Accept the invitation, by signing in for the first time."""
        if self.invited_until:
            self.invited_until = None
            record(self, "joined", by=by, at=at)

    def change(self, *, by: Actor, at: datetime, **columns):
        """Set name, role and whether customers can book them. The last owner keeps that role."""
        self._lock_present()
        if columns.get("role", self.role) != OWNER:
            self._refuse_last_owner()
        before, after = changes(self, **columns)
        for name, value in after.items():
            setattr(self, name, value)
        if after:
            record(self, "changed", by=by, at=at, before=before, after=after)

    def leave(self, *, by: Actor, at: datetime):
        """Remove them from the team, or withdraw their invitation, and sign them out everywhere at once."""
        self._lock_present()
        if by.is_staff and by.id == self.id:
            raise Refused(_("You can't remove yourself. Ask another owner to do it."))
        self._refuse_last_owner()
        action = "withdrawn" if self.invited_until else "removed"
        self.left_at, self.invited_until = at, None
        signed_in = self.metadata.tables["sign_in"]  # by table, as its model is in a higher layer
        theirs = signed_in.c.company_id == self.company_id, signed_in.c.staff_id == self.id
        db.session.execute(update(signed_in).where(*theirs, signed_in.c.ended_at.is_(None)).values(ended_at=at))
        record(self, action, by=by, at=at, before={"name": self.name, "role": self.role})

    def work(self, periods: list[tuple[int, int, int]], *, by: Actor, at: datetime):
        """Set the weekly hours: (weekday, opens, closes) as in `WorkingHours`, without overlaps."""
        self._lock_present()
        before = [(row.weekday, row.opens, row.closes) for row in self.hours]
        if sorted(periods) != sorted(before):
            self.hours = [
                WorkingHours(company=self.company, weekday=weekday, opens=opens, closes=closes)
                for weekday, opens, closes in sorted(periods)
            ]
            record(self, "changed_hours", by=by, at=at, before=weekly(before), after=weekly(periods))

    def see_activity(self, until: datetime):
        """Mark what customers did until then as seen. It concerns nobody else, so the audit trail does not have it."""
        self.activity_seen_at = max(until, self.activity_seen_at or until)

    @property
    def first_name(self) -> str:
        return self.name.split()[0]

    def may(self, permission: str) -> bool:
        """Whether the role has that permission (`staff.roles`)."""
        return permission in PERMISSIONS[self.role]

    @staticmethod
    def lock(company: Company):
        """Change the team one after the other: it keeps an owner."""
        locks.lock_until_commit(db.session, tokens.digest(f"team of {company.id}"))

    def _lock_present(self):
        self.lock(self.company)
        db.session.refresh(self)
        if self.left_at:
            raise Refused(_("%(name)s has already left the team.", name=self.name))

    def _refuse_last_owner(self):
        """Refuse unless another owner has signed in before, who can still change the team."""
        if self.role == OWNER and self.invited_until is None and not self.other_owners():
            sentence = _("%(name)s is the only owner.", name=self.name)
            raise Refused(f"{sentence} {_('Make someone else an owner first.')}")

    def other_owners(self) -> int:
        """How many other owners have signed in before."""
        staff = StaffMember
        here = staff.company_id == self.company_id, staff.left_at.is_(None), staff.invited_until.is_(None)
        owners = select(func.count(staff.id)).where(*here, staff.role == OWNER, staff.id != self.id)
        return db.session.execute(owners).scalar_one()


def weekly(periods: list[tuple[int, int, int]]) -> dict[str, str]:
    """Weekly hours for the audit trail: {"hours": "Mon 09:00-17:00, …"} in English, whoever reads it."""
    names = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
    spans = (
        f"{names[day]} {opens // 60:02}:{opens % 60:02}-{closes // 60:02}:{closes % 60:02}"
        for day, opens, closes in sorted(periods)
    )
    return {"hours": ", ".join(spans)}


def overlap(periods: list[tuple[int, int, int]]) -> bool:
    """Whether two periods of one weekday overlap."""
    days = (list(day) for _weekday, day in groupby(sorted(periods), lambda period: period[0]))
    return any(first[2] > second[1] for day in days for first, second in pairwise(day))


class WorkingHours(CompanyOwned, Model):
    """Weekly working hours, in minutes since midnight in the company's time zone; Monday is 0."""

    __table_args__ = (
        CheckConstraint("0 <= opens AND opens < closes AND closes <= 24 * 60", name="within_a_day"),
        Index(None, "company_id", "staff_id"),
        *within_company(staff_id="staff_member"),
        one_of("weekday", range(7)),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    staff_id: Mapped[int] = mapped_column()
    weekday: Mapped[int]
    opens: Mapped[int]
    closes: Mapped[int]


class TimeOff(CompanyOwned, Model):
    """A period in which a staff member gets no appointments; without `staff_id`, everyone who works here."""

    __table_args__ = (
        CheckConstraint("starts_at < ends_at", name="starts_first"),
        Index(None, "company_id", "ends_at"),
        Index(
            "uq_time_off_of_everyone",
            *("company_id", "starts_at", "ends_at"),
            unique=True,
            sqlite_where=EVERYONE,
        ),
        UniqueConstraint("company_id", "staff_id", "starts_at", "ends_at"),
        *within_company(staff_id="staff_member"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    staff_id: Mapped[int | None] = mapped_column()
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    note: Mapped[str] = mapped_column(String(200), default="")

    staff: Mapped[StaffMember | None] = relationship(foreign_keys=staff_id)

    @classmethod
    def take(
        cls,
        company: Company,
        member: StaffMember | None,
        starts_at: datetime,
        ends_at: datetime,
        note: str,
        *,
        by: Actor,
        at: datetime,
    ) -> "TimeOff":
        """Take a period off, of one staff member or of everyone. Appointments in it stay as they are.

        Raises `Refused` if they have just that period off already.
        """
        whose = cls.staff_id == member.id if member else cls.staff_id.is_(None)
        same = whose, cls.starts_at == starts_at, cls.ends_at == ends_at
        if db.session.scalar(select(cls.id).where(cls.company_id == company.id, *same)):
            raise Refused(_("That time off is already there."))
        row = cls(company=company, staff_id=member.id if member else None, starts_at=starts_at, ends_at=ends_at)
        row.note = note
        db.session.add(row)
        record(row, "created", by=by, at=at, after=row._facts)
        return row

    def cancel(self, *, by: Actor, at: datetime):
        """Work then after all."""
        record(self, "canceled", by=by, at=at, before=self._facts)
        db.session.delete(self)

    @classmethod
    def coming(cls) -> Select:
        """The company's time off that is not over (`now`), the next first."""
        not_over = cls.ends_at > bindparam("now", type_=Utc)
        return select(cls).where(cls.company_id == COMPANY, not_over).order_by(cls.starts_at, cls.id)

    @property
    def _facts(self) -> dict:
        times = {"starts_at": self.starts_at.isoformat(), "ends_at": self.ends_at.isoformat()}
        return {"staff_id": self.staff_id, **times, "note": self.note}
