"""The office's pages of service addresses that customers entered or corrected: approving and declining them."""

from datetime import datetime
from functools import cache
from types import SimpleNamespace
from typing import NamedTuple

from flask import Blueprint, flash, g, request
from sqlalchemy import Row, Select, select

from sergio.customers.address_changes import AddressChange, waiting_with_places
from sergio.customers.forms import DeclineAddressForm
from sergio.customers.loading import company_customer, customer_to_change
from sergio.customers.models import Customer
from sergio.customers.properties import ADDRESS, Property
from sergio.database.company_scope import COMPANY
from sergio.extensions import db
from sergio.lib import clock
from sergio.lib.language import gettext as _
from sergio.lib.postal import address
from sergio.web.csrf import returns_form
from sergio.web.pages import go, page
from sergio.web.paging import ROWS_AND_ONE, Order, Paging

bp = Blueprint("address_changes", __name__)
OLDEST_FIRST = Order("addresses", AddressChange.id, descending=False)


@bp.get("/address-changes")
def index():
    """All that wait, those asked for first at the top."""
    paging = Paging(request.path, request.args, {"all": ""})
    rows = [as_row(row) for row in paging.rows_of(every_waiting(), OLDEST_FIRST, company_id=g.company.id)]
    return page("customers/office/address_changes.html", paging=paging, rows=rows)


@bp.get("/<int:number>/address-changes")
def show(number):
    """Those of one customer, with the forms that decide them."""
    return changes_page(company_customer(number))


@bp.post("/<int:number>/address-changes/<int:change>/approval")
def approve(number, change):
    customer = customer_to_change(number)
    shown = request.form.get("shown", "")
    own_change(customer, change).approve(shown, by=g.actor, at=clock.now())
    db.session.commit()
    flash(_("The address is approved. We emailed the customer."), "success")
    return go(customer.office_path)


@bp.post("/<int:number>/address-changes/<int:change>/decline")
@returns_form
def decline(number, change):
    customer = customer_to_change(number)
    form = DeclineAddressForm()
    if not form.validate_on_submit():
        return changes_page(customer, form, change, 422)
    own_change(customer, change).decline(form.reason.data or "", by=g.actor, at=clock.now())
    db.session.commit()
    flash(_("The address is declined. We emailed the customer."), "success")
    return go(customer.office_path)


def own_change(customer: Customer, change_id: int) -> AddressChange:
    """The customer's address change, decided or not; 404 for any other."""
    mine = customer.owns(AddressChange), AddressChange.id == change_id
    return db.one_or_404(select(AddressChange).where(*mine))


def changes_page(customer: Customer, form: DeclineAddressForm | None = None, declined: int = 0, status: int = 200):
    whose = {"company_id": g.company.id, "customer_id": customer.id}
    rows = db.session.scalars(waiting_with_places(), whose).all()
    facts = {"customer": customer, "rows": rows, "form": form or DeclineAddressForm(formdata=None)}
    return page("customers/office/address_change.html", status=status, declined=declined, **facts)


class ListedChange(NamedTuple):
    """One that waits; `before` is empty for a new address."""

    name: str
    path: str
    before: str
    after: str
    asked_at: datetime


def as_row(row: Row) -> ListedChange:
    before = address(SimpleNamespace(**{field: getattr(row, f"before_{field}") or "" for field in ADDRESS}))
    path = f"/office/customers/{row.number}/address-changes"
    return ListedChange(row.name, path, before, address(row), row.asked_at)


@cache
def every_waiting() -> Select:
    change = AddressChange
    columns = (change.id, change.asked_at, *(getattr(change, field) for field in ADDRESS))
    before = (getattr(Property, field).label(f"before_{field}") for field in ADDRESS)
    rows = select(*columns, *before, Customer.name, Customer.number).select_from(change)
    rows = rows.join(change.customer).outerjoin(change.place)
    waiting = change.company_id == COMPANY, change.is_waiting(), OLDEST_FIRST.after
    return rows.where(*waiting).order_by(*OLDEST_FIRST.by).limit(ROWS_AND_ONE)
