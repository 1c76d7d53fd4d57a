"""Reminders of quotes that nobody answered: before they expire, or some days after they were sent. Once each."""

from datetime import date, datetime, time, timedelta

from sqlalchemy import (
    Date,
    ForeignKeyConstraint,
    String,
    UniqueConstraint,
    and_,
    bindparam,
    case,
    exists,
    literal_column,
    or_,
    select,
)
from sqlalchemy.orm import Mapped, mapped_column

from sergio.audit.actor import Actor
from sergio.audit.models import record
from sergio.companies.models import Company
from sergio.customers.roles import DECIDERS
from sergio.database.checks import at_least, one_of
from sergio.database.company_scope import COMPANY, CompanyOwned, within_company
from sergio.extensions import Model, db
from sergio.lib.language import gettext as _
from sergio.lib.language import speaking
from sergio.quotes import emails
from sergio.quotes.answer import KEY, QuoteChangeRequest
from sergio.quotes.models import Quote
from sergio.quotes.statuses import SENT
from sergio.quotes.versions import QuoteVersion

KINDS = EXPIRING, UNANSWERED = "expiring", "unanswered"
MORNING = range(8, 12)
"""Hours of the company's day: at 8 o'clock, or later that morning if the worker did not run then."""
NEVER = date(1970, 1, 1)


class QuoteReminder(CompanyOwned, Model):
    """A reminder of a version that was sent."""

    __table_args__ = (
        UniqueConstraint(*KEY, "kind"),
        at_least("version", 1),
        one_of("kind", KINDS),
        ForeignKeyConstraint(KEY, [f"quote_version.{column}" for column in KEY]),
        *within_company(quote_id="quote"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    quote_id: Mapped[int]
    version: Mapped[int]
    kind: Mapped[str] = mapped_column(String(20))
    at: Mapped[datetime]


def due(company: Company, now: datetime) -> list[int]:
    """The ids of the company's quotes to remind of at `now`; none at other times than in the company's morning."""
    if now.astimezone(company.zone).hour not in MORNING:
        return []
    return list(db.session.scalars(DUE, limits(company, now)))


def remind(quote: Quote, *, by: Actor, at: datetime):
    """Email the customer the reminder that is due, unless the quote was answered or somebody reminded meanwhile."""
    quote.lock()
    company = quote.company
    kind = db.session.scalar(DUE_OF_ONE, {**limits(company, at), "quote_id": quote.id})
    if kind is None or quote.newest is None or quote.customer.contact_for(quote.contact, DECIDERS) is None:
        return
    about = {"quote_id": quote.id, "version": quote.version, "kind": kind, "at": at}
    db.session.add(QuoteReminder(company=company, **about))
    record(quote, "reminded", by=by, at=at, after={"version": quote.version})
    with speaking(quote.customer.language_for(quote.contact, DECIDERS)):
        emails.reminder(quote, quote.newest, words(quote.newest, kind, company))


def words(version: QuoteVersion, kind: str, company: Company) -> str:
    if kind == EXPIRING:
        day = company.short_day(version.valid_until)
        return _("This quote is open until %(day)s. Do you have any questions about it?", day=day)
    day = company.short_day(version.sent_at)
    return _("We sent you this quote on %(day)s. Do you have any questions about it?", day=day)


def limits(company: Company, now: datetime) -> dict:
    """The parameters of `DUE`: days of the company's calendar, and midnights of its time zone."""
    today, before, after = company.day(now), company.quote_reminder_before, company.quote_reminder_after
    return {
        "company_id": company.id,
        "today": today,
        "soon": NEVER if before is None else today + timedelta(days=before),
        "midnight": datetime.combine(today, time(), company.zone),
        "long_ago": datetime.combine(
            NEVER if after is None else today - timedelta(days=after - 1), time(), company.zone
        ),
    }


def reminded(*kinds: str):
    """SQL: there was a reminder of one of these kinds of the newest version."""
    mine = QuoteReminder.company_id == COMPANY, QuoteReminder.quote_id == Quote.id
    return exists().where(*mine, QuoteReminder.version == Quote.version, QuoteReminder.kind.in_(kinds))


def asked():
    """SQL: the customer wrote about the newest version, so they know of it."""
    mine = QuoteChangeRequest.company_id == COMPANY, QuoteChangeRequest.quote_id == Quote.id
    return exists().where(*mine, QuoteChangeRequest.version == Quote.version)


TODAY, SOON = bindparam("today", type_=Date), bindparam("soon", type_=Date)
SENT_AT = QuoteVersion.sent_at
IS_EXPIRING = and_(Quote.open_until <= SOON, bindparam("midnight", type_=SENT_AT.type) > SENT_AT, ~reminded(EXPIRING))
IS_UNANSWERED = and_(bindparam("long_ago", type_=SENT_AT.type) > SENT_AT, ~reminded(*KINDS))
KIND = case((IS_EXPIRING, literal_column(repr(EXPIRING))), else_=literal_column(repr(UNANSWERED)))
DUE = (
    select(Quote.id)
    .join(Quote.newest)
    .where(Quote.company_id == COMPANY, Quote.open_until >= TODAY, Quote.outcome == SENT)
    .where(~asked(), or_(IS_EXPIRING, IS_UNANSWERED))
    .order_by(Quote.id)
)
DUE_OF_ONE = DUE.with_only_columns(KIND).where(Quote.id == bindparam("quote_id")).order_by(None)
