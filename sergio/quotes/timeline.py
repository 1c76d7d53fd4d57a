"""What else happened to a quote, in one statement: replies, looks, reminders, undone acceptances, invoices."""

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Integer, Select, String, bindparam, cast, func, literal, null, select, union_all

from sergio.customers.models import Contact
from sergio.database.company_scope import COMPANY
from sergio.database.engines import Utc
from sergio.extensions import db
from sergio.invoices.models import Invoice
from sergio.quotes.answer import QuoteAcceptanceUndone, QuoteReply
from sergio.quotes.looks import QuoteLook
from sergio.quotes.reminders import QuoteReminder

REPLY, LOOK, REMINDER, UNDONE, INVOICE = "reply", "look", "reminder", "undone", "invoice"
QUOTE = bindparam("quote_id", type_=Integer)


class Happened(NamedTuple):
    """`number` is the version, of an invoice its number; `part` is an invoice's part of the quote. An invoice has no
    time.
    """

    kind: str
    at: datetime | None
    name: str
    text: str
    number: int
    part: str
    last_at: datetime | None


def happenings(quote) -> list[Happened]:
    """In the order in which it happened."""
    rows = db.session.execute(EVERYTHING, {"company_id": quote.company_id, "quote_id": quote.id})
    return [Happened(*row) for row in rows]


def part(table, kind: str, **columns) -> Select:
    """Rows of one table; a column that is not given is empty."""
    values = {**NOTHING, **columns, "kind": literal(kind, String)}
    rows = select(*(values[name].label(name) for name in Happened._fields))
    return rows.where(table.company_id == COMPANY, table.quote_id == QUOTE)


NO_TEXT, NO_TIME = literal("", String), cast(null(), Utc)
NOTHING: dict[str, Any] = {"at": NO_TIME, "name": NO_TEXT, "text": NO_TEXT, "part": NO_TEXT, "last_at": NO_TIME}
LOOKED_BY = select(Contact.name).where(Contact.company_id == COMPANY, Contact.id == QuoteLook.contact_id)
PARTS = (
    part(
        *(QuoteReply, REPLY),
        at=QuoteReply.at,
        name=QuoteReply.name,
        text=QuoteReply.message,
        number=QuoteReply.version,
    ),
    part(
        *(QuoteLook, LOOK),
        at=QuoteLook.first_at,
        name=LOOKED_BY.scalar_subquery(),
        number=QuoteLook.version,
        last_at=QuoteLook.last_at,
    ),
    part(
        *(QuoteReminder, REMINDER),
        at=QuoteReminder.at,
        text=QuoteReminder.kind,
        number=QuoteReminder.version,
    ),
    part(
        *(QuoteAcceptanceUndone, UNDONE),
        at=QuoteAcceptanceUndone.at,
        name=QuoteAcceptanceUndone.name,
        text=QuoteAcceptanceUndone.reason,
        number=QuoteAcceptanceUndone.times_undone,
    ),
    part(
        *(Invoice, INVOICE),
        text=Invoice.status,
        number=Invoice.number,
        part=func.coalesce(Invoice.quote_part, NO_TEXT),
    ).where(Invoice.number.is_not(None), Invoice.voided_at.is_(None)),
)
ROWS = union_all(*PARTS).subquery()
EVERYTHING = select(ROWS).order_by(ROWS.c.at, ROWS.c.number)
