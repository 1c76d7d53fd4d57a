"""Staff members, their weekly hours and their time off."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from sergio.database.checks import one_of
from sergio.database.company_scope import CompanyOwned, within_company
from sergio.extensions import Model
from sergio.lib.text import folded
from sergio.staff.roles import OFFICE, OWNER, PERMISSIONS, ROLES, TECHNICIAN

__all__ = ["OFFICE", "OWNER", "ROLES", "TECHNICIAN", "StaffMember", "TimeOff", "WorkingHours"]


class StaffMember(CompanyOwned, Model):
    """A person who works for the company. Only `bookable` ones get appointments, whatever their role."""

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
        """The staff members with that email address, compared by `folded`."""
        return select(cls).where(cls.email_key == folded(email), cls.left_at.is_(None))

    @property
    def first_name(self) -> str:
        return self.name.split()[0]

    def may(self, permission: str) -> bool:
        """Whether the role has that permission (`staff.roles`)."""
        return permission in PERMISSIONS[self.role]


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
    """A period in which a staff member gets no appointments."""

    __table_args__ = (
        CheckConstraint("starts_at < ends_at", name="starts_first"),
        Index(None, "company_id", "ends_at"),
        *within_company(staff_id="staff_member"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    staff_id: Mapped[int] = mapped_column()
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
