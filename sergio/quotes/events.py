"""The events of a quote, for its page in the office."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Row, String, and_, bindparam, cast, func, literal, null, select, union_all

from sergio.customers.models import Contact
from sergio.database.company_scope import COMPANY
from sergio.database.engines import Utc
from sergio.extensions import db
from sergio.invoices.models import Invoice
from sergio.lib.language import gettext as _
from sergio.quotes.answer import QuoteAcceptance, QuoteAcceptanceUndone
from sergio.quotes.looks import QuoteLook
from sergio.quotes.reminders import QuoteReminder
from sergio.quotes.versions import QuoteVersion

SENT, LOOK, UNDONE, TAKEN_BACK, REMINDED = "sent", "viewed", "undone", "accepted", "reminded"
INVOICED = "invoiced"
"""An invoice: `name` is the part of the quote it is for, `version` its number."""


class Event(NamedTuple):
    """`words` are somebody's own, or more about it; `kind` gives the mark its color; `path` leads to a version."""

    at: datetime
    title: str
    words: str = ""
    kind: str | None = None
    path: str | None = None


def events(quote, others: Sequence[Row]) -> list[tuple]:
    """Events for `ui.timeline`, newest first: (formatted time, title, words, kind, path or None)."""
    noted = [other(row, quote) for row in others if row.kind != INVOICED]
    happened = [*of_draft(quote), *of_answers(quote), *noted]
    happened.sort(key=lambda event: event.at, reverse=True)
    moment = quote.company.format_moment
    return [(moment(event.at), event.title, event.words or None, event.kind, event.path) for event in happened]


def of_draft(quote) -> Iterator[Event]:
    if not quote.version:
        yield Event(quote.created_at, _("Created"), kind="draft")
    if quote.withdrawn_at:
        yield Event(quote.withdrawn_at, _("Withdrawn"), kind="withdrawn")


def of_answers(quote) -> Iterator[Event]:
    for request in quote.change_requests:
        title = _("%(name)s requested changes", name=request.name)
        yield Event(request.at, title, request.message, "changes-requested")
        for reply in request.replies:
            yield Event(reply.at, _("%(name)s replied", name=reply.name), reply.message, "sent")
    for decline in quote.declines:
        yield Event(decline.at, _("%(name)s declined", name=decline.name), decline.reason, "declined")
    if proof := quote.acceptance:
        yield Event(proof.at, accepted_title(proof.name), kind="accepted")


def others_of(quote) -> Sequence[Row]:
    """Versions, looks, reminders, acceptances that were undone, and invoices, by one statement; a draft has none."""
    if not quote.version:
        return []
    return db.rows(OTHERS, {"company_id": quote.company_id, "quote_id": quote.id})


def other(row: Row, quote) -> Event:
    if row.kind == SENT:
        sent = _("Sent") if row.version == "1" else _("Version %(version)s sent", version=row.version)
        return Event(row.at, sent, kind=row.kind, path=f"{quote.office_path}?version={row.version}")
    if row.kind == LOOK:
        moment = quote.company.format_moment(row.last_at)
        last = _("Last viewed %(moment)s", moment=moment) if row.last_at > row.at else ""
        title = _("%(name)s viewed version %(version)s", name=row.name, version=row.version)
        return Event(row.at, title, last, row.kind)
    if row.kind == REMINDED:
        return Event(row.at, _("The customer was reminded"), kind=row.kind)
    if row.kind == UNDONE:
        return Event(row.at, _("%(name)s canceled the acceptance", name=row.name), row.words, "withdrawn")
    return Event(row.at, accepted_title(row.name), kind=row.kind)


def accepted_title(name: str) -> str:
    return _("%(name)s accepted", name=name)


def of_quote(table, kind: str, at, name, **more):
    """The columns of `OTHERS` from a table."""
    nothing = {"words": cast(null(), String), "version": cast(null(), String), "last_at": cast(null(), Utc)}
    columns = {"kind": literal(kind), "at": at, "name": name, **nothing, **more}
    rows = select(*(column.label(label) for label, column in columns.items())).select_from(table)
    return rows.where(table.company_id == COMPANY, table.quote_id == bindparam("quote_id"))


SIGNED = and_(
    QuoteAcceptanceUndone.company_id == QuoteAcceptance.company_id,
    QuoteAcceptanceUndone.quote_id == QuoteAcceptance.quote_id,
    QuoteAcceptanceUndone.times_undone == QuoteAcceptance.times_undone,
)
LOOKS = {"version": cast(QuoteLook.version, String), "last_at": QuoteLook.last_at}
WHY = QuoteAcceptanceUndone.reason
NUMBER = {"version": cast(Invoice.number, String)}
STANDING = Invoice.number.is_not(None), Invoice.voided_at.is_(None)
OTHERS = union_all(
    of_quote(
        QuoteVersion, SENT, QuoteVersion.sent_at, cast(null(), String), version=cast(QuoteVersion.version, String)
    ),
    of_quote(QuoteLook, LOOK, QuoteLook.first_at, Contact.name, **LOOKS).join(QuoteLook.contact),
    of_quote(QuoteReminder, REMINDED, QuoteReminder.at, cast(null(), String)),
    of_quote(QuoteAcceptanceUndone, UNDONE, QuoteAcceptanceUndone.at, QuoteAcceptanceUndone.name, words=WHY),
    of_quote(QuoteAcceptance, TAKEN_BACK, QuoteAcceptance.at, QuoteAcceptance.name).join(QuoteAcceptanceUndone, SIGNED),
    of_quote(Invoice, INVOICED, cast(null(), Utc), func.coalesce(Invoice.quote_part, ""), **NUMBER).where(*STANDING),
)
