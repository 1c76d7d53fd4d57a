"""Links in emails that open one document without a sign-in, a table of the models of sign-in."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Index, Select, String, UniqueConstraint, bindparam, func, select
from sqlalchemy.orm import Mapped, contains_eager, joinedload, mapped_column, relationship

from sergio import outbox
from sergio.audit.actor import Actor
from sergio.audit.models import record
from sergio.customers.models import Contact, Customer
from sergio.customers.roles import WORK_FIRST
from sergio.database.checks import one_of
from sergio.database.company_scope import COMPANY, CompanyOwned, within_company
from sergio.extensions import Model, db
from sergio.lib import clock, tokens
from sergio.outbox.models import OutgoingEmail

QUOTE, INVOICE, APPOINTMENT, OFFER = KINDS = ("quote", "invoice", "appointment", "offer")
PATHS = {
    QUOTE: "/portal/quotes/{}",
    INVOICE: "/portal/invoices/{}",
    APPOINTMENT: "/portal/appointments/{}",
    OFFER: "/portal/waitlist/{}",
}
"""The page of each kind; an offer is what an entry of the waitlist (its id) is offered."""
LASTS = timedelta(days=60)
DAY, RENEWED_A_DAY = timedelta(days=1), 3
ENDS: dict[str, Callable[["DocumentLink"], datetime | None]] = {}
"""When the links of a kind end, where that depends on the document; None for never. They last `LASTS` at least."""


class DocumentLink(CompanyOwned, Model):
    """A link to one document that was emailed to a contact. Whoever has it may do with that document what the contact
    may, until it ends or is revoked.

    It counts only while the contact is there under the same address (`email`, folded). Opening its page changes
    nothing: the browser in which its button was pressed first keeps the token in a cookie (`opened_at`).
    """

    __table_args__ = (
        Index(None, "company_id", "customer_id", "id"),
        Index(None, "company_id", "contact_id"),
        UniqueConstraint("company_id", "id"),
        one_of("kind", KINDS),
        *within_company(customer_id="customer", contact_id="contact"),
    )

    stands_in_email = True
    """Without its email nobody has it (`outbox.suppressed`)."""

    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column()
    contact_id: Mapped[int] = mapped_column()
    email: Mapped[str] = mapped_column(String(254))
    kind: Mapped[str] = mapped_column(String(20))
    number: Mapped[int]
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    sent_at: Mapped[datetime]
    opened_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    revoked_by: Mapped[str] = mapped_column(String(120), default="")

    customer: Mapped[Customer] = relationship(foreign_keys=customer_id)
    contact: Mapped[Contact] = relationship(foreign_keys=contact_id)

    @classmethod
    def issue(cls, contact: Contact | None, kind: str, number: int) -> str:
        """The URL of a new link, for an email to that contact. Empty without a contact or a portal."""
        if contact is None or contact.email_key is None or not contact.company.has_portal:
            return ""
        if outbox.is_sample():
            return contact.company.url(PATHS[kind].format(number))
        token = tokens.token()
        row = cls(company=contact.company, customer=contact.customer, contact=contact, email=contact.email_key)
        row.kind, row.number, row.digest, row.sent_at = kind, number, tokens.digest(token), clock.now()
        db.session.add(row)
        return contact.company.url(f"/d/{token}")

    @classmethod
    def for_email(
        cls, customer: Customer, person: Contact | None, kind: str, number: int, roles: Sequence[str] = WORK_FIRST
    ) -> str:
        """The same for the contact who gets an email about the document (`customers.emails.notify`)."""
        return cls.issue(customer.contact_for(person, roles), kind, number)

    @classmethod
    def with_token(cls, company, token: str) -> Select:
        """The company's link with that token, whether or not it still works, with its contact and customer."""
        mine = cls.company_id == company.id, cls.digest == tokens.digest(token)
        return select(cls).where(*mine).options(joinedload(cls.contact).joinedload(Contact.customer))

    @classmethod
    def opened_by(cls, company, cookies: Iterable[str], kind: str, number: int, now: datetime) -> "DocumentLink | None":
        """The link to that document that works and whose token is in these cookies."""
        digests = [tokens.digest(token) for token in cookies]
        asked = {"company_id": company.id, "digests": digests, "kind": kind, "number": number}
        rows = db.session.scalars(opened(), asked) if digests else ()
        return next((row for row in rows if row.works(now)), None)

    @classmethod
    def of_customer(cls, customer: Customer) -> Select:
        """The customer's links that were not revoked, with their contacts."""
        return select(cls).where(customer.owns(cls), cls.revoked_at.is_(None)).options(joinedload(cls.contact))

    @property
    def path(self) -> str:
        return PATHS[self.kind].format(self.number)

    @property
    def ends_at(self) -> datetime | None:
        """None while it does not end by itself."""
        least = self.sent_at + LASTS
        if clock.now() < least or self.kind not in ENDS:
            return least
        end = ENDS[self.kind](self)
        return end and max(end, least)

    def works(self, now: datetime) -> bool:
        present = self.contact.left_at is None and self.contact.email_key == self.email
        if self.revoked_at or not present or self.contact.customer_id != self.customer_id:
            return False
        end = self.ends_at
        return end is None or now < end

    def open(self, *, by: Actor, at: datetime):
        """Somebody pressed the button of its page."""
        if self.opened_at is None:
            self.opened_at = at
            record(self, "opened", by=by, at=at, after=self.facts)
        OutgoingEmail.note_seen(self.company_id, self.contact_id, self.kind, self.number, at=at)

    def revoke(self, *, by: Actor, at: datetime):
        """End it at once, in every browser."""
        if self.revoked_at is None:
            self.revoked_at, self.revoked_by = at, by.name[:120]
            record(self, "revoked", by=by, at=at, before=self.facts)

    def renew(self, *, by: Actor, at: datetime) -> str:
        """The URL of a new link for the same contact, after this one ended. Empty where they get none: it was revoked,
        they have left, or got several today.
        """
        mine = DocumentLink.company_id == self.company_id, DocumentLink.contact_id == self.contact_id
        same = DocumentLink.kind == self.kind, DocumentLink.number == self.number
        today = select(func.count()).where(*mine, *same, DocumentLink.sent_at > at - DAY)
        gone = self.contact.left_at or self.contact.customer_id != self.customer_id
        if self.revoked_at or gone or db.session.scalars(today).one() >= RENEWED_A_DAY:
            return ""
        record(self, "sent_again", by=by, at=at, after=self.facts | {"email": self.contact.email})
        return DocumentLink.issue(self.contact, self.kind, self.number)

    @property
    def facts(self) -> dict[str, Any]:
        return {"document": self.kind, "number": self.number, "email": self.email}


@cache
def opened() -> Select:
    """The links to a document with some tokens, with their contacts and customers."""
    link = DocumentLink
    about = link.kind == bindparam("kind"), link.number == bindparam("number")
    rows = select(link).join(link.contact).join(Contact.customer)
    rows = rows.where(link.company_id == COMPANY, link.digest.in_(bindparam("digests", expanding=True)), *about)
    return rows.options(contains_eager(link.contact).contains_eager(Contact.customer))


def sign_in_instead(link: DocumentLink | None) -> tuple[str, str]:
    """The address to which a sign-in link is sent, and the path it leads to, for a link that was revoked: whoever has
    the email it was in may be the reason for that, and cannot open the mailbox. For any other, an address that nobody
    has, so that the same work is done.
    """
    if link and link.revoked_at and link.contact.left_at is None and link.contact.email:
        return link.contact.email, link.path
    return f"nobody-{tokens.digest(tokens.token())[:20]}@example.com", ""
