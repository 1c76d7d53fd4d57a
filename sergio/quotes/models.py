"""Quotes and their lines: how one stands, and what may be done with it."""

from collections.abc import Collection
from datetime import date, datetime

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import BigInteger, Index, Select, String, UniqueConstraint, case, select
from sqlalchemy.ext.hybrid import hybrid_method
from sqlalchemy.orm import Mapped, joinedload, mapped_column, relationship, selectinload

from sergio import pricing
from sergio.customers.models import Contact, Customer, Property
from sergio.database.checks import at_least, code
from sergio.database.company_scope import CompanyOwned, within_company
from sergio.extensions import Model, db
from sergio.lib import clock, money
from sergio.lib.refused import Refused
from sergio.quotes import emails
from sergio.quotes.answers import OtherTotal, QuoteAcceptance, QuoteChangeRequest, QuoteDecline
from sergio.quotes.evidence import Signature, offer_of
from sergio.quotes.lines import QuoteLine

DRAFT, SENT, CHANGES_REQUESTED = "draft", "sent", "changes-requested"
ACCEPTED, DECLINED, EXPIRED, WITHDRAWN = "accepted", "declined", "expired", "withdrawn"
OPEN = (SENT, CHANGES_REQUESTED)
MOST_REQUESTS = 10

CLOSED = {
    DRAFT: _l("This quote has not been sent yet."),
    DECLINED: _l("This quote was declined. If you have changed your mind, ask us for a fresh one."),
    EXPIRED: _l("This quote has expired. Ask us for a fresh one, and we will look at the price again."),
    WITHDRAWN: _l("We have taken this quote back. Please ask us for a fresh one."),
}


class Quote(CompanyOwned, Model):
    """A priced offer, open until it is answered or its last day has passed. A changed quote is a new version."""

    __table_args__ = (
        UniqueConstraint("company_id", "number"),
        UniqueConstraint("company_id", "id"),
        Index(None, "company_id", "customer_id"),
        *within_company(customer_id="customer", contact_id="contact", property_id="property"),
        at_least("number", 1),
        at_least("version", 1),
        code("currency", 3),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int]
    version: Mapped[int] = mapped_column(default=1)
    customer_id: Mapped[int] = mapped_column()
    contact_id: Mapped[int | None] = mapped_column()
    property_id: Mapped[int | None] = mapped_column()
    title: Mapped[str] = mapped_column(String(200))
    intro: Mapped[str] = mapped_column(String(2000), default="")
    terms: Mapped[str] = mapped_column(String(4000), default="")
    currency: Mapped[str] = mapped_column(String(3))
    total: Mapped[int] = mapped_column(BigInteger)
    valid_until: Mapped[date]
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    sent_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]

    customer: Mapped[Customer] = relationship(foreign_keys=customer_id)
    contact: Mapped[Contact | None] = relationship(foreign_keys=contact_id)
    place: Mapped[Property | None] = relationship(foreign_keys=property_id)
    lines: Mapped[list[QuoteLine]] = relationship(
        foreign_keys=QuoteLine.quote_id, cascade="all, delete-orphan", order_by=QuoteLine.position
    )
    acceptance: Mapped[QuoteAcceptance | None] = relationship(foreign_keys=QuoteAcceptance.quote_id)
    declines: Mapped[list[QuoteDecline]] = relationship(foreign_keys=QuoteDecline.quote_id, order_by=QuoteDecline.id)
    change_requests: Mapped[list[QuoteChangeRequest]] = relationship(
        foreign_keys=QuoteChangeRequest.quote_id, order_by=QuoteChangeRequest.id
    )

    @classmethod
    def draft(cls, customer: Customer, title: str, lines: list[QuoteLine], *, valid_until: date, **more) -> "Quote":
        """A numbered quote that only staff can see. `more` may be `intro`, `terms`, `place` and `contact`."""
        company = customer.company
        quote = cls(company=company, customer=customer, number=company.next_number("quote"), currency=company.currency)
        quote._write(lines, {"title": title, "valid_until": valid_until, "terms": company.terms, **more})
        db.session.add(quote)
        return quote

    @classmethod
    def whole(cls) -> Select:
        """Quotes with all that their page shows, in two statements. Rows repeat: ask for them `unique()`."""
        answers = (cls.acceptance, cls.declines, cls.change_requests, cls.place)
        return select(cls).options(selectinload(cls.lines), *(joinedload(answer) for answer in answers))

    @classmethod
    def of(cls, customer: Customer) -> Select:
        """A customer's own quotes: those that were sent to them."""
        return cls.whole().where(cls.customer_id == customer.id, cls.sent_at.is_not(None))

    @hybrid_method
    def state(self, on: date) -> str:
        """How the quote stands on a day of the company's calendar."""
        if self.acceptance:
            return ACCEPTED
        if self.withdrawn_at:
            return WITHDRAWN
        if not self.sent_at:
            return DRAFT
        if self.decline_now:
            return DECLINED
        if self.valid_until < on:
            return EXPIRED
        return CHANGES_REQUESTED if self.requests_now else SENT

    @state.inplace.expression
    @classmethod
    def _state_in_sql(cls, on):
        return case(
            (cls.acceptance.has(), ACCEPTED),
            (cls.withdrawn_at.is_not(None), WITHDRAWN),
            (cls.sent_at.is_(None), DRAFT),
            (cls.declines.any(QuoteDecline.version == cls.version), DECLINED),
            (cls.valid_until < on, EXPIRED),
            (cls.change_requests.any(QuoteChangeRequest.version == cls.version), CHANGES_REQUESTED),
            else_=SENT,
        )

    @property
    def decline_now(self) -> QuoteDecline | None:
        """The no to the version that stands."""
        return next((decline for decline in self.declines if decline.version == self.version), None)

    @property
    def requests_now(self) -> list[QuoteChangeRequest]:
        """What was asked for since the version that stands was sent."""
        return [request for request in self.change_requests if request.version == self.version]

    @property
    def preselected(self) -> list[int]:
        """The ids of the optional lines that are ticked until the customer chooses."""
        return [line.id for line in self.lines if line.optional and line.preselected]

    def lines_with(self, chosen: Collection[int]) -> list[QuoteLine]:
        """What the customer pays for: every required line and the optional ones chosen (ids)."""
        return [line for line in self.lines if not line.optional or line.id in chosen]

    def money(self, amount: int) -> str:
        """An amount in the currency of the quote, as the company writes it."""
        return money.format_amount(amount, self.currency, self.company.language)

    def send(self, *, at: datetime):
        """Show the quote to its customer, and tell them."""
        self._hold()
        if self.sent_at:
            raise Refused(_("Quote %(number)s has been sent already.", number=self.number))
        self._show(at)
        emails.sent(self)

    def revise(self, lines: list[QuoteLine], *, at: datetime, **more):
        """Replace what is offered by a new version, which must be accepted anew. `more` may be any word of it."""
        self._hold()
        if self.acceptance:
            raise Refused(_("Quote %(number)s is accepted. Further work needs a new quote.", number=self.number))
        self._write(lines, more)
        self.version += 1
        self._show(at)
        emails.revised(self)

    def withdraw(self, *, at: datetime):
        """Take an offer back that could still be accepted."""
        self._hold()
        if self.state(self.company.day(at)) not in OPEN:
            raise Refused(_("Quote %(number)s is not open, so it cannot be withdrawn.", number=self.number))
        self.withdrawn_at = at

    def accept(
        self, contact: Contact, signature: Signature, chosen, *, version: int | None, shown: int | None, at: datetime
    ):
        """Take the offer as it was shown, with the optional lines `chosen` (ids); keep the proof.

        `version` and `shown` (the total, in minor units) are what was seen: `OtherTotal` where it comes to another one.
        """
        self._hold()
        self.must_be_open(version, at)

        offer = offer_of(self, chosen)
        if shown != offer["total"]:
            raise OtherTotal(_("The total is now %(total)s.", total=self.money(offer["total"])))
        proof = QuoteAcceptance(company=self.company, contact=contact, version=self.version, at=at, offer=offer)
        proof.seal(signature)
        self.acceptance = proof
        emails.accepted(self)

    def decline(self, contact: Contact, reason: str, *, version: int | None, at: datetime):
        """Say no to the version that was shown, and tell the office why."""
        self._hold()
        self.must_be_open(version, at)
        answer = QuoteDecline(company=self.company, contact_id=contact.id, version=self.version, at=at, reason=reason)
        answer.name = contact.name
        self.declines.append(answer)
        emails.declined(self, answer)

    def ask_for_changes(self, contact: Contact, message: str, *, at: datetime):
        """Tell the office what should be different, or that a fresh quote is wanted; the quote stays as it is."""
        self._hold()
        self._must_not_be_accepted()
        if len(self.requests_now) >= MOST_REQUESTS:
            raise Refused(_("We have your messages about this quote and will come back to you."))
        wish = QuoteChangeRequest(company=self.company, contact_id=contact.id, version=self.version, at=at)
        wish.name, wish.message = contact.name, message
        self.change_requests.append(wish)
        emails.change_requested(self, wish)

    def must_be_open(self, version: int | None, at: datetime):
        """Refuse an answer that comes too late, or that is about a version that no longer stands."""
        self._must_not_be_accepted()
        state = self.state(self.company.day(at))
        if state not in OPEN:
            raise Refused(str(CLOSED[state]))
        if version != self.version:
            raise Refused(_("This quote was changed while you had it open. Please read it again before you answer."))

    def _must_not_be_accepted(self):
        if self.acceptance:
            day = self.company.short_day(self.acceptance.at)
            raise Refused(_("%(name)s has already accepted this quote on %(day)s.", name=self.acceptance.name, day=day))

    def _hold(self):
        """Let nobody else change or answer this quote before our commit, and see it as it stands now.

        PostgreSQL waits at the row; SQLite, which has no such locks, waits for the write transaction that begins here.
        """
        db.session.flush()
        db.session.execute(select(Quote.id).where(Quote.id == self.id).with_for_update())
        db.session.expire(self)

    def _write(self, lines: list[QuoteLine], words: dict):
        for name, value in words.items():
            setattr(self, name, value)
        for position, line in enumerate(lines):
            line.company, line.position = self.company, position
        self.lines = lines
        self.total = pricing.price(line for line in lines if not line.optional or line.preselected).total

    def _show(self, at: datetime):
        if self.valid_until < self.company.day(at):
            raise Refused(_("Please choose a last day that has not passed yet."))
        self.sent_at, self.withdrawn_at = at, None
