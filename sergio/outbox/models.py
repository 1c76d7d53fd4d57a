"""Outgoing emails, and whether they were sent."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, Select, String, Text, false, select, text, update
from sqlalchemy.orm import Mapped, mapped_column

from sergio import jobs
from sergio.audit.actor import Actor
from sergio.audit.models import record
from sergio.database.company_scope import CompanyOwned
from sergio.extensions import Model, db
from sergio.lib import clock

UNDELIVERED = text("refused_at IS NOT NULL AND discarded_at IS NULL")


class OutgoingEmail(CompanyOwned, Model):
    """One email to one address; its Message-ID stays the same in all attempts.

    A reply goes to `reply_to`, or to the company's own address if that is empty. `customer_id` is of the customer it is
    about and `contact_id` of the contact it is to, if any, without foreign keys, because customers are a layer above.
    `kind` is one of `kinds` or empty; `about` and `about_number` name the quote, invoice or appointment it leads to.

    It is queued until the mail server accepts it (`sent_at`), puts it off (`deferred_at`, and `deferral` with the
    server's words) or refuses it (`refused_at`, `refusal`). A server may also accept it and send it back later: then
    both `sent_at` and `refused_at` are there. `seen_at` is when its document was opened.
    """

    __table_args__ = (
        Index(None, "company_id", "customer_id", "created_at"),
        Index(None, "company_id", "about", "about_number", "id"),
        Index(
            *("ix_outgoing_email_undelivered", "company_id", "refused_at"),
            sqlite_where=UNDELIVERED,
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    message_id: Mapped[str] = mapped_column(String(200), unique=True)
    to: Mapped[str] = mapped_column(String(254))
    reply_to: Mapped[str] = mapped_column(String(254), default="", server_default="")
    kind: Mapped[str] = mapped_column(String(40), default="", server_default="")
    customer_id: Mapped[int | None]
    contact_id: Mapped[int | None]
    about: Mapped[str] = mapped_column(String(20), default="", server_default="")
    about_number: Mapped[int | None]
    unsubscribe_url: Mapped[str] = mapped_column(String(300), default="", server_default="")
    subject: Mapped[str] = mapped_column(String(300))
    text: Mapped[str] = mapped_column(Text)
    html: Mapped[str] = mapped_column(Text)
    attachments: Mapped[list] = mapped_column(default=list)
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    expires_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    deferred_at: Mapped[datetime | None]
    deferral: Mapped[str] = mapped_column(String(500), default="", server_default="")
    seen_at: Mapped[datetime | None]
    refused_at: Mapped[datetime | None]
    refusal: Mapped[str] = mapped_column(String(500), default="")
    is_unknown_address: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Whether it was refused because its address does not exist."""
    discarded_at: Mapped[datetime | None]
    discarded_by: Mapped[str] = mapped_column(String(300), default="")

    @classmethod
    def undelivered(cls, company_id: Any) -> Select:
        """Refused emails of a company (its id, or a parameter) that were not discarded, for staff."""
        return select(cls).where(cls.company_id == company_id, cls.refused_at.is_not(None), cls.discarded_at.is_(None))

    @classmethod
    def note_seen(cls, company_id: int, contact_id: int, about: str, number: int, *, at: datetime):
        """The contact opened the document that emails to them are about."""
        theirs = cls.company_id == company_id, cls.contact_id == contact_id, cls.sent_at.is_not(None)
        mine = cls.about == about, cls.about_number == number, cls.seen_at.is_(None)
        statement = update(cls).where(*theirs, *mine).values(seen_at=at)
        db.session.execute(statement, execution_options={"synchronize_session": False})

    def is_expired(self, now: datetime) -> bool:
        """Whether its content is no longer valid, such as an expired sign-in link."""
        return self.expires_at is not None and now >= self.expires_at

    def mark_sent(self, now: datetime):
        """Note that the mail server accepted it. The text of an email that expires has a secret and is deleted."""
        self.sent_at = now
        self._delete_secrets()

    def mark_deferred(self, reply: str, now: datetime):
        """Note that a mail server put it off, in its words; it is tried again."""
        self.deferred_at, self.deferral = now, reply[:500]

    def mark_refused(self, reason: str, now: datetime, *, is_unknown_address: bool = False):
        """Note why it was never sent or, where it was, why it came back."""
        self.refused_at, self.refusal, self.is_unknown_address = now, reason[:500], is_unknown_address
        self._delete_secrets()

    @property
    def can_be_retried(self) -> bool:
        """Whether its text was kept; a sign-in email's is deleted."""
        return bool(self.text)

    def retry(self, *, by: Actor, now: datetime):
        """Send it again, although the mail server refused it permanently."""
        self.sent_at = self.deferred_at = self.refused_at = None
        self.deferral, self.refusal, self.is_unknown_address = "", "", False
        jobs.enqueue("outbox.deliver", company=self.company, email_id=self.id)
        record(self, "retried", by=by, at=now, after={"to": self.to, "subject": self.subject})

    def discard(self, *, by: Actor, now: datetime):
        """Take it off the list of problems without sending it; a second call changes nothing."""
        if self.discarded_at is None:
            self.discarded_at, self.discarded_by = now, by.name[:300]
            record(self, "discarded", by=by, at=now, after={"to": self.to, "subject": self.subject})

    def _delete_secrets(self):
        if self.expires_at is not None:
            self.text = self.html = ""
