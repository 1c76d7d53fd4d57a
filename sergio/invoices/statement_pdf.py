"""A statement of account as a PDF. It is not kept, because it is as of today."""

from datetime import datetime

from sergio.companies import logos
from sergio.companies.letterhead import letterhead
from sergio.companies.models import Company
from sergio.customers.models import Customer
from sergio.invoices.periods import Period
from sergio.invoices.statement import Account, Line
from sergio.lib import typst
from sergio.lib.language import gettext as _


def content(company: Company, customer: Customer, period: Period, accounts: list[Account], *, at: datetime) -> bytes:
    """The PDF, in the language that is spoken."""
    shown = values(company, customer, period, accounts)
    return typst.render_apart("invoices/pdf/statement.typ", shown, at=at)


def values(company: Company, customer: Customer, period: Period, accounts: list[Account]) -> dict:
    """The values of the template, all as text; the template's head lists the keys."""
    title = _("Statement from %(company)s", company=company.name)
    first, last = map(company.short_day, period.days)
    days = _("%(first)s to %(last)s", first=first, last=last)
    facts = [(_("Customer number"), str(customer.number)), (_("Period"), days)]
    return {
        **letterhead(company, title, logos.printed(company.id, company.logo)),
        "customer": {"name": customer.name, "address": []},
        "property": None,
        "status": None,
        "headline": ", ".join(balance(account) for account in accounts),
        "link": None,
        "labels": labels(),
        "facts": [{"label": label, "value": value} for label, value in facts],
        "accounts": [account_of(company, account) for account in accounts],
    }


def labels() -> dict:
    return {
        "title": _("Statement"),
        "from": _("From"),
        "customer": _("Customer"),
        "property": _("Service address"),
        "description": _("Description"),
        "date": _("Date"),
        "quantity": None,
        "unit_price": _("Amount"),
        "amount": _("Balance"),
        "page": _("Page {page} of {pages}"),
    }


def balance(account: Account) -> str:
    """ "$120.00 due", "$20.00 in your favor"."""
    if account.closing < 0:
        return _("%(amount)s in your favor", amount=account.money(-account.closing))
    return _("%(amount)s due", amount=account.money(account.closing))


def account_of(company: Company, account: Account) -> dict:
    rows = [(_("Opening balance"), account.opening), (_("Closing balance"), account.closing)]
    overdue = [(_("Overdue today"), account.overdue)] if account.overdue else []
    return {
        "lines": [line_of(company, account, line) for line in account.lines],
        "totals": [
            {"label": label, "amount": account.money(amount), "strong": label == _("Closing balance")}
            for label, amount in [*rows, *overdue]
        ],
    }


def line_of(company: Company, account: Account, line: Line) -> dict:
    return {
        "description": line.title,
        "detail": line.note or None,
        "mark": None,
        "date": company.short_day(line.on),
        "quantity": None,
        "unit_price": account.money(line.amount),
        "amount": account.money(line.balance),
    }
