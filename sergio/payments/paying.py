"""Who pays in the portal, with which saved methods, and what they can pay at once."""

from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import BindParameter, ColumnElement, Integer, Select, and_, bindparam, func, or_, select

from sergio.auth.viewer import viewer
from sergio.companies.models import Company
from sergio.customers.models import Contact
from sergio.database.company_scope import COMPANY
from sergio.extensions import db
from sergio.invoices.models import Invoice
from sergio.lib import clock, money
from sergio.lib.language import gettext as _
from sergio.lib.refused import Refused
from sergio.payments import brakes
from sergio.payments.autopay_charges import AutoPayCharge
from sergio.payments.autopay_statuses import STOPPED
from sergio.payments.bills import SEVERAL_PATH, can_be_paid
from sergio.payments.part_payments import is_offered
from sergio.payments.saved import SavedMethod


def payer() -> Contact:
    """The contact who pays; `Refused` in a preview, which has none."""
    if viewer.contact is None:
        raise Refused(_("You can't pay in a preview."))
    return viewer.contact


def refuse_paused():
    """Raise `PaymentsPaused` where the fraud brakes hold, before a client secret is shown."""
    if viewer.contact:
        brakes.refuse_paused(viewer.contact, by=viewer.by, now=clock.now())


def kept_methods() -> list[SavedMethod]:
    """The methods that the viewer's customer can pay with, the default first."""
    asked = viewer.whose | {"account": viewer.company.payment_account}
    return list(db.session.scalars(SavedMethod.of_viewer(), asked))


def methods_to_pay_with() -> list[SavedMethod]:
    """The `kept_methods`, unless payments are paused; in one statement."""
    who = brakes.who(viewer.contact, viewer.by) if viewer.contact else {"contact_id": 0, "network": ""}
    asked = viewer.whose | {"account": viewer.company.payment_account, "now": clock.now(), "saved_by": saved_by()} | who
    rows = db.session.execute(methods_and_pause(), asked).all()
    if rows[0].until:
        raise brakes.PaymentsPaused(viewer.company, rows[0].until)
    return [row.SavedMethod for row in rows if row.SavedMethod]


@cache
def methods_and_pause() -> Select:
    """A row for each method, or one without."""
    mine = SavedMethod.company_id == Company.id, SavedMethod.customer_id == bindparam("customer_id")
    usable = SavedMethod.account == bindparam("account"), SavedMethod.is_in_use(), is_offered_to_viewer()
    rows = select(SavedMethod, brakes.last_end().scalar_subquery().label("until")).select_from(Company)
    rows = rows.outerjoin(SavedMethod, and_(*mine, *usable)).where(Company.id == COMPANY)
    return rows.order_by(*SavedMethod.default_first())


def own_method(row_id: Any) -> Select:
    """The viewer's customer's method with an id; any other does not exist, nor does one that they cannot use here."""
    mine = select(SavedMethod).where(viewer.customer.owns(SavedMethod), SavedMethod.id == row_id)
    return mine.where(SavedMethod.contact_id == saved_by()) if viewer.document else mine


def saved_by() -> int:
    """The contact whose saved methods alone the viewer may pay with: whoever opened a document by its link only has
    that contact's email. 0 for every contact's.
    """
    return payer().id if viewer.document else 0


def is_offered_to_viewer() -> ColumnElement[bool]:
    """The condition for the methods that `saved_by` allows."""
    whose: BindParameter[int] = bindparam("saved_by", type_=Integer)
    return or_(whose == 0, SavedMethod.contact_id == whose)


class HowToPay(NamedTuple):
    """What an invoice's page offers: the customer's default method, the automatic payment of that invoice, and whether
    a part of it can be paid.
    """

    method: SavedMethod | None
    charge: AutoPayCharge | None
    by_parts: bool


def how_to_pay(invoice: Invoice) -> HowToPay:
    """One statement; only for an invoice that can be paid."""
    asked = {"company_id": invoice.company_id, "invoice_id": invoice.id, "account": viewer.company.payment_account}
    asked |= {"saved_by": saved_by()}
    return HowToPay(*db.session.execute(method_and_charge(), asked).one(), by_parts=is_offered(invoice))


@cache
def method_and_charge() -> Select:
    of_customer = SavedMethod.company_id == COMPANY, SavedMethod.customer_id == Invoice.customer_id
    usable = SavedMethod.account == bindparam("account"), SavedMethod.is_in_use(), is_offered_to_viewer()
    of_invoice = AutoPayCharge.company_id == COMPANY, AutoPayCharge.invoice_id == Invoice.id
    query = select(SavedMethod, AutoPayCharge).select_from(Invoice)
    query = query.outerjoin(SavedMethod, and_(*of_customer, *usable))
    query = query.outerjoin(AutoPayCharge, and_(*of_invoice, AutoPayCharge.status != STOPPED))
    mine = Invoice.company_id == COMPANY, Invoice.id == bindparam("invoice_id")
    return query.where(*mine).order_by(*SavedMethod.default_first()).limit(1)


class Unpaid(NamedTuple):
    """What is due in one currency on how many invoices, and the page to pay them at once."""

    count: int
    amount: str
    path: str


def unpaid_totals() -> list[Unpaid]:
    """For the list of invoices: what the viewer's customer can pay at once, by currency. One statement."""
    rows = db.session.execute(unpaid_by_currency(), viewer.whose).all()
    query = "?currency={}" if len(rows) > 1 else ""
    return [
        Unpaid(row.number, money.format_amount(int(row.due), row.currency), SEVERAL_PATH + query.format(row.currency))
        for row in rows
        if row.number > 1
    ]


@cache
def unpaid_by_currency() -> Select:
    mine = Invoice.company_id == COMPANY, Invoice.customer_id == bindparam("customer_id")
    sums = func.count().label("number"), func.sum(Invoice.due).label("due")
    query = select(Invoice.currency, *sums).where(*mine, *can_be_paid())
    return query.group_by(Invoice.currency).order_by(Invoice.currency)
