"""Locks of the pay page, for staff: who cannot pay online, why and until when, with a button that lifts it."""

from functools import cache
from typing import NamedTuple

from flask import Blueprint, flash, g, request, url_for
from sqlalchemy import Select, select

from sergio.companies.models import Company
from sergio.customers.models import Contact, Customer
from sergio.database.company_scope import COMPANY
from sergio.extensions import db
from sergio.lib import clock
from sergio.lib.language import gettext as _
from sergio.lib.language import lazy_gettext as _l
from sergio.lib.language import ngettext
from sergio.payments.tries import CARDS, DECLINES, INVOICE, NETWORK, PayLock
from sergio.web.pages import go, page
from sergio.web.paging import ROWS_AND_ONE, Order, Paging

WHY = {
    CARDS: _l("One person tried many different cards."),
    INVOICE: _l("Many different cards were tried for one invoice."),
    NETWORK: _l("Many different cards were tried from one network."),
    DECLINES: _l("One person's cards were declined again and again."),
}

bp = Blueprint("locks", __name__, url_prefix="/locks")


class LockRow(NamedTuple):
    """A lock as the page shows it; `lift` is the path that lifts it, "" once it is over."""

    who: str
    customer: str
    path: str
    network: str
    why: str
    seen: str
    since: str
    status: str
    lift: str


@bp.get("")
def index():
    """All locks, the newest first."""
    paging = Paging(url_for(".index"), request.args, {"all": _l("All")})
    now = clock.now()
    rows = [as_row(row, g.company, now) for row in paging.rows_of(locks(), NEWEST, company_id=g.company.id)]
    return page("payments/office/locks.html", "locks", paging=paging, rows=rows)


@bp.post("/<int:lock_id>/lifting")
def lift(lock_id):
    """Let them pay online again."""
    mine = PayLock.company_id == g.company.id, PayLock.id == lock_id
    lock = db.one_or_404(select(PayLock).where(*mine).with_for_update())
    lock.lift(by=g.actor, at=clock.now())
    db.session.commit()
    flash(_("They can pay online again."), "success")
    return go(url_for(".index"))


NEWEST = Order("newest", PayLock.started_at, PayLock.id, descending=True)


@cache
def locks() -> Select:
    lock = PayLock
    facts = (lock.id, lock.network, lock.reason, lock.cards, lock.declines)
    times = (lock.started_at, lock.ends_at, lock.lifted_at, lock.lifted_by)
    names = (Contact.name.label("contact"), Customer.name.label("customer"), Customer.number)
    rows = select(*facts, *times, *names).select_from(lock).outerjoin(lock.contact).outerjoin(Contact.customer)
    return rows.where(lock.company_id == COMPANY, NEWEST.after).order_by(*NEWEST.by).limit(ROWS_AND_ONE)


def as_row(row, company: Company, now) -> LockRow:
    is_on = row.lifted_at is None and row.ends_at > now
    return LockRow(
        who=row.contact or _("Everyone on this network"),
        customer=row.customer or "",
        path=f"/office/customers/{row.number}" if row.number else "",
        network=row.network,
        why=str(WHY[row.reason]),
        seen=f"{tried(row.cards)}, {declined(row.declines)}",
        since=company.format_moment(row.started_at),
        status=status(row, company, is_on=is_on),
        lift=f"/office/payments/locks/{row.id}/lifting" if is_on else "",
    )


def tried(cards: int) -> str:
    return ngettext("%(num)d card", "%(num)d different cards", cards)


def declined(declines: int) -> str:
    return ngettext("%(num)d decline", "%(num)d declines", declines)


def status(row, company: Company, *, is_on: bool) -> str:
    if row.lifted_at:
        return _("Lifted by %(name)s, %(moment)s", name=row.lifted_by, moment=company.format_moment(row.lifted_at))
    until = company.format_moment(row.ends_at)
    return _("Paused until %(moment)s", moment=until) if is_on else _("Ended %(moment)s", moment=until)
