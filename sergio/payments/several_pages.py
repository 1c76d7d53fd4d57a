"""Paying several invoices at once, with one charge."""

from functools import cache

from flask import Blueprint, Response, abort, request
from sqlalchemy import Select, bindparam, select

from sergio.auth.viewer import viewer
from sergio.database.company_scope import COMPANY
from sergio.extensions import db
from sergio.invoices.models import Invoice
from sergio.lib.language import gettext as _
from sergio.payments import pay_page
from sergio.payments.away import show_stripe_away
from sergio.payments.bills import MOST, TotalChanged, by_currency, can_be_paid, why_not
from sergio.web.pages import go, page

DIGITS = 8
"""Of a number in the query string, at most."""

bp = Blueprint("pay", __name__, url_prefix="/pay")
show_stripe_away(bp)


@bp.get("")
def new():
    """The ways to pay the invoices in `?invoice=12&invoice=15` at once; without any, all that are unpaid, those of each
    currency apart or only in `?currency=`.
    """
    return several_page(chosen_invoices())


@bp.post("")
def create():
    """Pay them, if they can all be paid, and what is due is still the total that was shown."""
    invoices = chosen_invoices()
    bills = by_currency(payable(invoices))
    shown = request.form.get("total", -1, type=int)
    if [bill.total for bill in bills] != [shown] or len(bills[0].invoices) != len(invoices):
        return several_page(invoices, changed=True)
    try:
        return pay_page.pay(bills[0], shown=shown)
    except TotalChanged:
        db.session.rollback()
        return several_page(chosen_invoices(), changed=True)


def several_page(invoices: list[Invoice], *, changed=False) -> Response:
    """The page to pay those of these invoices that can be paid, with why the others cannot. `changed`: it was not what
    a page had shown.
    """
    notes = [sentence for invoice in invoices if (sentence := why_not(invoice))]
    if len(invoices) > MOST:
        notes += [_("You can pay %(most)s invoices at once. These are the first to be due.", most=MOST)]
    bills = by_currency(payable(invoices))
    if len(bills) != 1:
        status = 422 if changed else 200
        return page("payments/portal/several.html", status=status, bills=bills, notes=notes, chosen=bool(invoices))
    if changed:
        return pay_page.ask_again(bills[0], notes=notes)
    return pay_page.show(bills[0], notes=notes) if notes or bills[0].is_several else go(bills[0].url())


def payable(invoices: list[Invoice]) -> list[Invoice]:
    """As many as can be paid at once."""
    return [invoice for invoice in invoices if not why_not(invoice)][:MOST]


def chosen_invoices() -> list[Invoice]:
    """The viewer's invoices in the query string, or all that are unpaid, with one more than can be paid at once; the
    first to be due first. One that is not theirs does not exist.
    """
    if not {"invoice", "chosen"} & {*request.args}:
        currency = request.args.get("currency")
        wanted = unpaid().where(Invoice.currency == currency) if currency else unpaid()
        return list(db.session.scalars(wanted, viewer.whose))
    asked = dict.fromkeys(request.args.getlist("invoice"))
    if not all(number.isascii() and number.isdecimal() and len(number) <= DIGITS for number in asked):
        abort(404)
    numbers = {int(number) for number in asked}
    found = list(db.session.scalars(own().where(Invoice.number.in_(numbers)), viewer.whose))
    return found if len(found) == len(numbers) else abort(404)


def own() -> Select:
    mine = Invoice.company_id == COMPANY, Invoice.customer_id == bindparam("customer_id")
    return select(Invoice).where(*mine, Invoice.number.is_not(None)).order_by(Invoice.due_on, Invoice.number)


@cache
def unpaid() -> Select:
    return own().where(*can_be_paid()).limit(MOST + 1)
