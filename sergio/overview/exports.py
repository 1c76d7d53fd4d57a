"""CSV files of customers, payments and appointments, for staff."""

from collections.abc import Iterator

from flask import Blueprint, Response, g, request

from sergio.booking import export as appointments
from sergio.extensions import db
from sergio.lib import clock
from sergio.overview import customer_export
from sergio.overview.customers import ALL, TABS
from sergio.payments import export as payments_export
from sergio.payments import listing as payment_lists
from sergio.web import spreadsheets
from sergio.web.paging import search_text

bp = Blueprint("exports", __name__)


@bp.get("/customers.csv")
def customers():
    """The customers of the list's filter `?show=`, all by default, whom `?q=` finds."""
    show = request.args.get("show")
    tab = show if show in TABS else ALL
    return download("customers", customer_export.table(g.company, search_text(request.args), tab))


@bp.get("/payments.csv")
def payments():
    """The payments of the list's tab `?show=` and its filter."""
    show = request.args.get("show", "all")
    tab = show if show in payment_lists.OF_PAYMENTS else "all"
    chosen = payment_lists.Filter.from_query(request.args)
    return download("payments", payments_export.table(g.company, tab, chosen))


@bp.get("/schedule.csv")
def schedule():
    return download("appointments", appointments.table(g.company))


def download(name: str, rows: Iterator[list[list]]) -> Response:
    day = g.company.day(clock.now())
    db.session.close()  # sending the file may take minutes, with no transaction open
    return spreadsheets.download(f"{name}-{day}", rows)
