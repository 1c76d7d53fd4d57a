"""Sign-ups: what a company entered, kept until its owner opens the link in the email, for a day at most."""

import hmac
from base64 import urlsafe_b64encode
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import ForeignKey, Index, Select, String, delete, func, select, update
from sqlalchemy.orm import Mapped, mapped_column, relationship

from sergio import jobs
from sergio.audit.actor import Actor
from sergio.companies.models import Company
from sergio.database import locks
from sergio.extensions import Model, db
from sergio.lib import tokens
from sergio.lib.email_addresses import mailbox
from sergio.outbox.compose import new_message_id
from sergio.sign_up.founding import NewCompany, found
from sergio.staff.models import StaffMember

LIFETIME = timedelta(hours=24)
QUARTER, DAY = timedelta(minutes=15), timedelta(days=1)
EMAILS_A_QUARTER, EMAILS_A_DAY = 3, 6
KEPT = timedelta(days=7)


class SignUp(Model):
    """A request for a portal. Nothing of it is public, and its subdomain is not taken, before the link is used.

    `salt` and the program's secret key make the token of the link, so that an email that is sent again after a crash
    has the same one; the database alone does not say it.
    """

    __table_args__ = (Index(None, "mailbox", "requested_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(120))
    subdomain: Mapped[str] = mapped_column(String(63))
    owner_name: Mapped[str] = mapped_column(String(120))
    email: Mapped[str] = mapped_column(String(254))
    mailbox: Mapped[str] = mapped_column(String(64))
    country: Mapped[str] = mapped_column(String(2))
    time_zone: Mapped[str] = mapped_column(String(60))
    currency: Mapped[str] = mapped_column(String(3))
    nonce: Mapped[str] = mapped_column(String(64), index=True)
    salt: Mapped[str] = mapped_column(String(64))
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    message_id: Mapped[str] = mapped_column(String(200))
    requested_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    refusal: Mapped[str] = mapped_column(String(500), default="")
    used_at: Mapped[datetime | None]
    company_id: Mapped[int | None] = mapped_column(ForeignKey("company.id"))

    company: Mapped[Company | None] = relationship()

    @classmethod
    def request(
        cls, facts: NewCompany, *, owner_name: str, email: str, nonce: str, key: str, now: datetime
    ) -> "SignUp | None":
        """A request, whose link a job sends; None when there were too many for this mailbox, at whatever company name.

        `email` is well formed, `nonce` the requesting browser's secret, `key` the program's secret key.
        """
        box = tokens.digest(f"sign-up {mailbox(email)}")
        locks.lock_until_commit(db.session, box)
        if cls._too_many(box, now):
            return None
        row = cls(owner_name=owner_name, email=email, mailbox=box, nonce=tokens.digest(nonce), salt=tokens.token())
        row.name, row.subdomain, row.country = facts.name, facts.subdomain, facts.country
        row.time_zone, row.currency = facts.time_zone, facts.currency
        row.requested_at, row.expires_at, row.message_id = now, now + LIFETIME, new_message_id()
        row.digest = tokens.digest(row.token(key))
        db.session.add(row)
        db.session.flush()
        jobs.enqueue("sign_up.send_link", sign_up_id=row.id)
        return row

    @classmethod
    def _too_many(cls, box: str, now: datetime) -> bool:
        lately = func.count().filter(cls.requested_at > now - QUARTER)
        counted = select(lately, func.count()).where(cls.mailbox == box, cls.requested_at > now - DAY)
        a_quarter, a_day = db.session.execute(counted).one()
        return a_quarter >= EMAILS_A_QUARTER or a_day >= EMAILS_A_DAY

    @classmethod
    def with_token(cls, token: str) -> Select:
        """The request with that token, whether or not its link still works."""
        return select(cls).where(cls.digest == tokens.digest(token))

    @classmethod
    def pending(cls, nonce: str, now: datetime) -> Select:
        """The requests of the browser with that nonce whose links still work, newest first."""
        waiting = cls.nonce == tokens.digest(nonce), cls.used_at.is_(None), cls.expires_at > now
        return select(cls).where(*waiting).order_by(cls.id.desc())

    def token(self, key: str) -> str:
        """The secret of the link."""
        made = hmac.new(key.encode(), f"sign-up {self.salt}".encode(), sha256).digest()
        return urlsafe_b64encode(made).decode().rstrip("=")

    def is_valid(self, now: datetime) -> bool:
        """Whether its link is neither used nor expired. For display: `use` decides."""
        return self.used_at is None and now < self.expires_at

    def is_from_browser(self, nonce: str) -> bool:
        return hmac.compare_digest(self.nonce, tokens.digest(nonce))

    @property
    def facts(self) -> NewCompany:
        return NewCompany(self.name, self.subdomain, self.country, self.time_zone, self.currency)

    def use(self, *, by: Actor, now: datetime) -> StaffMember | None:
        """Found the company, and return its owner; None if the link was used or has expired, also by another request
        at the same moment. `Refused` if the subdomain was taken meanwhile: the caller rolls back, and the link can be
        used again.
        """
        unused = update(SignUp).where(SignUp.id == self.id, SignUp.used_at.is_(None), SignUp.expires_at > now)
        took = unused.values(used_at=now).returning(SignUp.id).execution_options(synchronize_session=False)
        if db.session.scalar(took) is None:
            return None
        owner = found(self.facts, owner_name=self.owner_name, email=self.email, by=by, at=now)
        same = SignUp.nonce == self.nonce, SignUp.mailbox == self.mailbox
        of_this_browser = update(SignUp).where(*same, SignUp.company_id.is_(None))
        db.session.execute(
            of_this_browser.values(used_at=now, company_id=owner.company_id),
            execution_options={"synchronize_session": False},
        )
        return owner

    @classmethod
    def delete_expired(cls, now: datetime):
        """The statement that deletes requests a week after they expired."""
        return delete(cls).where(cls.expires_at < now - KEPT)
