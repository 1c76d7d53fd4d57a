"""Quotes, their lines, the versions that were sent, and the customers' answers."""

import json
from collections.abc import Collection
from datetime import date, datetime
from functools import cache

from sqlalchemy import (
    BigInteger,
    BindParameter,
    CheckConstraint,
    ColumnElement,
    Index,
    Select,
    String,
    Text,
    UniqueConstraint,
    bindparam,
    case,
    select,
    text,
)
from sqlalchemy.ext.hybrid import hybrid_method
from sqlalchemy.orm import Mapped, joinedload, mapped_column, relationship
from sqlalchemy.orm.attributes import set_committed_value

from sergio import jobs, pricing
from sergio.audit.actor import Actor
from sergio.audit.models import record
from sergio.customers.models import Contact, Customer, Property
from sergio.database.checks import at_least, code, one_of
from sergio.database.company_scope import COMPANY, CompanyOwned, within_company
from sergio.extensions import Model, db
from sergio.lib.language import gettext as _
from sergio.lib.refused import Refused
from sergio.quotes import emails, evidence, paths, statuses
from sergio.quotes.answer import QuoteAcceptance, QuoteChangeRequest, QuoteDecline, written_once
from sergio.quotes.evidence import Signature, TotalChanged
from sergio.quotes.formats import FormattedOffer
from sergio.quotes.statuses import CHANGED, DRAFT, EXPIRED, OPEN, OUTCOMES, WITHDRAWN, outcome_of

MOST_REQUESTS = 10
UNANSWERED = text("open_until IS NOT NULL")
OPEN_SQL = f"outcome IN ({', '.join(map(repr, OPEN))})"
VERSION_KEY = "QuoteVersion.company_id, QuoteVersion.quote_id, QuoteVersion.version"
NEWEST = (
    "and_(QuoteVersion.company_id == Quote.company_id, QuoteVersion.quote_id == Quote.id,"
    " QuoteVersion.version == Quote.version)"
)


class QuoteLine(CompanyOwned, Model):
    """A line of a quote's draft; the customer may leave out an optional one."""

    __table_args__ = (
        at_least("tax_rate", 0),
        Index(None, "company_id", "quote_id", "position"),
        *within_company(quote_id="quote"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    quote_id: Mapped[int] = mapped_column()
    position: Mapped[int]
    description: Mapped[str] = mapped_column(String(500))
    detail: Mapped[str] = mapped_column(String(2000), default="")
    quantity: Mapped[int] = mapped_column(BigInteger)
    unit: Mapped[str] = mapped_column(String(20), default="")
    unit_price: Mapped[int] = mapped_column(BigInteger)
    tax_rate: Mapped[int]
    optional: Mapped[bool]
    preselected: Mapped[bool]

    def __init__(self, *, quantity=pricing.ONE, tax_rate=0, optional=False, preselected=False, **values):
        """`quantity` in thousandths, `unit_price` in minor units, `tax_rate` in basis points: see `pricing`."""
        super().__init__(quantity=quantity, tax_rate=tax_rate, optional=optional, preselected=preselected, **values)

    @property
    def amount(self) -> int:
        return pricing.amount(self.quantity, self.unit_price)


@written_once
class QuoteVersion(CompanyOwned, Model):
    """A quote as it was sent. Rows never change; pages, emails, PDFs and acceptances are made from them.

    `content` is `evidence.frozen` as canonical JSON and `digest` its SHA-256. The other columns repeat what lists need.
    """

    __table_args__ = (
        UniqueConstraint("company_id", "quote_id", "version"),
        at_least("version", 1),
        code("currency", 3),
        *within_company(quote_id="quote"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    quote_id: Mapped[int]
    version: Mapped[int]
    sent_at: Mapped[datetime]
    valid_until: Mapped[date]
    title: Mapped[str] = mapped_column(String(200))
    currency: Mapped[str] = mapped_column(String(3))
    total: Mapped[int] = mapped_column(BigInteger)
    digest: Mapped[str] = mapped_column(String(64))
    content: Mapped[str] = mapped_column(Text)

    @property
    def facts(self) -> dict:
        """The result of `evidence.frozen`, with all lines."""
        return json.loads(self.content)

    def offer(self, chosen: Collection[int] | None = None) -> dict:
        """The offer with the optional lines `chosen` (ids), for None the preselected ones."""
        return evidence.choose(self.facts, chosen)


class Quote(CompanyOwned, Model):
    """A priced offer, open until it is answered or its last day has passed.

    Its texts and lines are the draft, which staff may edit until it is accepted. The customer sees the newest version
    sent; `version` is its number, 0 before the first one.

    `outcome` and `open_until` are projected from the versions and answers; only `_project` writes them. `outcome` does
    not depend on the day: `status` says what has expired.
    """

    __table_args__ = (
        UniqueConstraint("company_id", "number"),
        UniqueConstraint("company_id", "id"),
        Index(None, "company_id", "customer_id"),
        Index(None, "company_id", "outcome", "number"),
        Index("ix_quote_unanswered", "company_id", "open_until", sqlite_where=UNANSWERED, postgresql_where=UNANSWERED),
        *within_company(customer_id="customer", contact_id="contact", property_id="property"),
        at_least("number", 1),
        at_least("version", 0),
        code("currency", 3),
        one_of("outcome", OUTCOMES),
        CheckConstraint(f"(open_until IS NOT NULL) = ({OPEN_SQL})", name="open_until_a_day"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int]
    version: Mapped[int] = mapped_column(default=0)
    customer_id: Mapped[int] = mapped_column()
    contact_id: Mapped[int | None] = mapped_column()
    property_id: Mapped[int | None] = mapped_column()
    title: Mapped[str] = mapped_column(String(200))
    intro: Mapped[str] = mapped_column(String(2000), default="")
    terms: Mapped[str] = mapped_column(String(4000), default="")
    currency: Mapped[str] = mapped_column(String(3))
    total: Mapped[int] = mapped_column(BigInteger)
    valid_until: Mapped[date]
    created_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]

    outcome: Mapped[str] = mapped_column(String(20), default=DRAFT)
    open_until: Mapped[date | None]

    customer: Mapped[Customer] = relationship(foreign_keys=customer_id)
    contact: Mapped[Contact | None] = relationship(foreign_keys=contact_id)
    place: Mapped[Property | None] = relationship(foreign_keys=property_id)
    lines: Mapped[list[QuoteLine]] = relationship(
        foreign_keys=QuoteLine.quote_id, cascade="all, delete-orphan", order_by=QuoteLine.position
    )
    versions: Mapped[list[QuoteVersion]] = relationship(
        foreign_keys=QuoteVersion.quote_id, order_by=QuoteVersion.version
    )
    newest: Mapped[QuoteVersion | None] = relationship(
        primaryjoin=NEWEST, foreign_keys=f"[{VERSION_KEY}]", viewonly=True
    )
    acceptance: Mapped[QuoteAcceptance | None] = relationship(foreign_keys=QuoteAcceptance.quote_id)
    declines: Mapped[list[QuoteDecline]] = relationship(foreign_keys=QuoteDecline.quote_id, order_by=QuoteDecline.id)
    change_requests: Mapped[list[QuoteChangeRequest]] = relationship(
        foreign_keys=QuoteChangeRequest.quote_id, order_by=QuoteChangeRequest.id
    )

    @classmethod
    def draft(
        cls, customer: Customer, title: str, lines: list, *, valid_until: date, by: Actor, at: datetime, **more
    ) -> "Quote":
        """A numbered quote that only staff can see. `more` may be `intro`, `terms`, `place` and `contact`."""
        company = customer.company
        quote = cls(company=company, customer=customer, number=customer.next_number("quote"))
        quote.currency = company.currency_now()
        quote.created_at = at
        quote._write(lines, {"title": title, "valid_until": valid_until, "terms": company.terms, **more})
        db.session.add(quote)
        record(quote, "drafted", by=by, at=at, after=evidence.draft_facts(quote))
        customer.bring_back(by=by, at=at)
        return quote

    @classmethod
    def whole(cls) -> Select:
        """The company's quotes with everything their page shows. Rows repeat: the result needs `unique()`."""
        parts = (cls.newest, cls.acceptance, cls.declines, cls.change_requests)
        return select(cls).where(cls.company_id == COMPANY).options(*(joinedload(part) for part in parts))

    @classmethod
    @cache
    def own(cls) -> Select:
        """The same for the customer's quote with a `number`, unless it is a draft."""
        mine = cls.customer_id == bindparam("customer_id"), cls.number == bindparam("number")
        return cls.whole().where(*mine, cls.version > 0)

    portal_path = property(paths.portal_path)
    office_path = property(paths.office_path)

    @hybrid_method
    def status(self, on: date) -> str:
        """The status on a day of the company's calendar."""
        return statuses.status_on(self, on)

    @status.inplace.expression
    @classmethod
    def _status_in_sql(cls, on):
        return case((cls.has_expired(on), EXPIRED), else_=cls.outcome)

    @classmethod
    def is_open(cls, on: date | BindParameter[date]) -> ColumnElement[bool]:
        """The condition for quotes that can be answered; the index `ix_quote_unanswered` finds them."""
        return cls.open_until >= on

    @classmethod
    def has_expired(cls, on: date | BindParameter[date]) -> ColumnElement[bool]:
        """The condition for quotes whose last day passed without an answer."""
        return cls.open_until < on

    def _project(self):
        """Write to the row what versions and answers say. Every verb that changes any of them ends with this."""
        outcome = outcome_of(self)
        open_until = self.newest.valid_until if self.newest and outcome in OPEN else None
        self.outcome, self.open_until = outcome, open_until  # both at once, as the CHECK constraint needs them

    def decline_of(self, version: int) -> QuoteDecline | None:
        return next((decline for decline in self.declines if decline.version == version), None)

    def requests_of(self, version: int) -> list[QuoteChangeRequest]:
        return [request for request in self.change_requests if request.version == version]

    @property
    def decline_now(self) -> QuoteDecline | None:
        return self.decline_of(self.version)

    @property
    def requests_now(self) -> list[QuoteChangeRequest]:
        return self.requests_of(self.version)

    def edit(self, lines: list[QuoteLine] | None = None, *, by: Actor, at: datetime, **more):
        """Change only the draft: its texts and, if given, its lines. The customer still sees the version sent."""
        self._lock()
        self._must_allow_changes()
        before = evidence.draft_facts(self)
        self._write(lines, more)
        record(self, "edited", by=by, at=at, before=before, after=evidence.draft_facts(self))

    def send(self, *, by: Actor, at: datetime):
        """Publish the first version, and email the customer."""
        self._lock()
        if self.version:
            raise Refused(_("Quote %(number)s has already been sent.", number=self.number))
        version = self._freeze(at)
        record(self, "sent", by=by, at=at, after=evidence.sent_facts(version))
        emails.sent(self, version)

    def revise(self, lines: list[QuoteLine] | None = None, *, by: Actor, at: datetime, **more):
        """Send the draft, with other texts and lines if given, as a new version that needs a new answer."""
        self._lock()
        self._must_allow_changes()
        before = evidence.sent_facts(self.newest) if self.newest else {}
        self._write(lines, more)
        version = self._freeze(at)
        record(self, "revised", by=by, at=at, before=before, after=evidence.sent_facts(version))
        emails.revised(self, version)

    def withdraw(self, *, by: Actor, at: datetime):
        self._lock()
        status = self.status(self.company.day(at))
        if status not in OPEN:
            raise Refused(_("Quote %(number)s is not open, so it cannot be withdrawn.", number=self.number))
        self.withdrawn_at = at
        self._project()
        record(self, "withdrawn", by=by, at=at, before={"status": status}, after={"status": WITHDRAWN})
        self._keep_pdf()

    def accept(
        self, contact: Contact, signature: Signature, chosen, *, version, shown: int | None, by: Actor, at: datetime
    ):
        """Accept the offer as it was shown, with the optional lines `chosen` (ids); keep the proof.

        `version` and `shown` (the total, in minor units) are those of the page; `TotalChanged` for another total.
        """
        self._lock()
        offered = self.must_be_open(version, at)
        offer = offered.offer(chosen)
        if shown != offer["total"]:
            raise TotalChanged(_("The total is now %(total)s.", total=FormattedOffer(offer).total))
        self.acceptance = proof = QuoteAcceptance(**self._answer(contact, offered, at), offer=offer)
        evidence.sign(proof, signature)
        self._project()
        record(self, "accepted", by=by, at=at, after=evidence.accepted_facts(proof, offered.currency))
        emails.accepted(self)
        self._keep_pdf()

    def decline(self, contact: Contact, reason: str, *, version: int | None, by: Actor, at: datetime):
        """Decline the version that was shown, and email the office."""
        self._lock()
        offered = self.must_be_open(version, at)
        answer = QuoteDecline(**self._answer(contact, offered, at), reason=reason)
        self.declines.append(answer)
        self._project()
        record(self, "declined", by=by, at=at, after={"version": answer.version, "reason": reason})
        emails.declined(self, offered, answer)
        self._keep_pdf()

    def ask_for_changes(self, contact: Contact, message: str, *, version: int | None, by: Actor, at: datetime):
        """Email the office what should be different in the version that was shown; the quote stays as it is."""
        self._lock()
        self._must_not_be_accepted()
        shown = next((sent for sent in self.versions if sent.version == version), None)
        if shown is None:
            raise Refused(str(CHANGED))
        if len(self.requests_of(shown.version)) >= MOST_REQUESTS:
            raise Refused(_("We have your messages about this quote and will get back to you."))
        request = QuoteChangeRequest(**self._answer(contact, shown, at), message=message)
        self.change_requests.append(request)
        self._project()
        record(self, "changes_requested", by=by, at=at, after={"version": request.version, "message": message})
        emails.change_requested(self, shown, request)

    def must_be_open(self, version: int | None, at: datetime) -> QuoteVersion:
        """The newest version; `Refused` if the quote is not open or `version` is an older one."""
        self._must_not_be_accepted()
        status = self.status(self.company.day(at))
        if status not in OPEN or self.newest is None:
            raise Refused(str(statuses.WHY_CLOSED[status]))
        if version != self.version:
            raise Refused(str(CHANGED))
        return self.newest

    def _must_not_be_accepted(self):
        if self.acceptance:
            day = self.company.short_day(self.acceptance.at)
            raise Refused(_("%(name)s already accepted this quote on %(day)s.", name=self.acceptance.name, day=day))

    def _must_allow_changes(self):
        if self.acceptance:
            raise Refused(_("Quote %(number)s was accepted. Create a new quote for more work.", number=self.number))

    def _lock(self):
        """Lock the quote until the commit, and read it again. PostgreSQL locks the row; SQLite has no row locks and
        waits for the write transaction that begins here.
        """
        db.session.flush()
        mine = Quote.company_id == self.company_id, Quote.id == self.id
        db.session.execute(select(Quote.id).where(*mine).with_for_update())
        db.session.expire(self)

    def _write(self, lines: list[QuoteLine] | None, values: dict):
        for name, value in values.items():
            setattr(self, name, value)
        if lines is not None:
            for position, line in enumerate(lines):
                line.company, line.position = self.company, position
            self.lines = lines
        self.total = pricing.price(line for line in self.lines if not line.optional or line.preselected).total

    def _freeze(self, at: datetime) -> QuoteVersion:
        """Store the draft as the next version."""
        if self.valid_until < self.company.day(at):
            raise Refused(_("Choose an expiration date that has not passed."))
        self.version, self.withdrawn_at = self.version + 1, None
        db.session.flush()  # gives the lines their ids
        self.company.keep_logo_for_documents(at=at)
        version = QuoteVersion(company=self.company, **evidence.version_of(self, at))
        self.versions.append(version)
        set_committed_value(self, "newest", version)
        self._project()
        self._keep_pdf()
        return version

    def _keep_pdf(self):
        """Have the PDF rendered that shows the quote as it is from now on."""
        jobs.enqueue("quotes.keep_pdf", company=self.company, quote_id=self.id)

    def _answer(self, contact: Contact, shown: QuoteVersion, at: datetime) -> dict:
        """The columns that every answer has."""
        return {"company": self.company, "version": shown.version, "at": at, "contact": contact, "name": contact.name}
