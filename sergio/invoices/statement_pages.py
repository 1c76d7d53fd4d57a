"""The pages of statements of account: the customer's own, and those of all customers for staff."""

from datetime import date, datetime, time
from urllib.parse import urlencode

from flask import Blueprint, flash, g, redirect, request, url_for

from sergio.auth.viewer import viewer
from sergio.companies.current import today
from sergio.customers.loading import company_customer
from sergio.customers.models import Customer
from sergio.customers.roles import BILLING_FIRST
from sergio.extensions import db
from sergio.invoices import emails, statement, statement_pdf
from sergio.invoices.periods import Period, last_months
from sergio.invoices.statement import Account
from sergio.lib import clock
from sergio.lib.language import gettext as _
from sergio.lib.language import speaking
from sergio.lib.refused import Refused
from sergio.web import limits, responses
from sergio.web.pages import page

portal = Blueprint("statement", __name__)
office = Blueprint("statement", __name__, url_prefix="/<int:number>")
MONTHS = 2
"""Full months before the current one that a statement has, unless other days are chosen."""


@portal.get("/statement")
def show():
    """The viewer's statement; `?from=` and `?to=` choose the period."""
    return statement_page("invoices/portal/statement.html", viewer.customer, url_for(".show"))


@portal.get("/statement.pdf")
def download():
    return statement_file(viewer.customer)


@office.get("/statement", endpoint="show")
def show_of_customer(number):
    """A customer's statement; `?from=` and `?to=` choose the period."""
    return statement_page("invoices/office/statement.html", company_customer(number), url_for(".show", number=number))


@office.get("/statement.pdf", endpoint="download")
def download_of_customer(number):
    """In the customer's language, as they would get it."""
    customer = company_customer(number)
    with speaking(customer.language_for(None, BILLING_FIRST)):
        return statement_file(customer)


@office.post("/statement/sending")
@limits.sendings
@limits.sendings_of_one
def send(number):
    """Email the customer the statement of the period in the form."""
    customer = company_customer(number)
    period = period_of(request.form)
    if period.errors:
        raise Refused(" ".join(period.errors.values()))
    found = statement.accounts(g.company, customer.id, period, today())
    sent = emails.statement(customer, period, found, by=g.actor, at=clock.now())
    db.session.commit()
    flash(_("The statement is on its way to %(to)s.", to=sent), "success")
    return redirect(f"{url_for('.show', number=number)}?{urlencode(period.query)}", 303)


def period_of(args) -> Period:
    return Period.from_query(args, last_months(today(), MONTHS), today())


def accounts_of(customer: Customer, period: Period) -> list[Account]:
    """The accounts of a period; none where its days are wrong, and `errors` says why."""
    if period.errors:
        return []
    try:
        return statement.accounts(g.company, customer.id, period, today())
    except Refused as refusal:
        period.errors["to"] = str(refusal)
        return []


def statement_page(template: str, customer: Customer, path: str):
    period = period_of(request.args)
    found = accounts_of(customer, period)
    facts = {"customer": customer, "period": period, "accounts": found, "path": path, "presets": presets(path, period)}
    return page(template, "statement", status=422 if period.errors else 200, **facts)


def presets(path: str, chosen: Period) -> list[tuple]:
    """The periods that are usual, for `ui.tabs`."""
    on = today()
    days = {
        _("This month"): (last_months(on, 0), on),
        _("Last 3 months"): (last_months(on, MONTHS), on),
        _("This year"): (date(on.year, 1, 1), on),
        _("Last year"): (date(on.year - 1, 1, 1), date(on.year - 1, 12, 31)),
    }
    queries = {label: Period(*each).query for label, each in days.items()}
    return [(f"{path}?{urlencode(query)}", label, query == chosen.query, None) for label, query in queries.items()]


def statement_file(customer: Customer):
    period = period_of(request.args)
    found = accounts_of(customer, period)
    if period.errors:
        raise Refused(" ".join(period.errors.values()))
    midnight = datetime.combine(period.days[1], time(), g.company.zone)
    content = statement_pdf.content(g.company, customer, period, found, at=midnight)
    return responses.pdf(content, f"statement-{period.first}-{period.last}")
