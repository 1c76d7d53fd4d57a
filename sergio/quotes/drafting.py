"""The draft of a quote: its texts, lines, packages and deposit, part of its models."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from sqlalchemy import BigInteger, String, select
from sqlalchemy.orm import Mapped, declared_attr, mapped_column, relationship, validates

from sergio import pricing
from sergio.audit.actor import Actor
from sergio.audit.models import record
from sergio.customers.models import Customer
from sergio.database.company_scope import CompanyOwned
from sergio.extensions import Model, db
from sergio.lib.refused import Refused
from sergio.lib.text import folded
from sergio.price_list import edits
from sergio.quotes import attachments, evidence
from sergio.quotes.attachments import QuoteAttachment
from sergio.quotes.lines import QuoteLine, QuotePackage, copied, first_shown, placed

ATTACHED = (
    "and_(QuoteAttachment.company_id == Quote.company_id, QuoteAttachment.quote_id == Quote.id,"
    " QuoteAttachment.removed_at.is_(None))"
)
DUPLICATED = ("title", "intro", "terms", "deposit_rate", "deposit", "invoices_deposit", "place", "contact")


class DraftChanged(Refused):
    """Somebody else changed the draft since the page was opened."""


class Draft(CompanyOwned, Model):
    """What staff may edit. `revision` counts the changes, `sent_revision` is the one sent last; `total` is that of the
    lines and the package which are chosen until the customer chooses. `shown_total` is that of lists: the one accepted
    or else sent, if there is one.

    A deposit is a rate in basis points or an amount, never both; with `invoices_deposit` an acceptance issues its
    invoice.
    """

    __abstract__ = True

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int]
    customer_id: Mapped[int] = mapped_column()
    version: Mapped[int] = mapped_column(default=0)
    revision: Mapped[int] = mapped_column(default=1)
    sent_revision: Mapped[int] = mapped_column(default=0)
    title: Mapped[str] = mapped_column(String(200))
    title_key: Mapped[str]
    intro: Mapped[str] = mapped_column(String(2000), default="")
    terms: Mapped[str] = mapped_column(String(4000), default="")
    currency: Mapped[str] = mapped_column(String(3))
    total: Mapped[int] = mapped_column(BigInteger)
    shown_total: Mapped[int] = mapped_column(BigInteger)
    deposit_rate: Mapped[int] = mapped_column(default=0)
    deposit: Mapped[int] = mapped_column(BigInteger, default=0)
    invoices_deposit: Mapped[bool] = mapped_column(default=True)
    valid_until: Mapped[date]
    created_at: Mapped[datetime]

    @validates("title")
    def _keep_key(self, field, title):
        self.title_key = folded(title)
        return title

    @declared_attr
    def customer(cls) -> Mapped[Customer]:  # noqa: N805
        return relationship(foreign_keys="Quote.customer_id")

    @declared_attr
    def lines(cls) -> Mapped[list[QuoteLine]]:  # noqa: N805
        return relationship(foreign_keys=QuoteLine.quote_id, cascade="all, delete-orphan", order_by=QuoteLine.position)

    @declared_attr
    def packages(cls) -> Mapped[list[QuotePackage]]:  # noqa: N805
        return relationship(
            foreign_keys=QuotePackage.quote_id, cascade="all, delete-orphan", order_by=QuotePackage.position
        )

    @declared_attr
    def attachments(cls) -> Mapped[list[QuoteAttachment]]:  # noqa: N805
        key = "[QuoteAttachment.company_id, QuoteAttachment.quote_id]"
        order = [QuoteAttachment.added_at, QuoteAttachment.id]
        return relationship(primaryjoin=ATTACHED, foreign_keys=key, order_by=order, viewonly=True)

    @classmethod
    def draft(
        cls,
        customer: Customer,
        title: str,
        lines: list[QuoteLine],
        packages: Iterable[QuotePackage] = (),
        *,
        valid_until: date,
        by: Actor,
        at: datetime,
        **more,
    ):
        """A numbered quote that only staff can see. `more` may be `intro`, `terms`, `place`, `contact`, and
        `deposit_rate` or `deposit` with `invoices_deposit`. The lines of a package name it as their `package`.
        """
        company = customer.company
        quote = cls(company=company, customer=customer, number=customer.next_number("quote"))
        quote.currency = company.currency_now()
        quote.created_at = at
        quote._write(lines, packages, {"title": title, "valid_until": valid_until, "terms": company.terms, **more})
        db.session.add(quote)
        record(quote, "drafted", by=by, at=at, after=evidence.draft_facts(quote))
        customer.bring_back(by=by, at=at)
        return quote

    @property
    def has_unsent_changes(self) -> bool:
        """Whether the draft was changed since it was sent."""
        return 0 < self.sent_revision < self.revision

    def duplicate(self, *, by: Actor, at: datetime):
        """A new draft with the same content, which can be accepted for as many days from today as this one from its
        creation.
        """
        lines, packages = copied(self.lines, self.packages)
        days = max(self.valid_until - self.company.day(self.created_at), timedelta())
        more = {name: getattr(self, name) for name in DUPLICATED}
        dates = {"valid_until": self.company.day(at) + days, "at": at}
        copy = type(self).draft(self.customer, more.pop("title"), lines, packages, by=by, **dates, **more)
        attachments.copy_all(self, copy, at=at)
        return copy

    def _write(self, lines: list[QuoteLine] | None, packages: Iterable[QuotePackage], values: dict):
        """Set columns to `values` and, if there are `lines`, replace the lines and the packages."""
        for name, value in values.items():
            setattr(self, name, value)
        if lines is not None:
            with db.session.no_autoflush:  # lines name packages that are not there yet
                self.packages, self.lines = placed(packages, self.company), placed(lines, self.company)
        self.total = pricing.price(first_shown(self.lines, self.packages)).total
        if not self.version:
            self.shown_total = self.total

    def sum_up_edits(self, *, at: datetime):
        edits.sum_up(self, evidence.draft_facts(self), at=at)

    def lock(self):
        """Lock the quote until the commit, and read it again. PostgreSQL locks the row; SQLite has no row locks and
        waits for the write transaction that begins here.
        """
        db.session.flush()
        quote = type(self)
        mine = quote.company_id == self.company_id, quote.id == self.id
        db.session.execute(select(quote.id).where(*mine).with_for_update())
        db.session.expire(self)
