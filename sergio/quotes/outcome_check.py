"""Compares the outcome and the total on a quote's row with what was sent and answered, for `sergio doctor`."""

from collections.abc import Iterator

from sqlalchemy import Row, Select, and_, case, exists, func, or_, select

from sergio.companies.models import Company
from sergio.database.company_scope import EVERY_COMPANY
from sergio.extensions import db
from sergio.quotes.models import Quote, QuoteAcceptance, QuoteChangeRequest, QuoteDecline, QuoteReply, QuoteVersion
from sergio.quotes.statuses import ACCEPTED, CHANGES_REQUESTED, DECLINED, DRAFT, OPEN, SENT, WITHDRAWN


def differences() -> Iterator[str]:
    """A line for each quote, of any company, whose row differs from its versions and answers."""
    for row in db.session.execute(wrong_rows(), execution_options=EVERY_COMPANY).all():
        if (kept := stated(row.outcome, row.open_until)) != (found := stated(*row[6:])):
            yield f"{quote_name(row)}: it is {kept}, its answers say {found}"
        if row.shown_total != row.total:
            yield f"{quote_name(row)}: its total in lists is {row.shown_total}, it should be {row.total}"


def wrong_rows() -> Select:
    """Quotes that differ, with outcome, last day and total, and those of the versions and answers."""
    outcome = outcome_by_answers()
    open_until = case((outcome.in_(OPEN), QuoteVersion.valid_until))
    total = func.coalesce(QuoteAcceptance.total, QuoteVersion.total, Quote.total)
    facts = (Quote.company_id, Quote.number, Quote.outcome, Quote.open_until, Quote.shown_total)
    rows = select(*facts, total.label("total"), outcome, open_until)
    differs = or_(Quote.outcome != outcome, Quote.open_until.is_distinct_from(open_until), Quote.shown_total != total)
    return rows.outerjoin(Quote.newest).outerjoin(Quote.acceptance).where(differs).order_by(Quote.id)


def outcome_by_answers():
    """SQL: `statuses.outcome_of`."""
    return case(
        (Quote.acceptance.has(), ACCEPTED),
        (Quote.withdrawn_at.is_not(None), WITHDRAWN),
        (Quote.version == 0, DRAFT),
        (Quote.declines.any(QuoteDecline.version == Quote.version), DECLINED),
        (Quote.change_requests.any(unanswered()), CHANGES_REQUESTED),
        else_=SENT,
    )


def unanswered():
    """SQL: the change request is about the newest version, and staff have not replied since."""
    later = QuoteReply.company_id == QuoteChangeRequest.company_id, QuoteReply.quote_id == QuoteChangeRequest.quote_id
    replied = exists().where(*later, QuoteReply.request_id >= QuoteChangeRequest.id)
    return and_(QuoteChangeRequest.version == Quote.version, ~replied)


def stated(outcome: str, open_until) -> str:
    return f"{outcome} until {open_until}" if open_until else outcome


def quote_name(row: Row) -> str:
    return f"{db.session.get_one(Company, row.company_id).subdomain}, quote {row.number}"
