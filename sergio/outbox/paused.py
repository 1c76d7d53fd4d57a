"""Addresses that no email is sent to, because several came back: part of the models of emails."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Index, Select, String, bindparam, select, text
from sqlalchemy.orm import Mapped, mapped_column

from sergio.audit.actor import BY_SYSTEM, Actor
from sergio.audit.models import record
from sergio.database.company_scope import COMPANY, CompanyOwned
from sergio.database.engines import Utc
from sergio.extensions import Model, db
from sergio.lib.language import OFFICE, speaking
from sergio.lib.language import gettext as _
from sergio.lib.text import folded
from sergio.outbox.models import OutgoingEmail

BOUNCES, WITHIN = 2, timedelta(days=30)
"""After that many emails came back in that time, an address is paused."""
PAUSED = text("lifted_at IS NULL")


class PausedAddress(CompanyOwned, Model):
    """An address (`email_key`, folded) that does not exist, as its mail server says in `reason`.

    Emails to it are not sent until staff lift the pause (`lifted_at`). Sign-in emails that somebody asks for are, since
    their answer must not tell which addresses we know.
    """

    __table_args__ = (
        Index(
            *("uq_paused_address_paused", "company_id", "email_key"),
            unique=True,
            sqlite_where=PAUSED,
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    email_key: Mapped[str] = mapped_column(String(254))
    paused_at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(String(500))
    customer_id: Mapped[int | None]
    """Of the customer whose emails came back, for the activity log; without a foreign key as in `OutgoingEmail`."""
    lifted_at: Mapped[datetime | None]
    lifted_by: Mapped[str] = mapped_column(String(120), default="")

    @classmethod
    def of(cls, company_id: Any, email_key: Any) -> Select:
        """The pause of an address that is not lifted; its company and key, or parameters."""
        return select(cls).where(cls.company_id == company_id, cls.email_key == email_key, cls.lifted_at.is_(None))

    @classmethod
    def now_of(cls, company, email: str) -> "PausedAddress | None":
        return db.session.scalar(ONE, {"company_id": company.id, "email_key": folded(email)})

    @property
    def sentence(self) -> str:
        """Why an email to it is not sent."""
        with speaking(OFFICE):
            return _("Not sent: emails to this address came back, so we paused it. %(reason)s", reason=self.reason)

    @classmethod
    def after_bounce(cls, email: OutgoingEmail, now: datetime):
        """Pause the address of an email that came back for good, if others did lately."""
        key = folded(email.to)
        asked = {"company_id": email.company_id, "email_key": key}
        if cls.now_of(email.company, email.to):
            return
        lifted = db.session.scalar(LAST_LIFTED, asked)
        since = max(now - WITHIN, lifted) if lifted else now - WITHIN
        bounced = db.session.scalars(BOUNCED, {"company_id": email.company_id, "to": email.to, "since": since}).all()
        if len({email.id, *bounced}) < BOUNCES:
            return
        facts = {"company": email.company, "email_key": key, "customer_id": email.customer_id}
        pause = cls(paused_at=now, reason=email.refusal, **facts)
        db.session.add(pause)
        record(pause, "paused_address", by=BY_SYSTEM, at=now, after={"email": email.to, "reason": email.refusal})

    def lift(self, *, by: Actor, at: datetime):
        """Send emails to it again."""
        if self.lifted_at is None:
            self.lifted_at, self.lifted_by = at, by.name[:120]
            record(self, "resumed_address", by=by, at=at, before={"email": self.email_key, "reason": self.reason})


ONE = PausedAddress.of(COMPANY, bindparam("email_key"))
LAST_LIFTED = (
    select(PausedAddress.lifted_at)
    .where(PausedAddress.company_id == COMPANY, PausedAddress.email_key == bindparam("email_key"))
    .where(PausedAddress.lifted_at.is_not(None))
    .order_by(PausedAddress.lifted_at.desc())
    .limit(1)
)
BOUNCED = select(OutgoingEmail.id).where(
    OutgoingEmail.company_id == COMPANY,
    OutgoingEmail.to == bindparam("to"),
    OutgoingEmail.is_unknown_address,
    OutgoingEmail.refused_at > bindparam("since", type_=Utc),
)
