"""Sign-ins: one row a browser, good for 30 days since it was last used, ended at once when revoked."""

from datetime import datetime, timedelta

from sqlalchemy import CheckConstraint, ForeignKey, String, and_, select
from sqlalchemy.orm import Mapped, joinedload, mapped_column, relationship

from sergio.customers.models import Contact
from sergio.extensions import Model
from sergio.lib import clock, tokens
from sergio.lib.tenancy import Tenanted
from sergio.staff.models import StaffMember

IDLE = timedelta(days=30)
LONGEST = timedelta(days=180)
TOUCH_EVERY = timedelta(hours=1)


class SignIn(Tenanted, Model):
    """One browser in which a contact (portal) or a staff member (office) is signed in."""

    __table_args__ = (CheckConstraint("(contact_id IS NULL) <> (staff_id IS NULL)", name="one_person"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contact.id"), index=True)
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff_member.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    seen_at: Mapped[datetime] = mapped_column(default=clock.now)
    ended_at: Mapped[datetime | None]
    browser: Mapped[str] = mapped_column(String(300), default="")
    address: Mapped[str] = mapped_column(String(45), default="")

    contact: Mapped[Contact | None] = relationship()
    staff: Mapped[StaffMember | None] = relationship()

    @classmethod
    def start(cls, person: Contact | StaffMember, *, at: datetime, browser: str, address: str) -> tuple["SignIn", str]:
        """A new sign-in and the secret its cookie carries; the secret itself is kept nowhere else."""
        secret = tokens.token()
        who = {"staff": person} if isinstance(person, StaffMember) else {"contact": person}
        row = cls(company=person.company, digest=tokens.digest(secret), created_at=at, seen_at=at, **who)
        row.browser, row.address = browser[:300], address[:45]
        return row, secret

    @classmethod
    def alive(cls, at: datetime):
        """Sign-ins neither ended, nor idle for 30 days, nor older than 180."""
        return select(cls).where(and_(cls.ended_at.is_(None), cls.seen_at > at - IDLE, cls.created_at > at - LONGEST))

    @classmethod
    def with_contact(cls, secret: str, at: datetime):
        """The portal sign-in a cookie stands for, with its contact and customer, in one statement."""
        person = joinedload(cls.contact, innerjoin=True).joinedload(Contact.customer, innerjoin=True)
        present = cls.contact.has(Contact.left_at.is_(None))
        return cls.alive(at).where(cls.digest == tokens.digest(secret), present).options(person)

    @classmethod
    def with_staff(cls, secret: str, at: datetime):
        """The office sign-in a cookie stands for, with its staff member, in one statement."""
        present = cls.staff.has(StaffMember.left_at.is_(None))
        return cls.alive(at).where(cls.digest == tokens.digest(secret), present).options(joinedload(cls.staff))

    def needs_touch(self, at: datetime) -> bool:
        """Whether the 30 days should be counted anew: at most once an hour, to spare the disk."""
        return at - self.seen_at > TOUCH_EVERY

    def end(self, at: datetime):
        """Sign this browser out."""
        self.ended_at = self.ended_at or at
