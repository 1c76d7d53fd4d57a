"""Invoices as JSON, for a company's other programs. Amounts are integers in the currency's minor unit."""

from datetime import date

from flask import Blueprint, abort, g, jsonify, request

from sergio.companies.current import today
from sergio.customers.models import Customer, is_real
from sergio.extensions import db
from sergio.invoices.ledger import status_on
from sergio.invoices.models import Invoice
from sergio.web.routing import LARGEST

bp = Blueprint("invoices", __name__, url_prefix="/invoices")
ROWS = 100


@bp.get("")
def index():
    """The company's issued invoices by number, at most 100; `?after=<number>` continues after that one. Those of a test
    customer are left out.
    """
    query = Invoice.rows().join(Invoice.customer).add_columns(Customer.name.label("customer"))
    mine = query.where(Invoice.company_id == g.company.id, Invoice.number > number_after(), is_real(Invoice.number))
    rows = db.session.execute(mine.order_by(Invoice.number).limit(ROWS))
    return jsonify(invoices=[as_json(row, today()) for row in rows])


def number_after() -> int:
    """The number in `?after=`, 0 without one; 400 for anything else."""
    text = request.args.get("after", "0")
    if not (text.isascii() and text.isdecimal() and len(text) <= 10 and int(text) <= LARGEST):
        abort(400, f"'after' must be an invoice number from 0 to {LARGEST}.")
    return int(text)


def as_json(row, on: date) -> dict:
    return {
        "number": row.number,
        "reference": f"{row.prefix}{row.number}",
        "title": row.title,
        "customer": row.customer,
        "issued_on": row.issued_on.isoformat(),
        "due_on": row.due_on.isoformat(),
        "currency": row.currency,
        "total": row.total,
        "due": row.due,
        "status": status_on(row, on),
    }
