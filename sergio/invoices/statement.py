"""Statements of account: what a customer owed at first, what changed it in a period, and what they owed at last.

An invoice is owed as long as something is due; what was overpaid is owed to the customer. Money that was returned is
not due again (see `ledger`), so a refund is followed by a line that takes it off again. The closing balance is
therefore always the sum of what is owed on each invoice.
"""

from datetime import date
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, Date, Select, bindparam, case, cast, func, literal, select, union_all

from sergio.companies.models import Company
from sergio.database.company_scope import COMPANY
from sergio.database.constants import constants
from sergio.database.engines import Utc
from sergio.extensions import db
from sergio.invoices.entries import LedgerEntry
from sergio.invoices.labels import statement_text
from sergio.invoices.ledger import COUNTED_AS_DUE, DISPUTE, REFUND
from sergio.invoices.models import Invoice
from sergio.invoices.periods import Period, bounds
from sergio.lib import money
from sergio.lib.language import gettext as _
from sergio.lib.refused import Refused

MOST = 500
"""Lines of a statement; more are not read by anybody."""
RETURNED = (REFUND, DISPUTE)
OPENING, OVERDUE = "opening", "overdue"


class Line(NamedTuple):
    """A line of a statement: an entry of a ledger, or what takes returned money off again. Amounts in minor units."""

    on: date
    title: str
    note: str
    number: int
    amount: int
    balance: int


class Account(NamedTuple):
    """A customer's account in one currency, within a period. `overdue` is as of today."""

    currency: str
    opening: int
    lines: list[Line]
    closing: int
    overdue: int

    def money(self, amount: int) -> str:
        return money.format_amount(amount, self.currency)


def owed(due: int, returned: int) -> int:
    """What is owed on an invoice of which `due` is unpaid and `returned` was refunded or disputed; below zero what
    the company owes.
    """
    return due if due > 0 else min(0, due + returned)


def accounts(company: Company, customer_id: int, period: Period, today: date) -> list[Account]:
    """The customer's accounts in that period, the company's currency first; there is always one. In two statements."""
    begin, end = bounds(company, *period.days)
    asked = {"company_id": company.id, "customer_id": customer_id, "begin": begin, "end": end, "today": today}
    known: dict[str, dict[str, int]] = {company.currency: {}}
    for row in db.rows(sums(), asked):
        known.setdefault(row.currency, {})[row.kind] = row.amount
    moved = lines_by_currency(company, asked, {name: found.get(OPENING, 0) for name, found in known.items()})
    names = sorted(known.keys() | moved.keys(), key=lambda name: (name != company.currency, name))
    found = [account(name, known.get(name, {}), moved.get(name, [])) for name in names]
    return [each for each in found if each.lines or each.opening or each.overdue] or found[:1]


def account(currency: str, sums: dict[str, int], lines: list[Line]) -> Account:
    opening = sums.get(OPENING, 0)
    return Account(currency, opening, lines, lines[-1].balance if lines else opening, sums.get(OVERDUE, 0))


def lines_by_currency(company: Company, asked: dict, opening: dict[str, int]) -> dict[str, list[Line]]:
    """The lines of the period by currency, with running balances."""
    lines: dict[str, list[Line]] = {}
    balances, invoices = dict(opening), {}
    for row in db.rows(entries(), asked):
        due, returned = invoices.get(row.invoice_id, (0, 0))
        after = (due + row.amount, returned) if row.kind in COUNTED_AS_DUE else (due, returned + row.amount)
        invoices[row.invoice_id] = after
        if row.at < asked["begin"]:
            continue
        changed = owed(*after) - owed(due, returned)
        for title, note, amount in texts(row, changed - row.amount):
            balances[row.currency] = balances.get(row.currency, 0) + amount
            line = Line(company.day(row.at), title, note, row.number, amount, balances[row.currency])
            lines.setdefault(row.currency, []).append(line)
    if sum(map(len, lines.values())) > MOST:
        raise Refused(_("This period has more than %(most)s entries. Choose a shorter one.", most=MOST))
    return lines


def texts(row, rest: int) -> list[tuple[str, str, int]]:
    """(title, note, amount) of an entry and, if what is owed changed by another amount, of the rest."""
    title, note = statement_text(row)
    more = [(_("Adjustment, not due again"), title, rest)] if rest else []
    return [(title, note, row.amount), *more]


MINE = Invoice.company_id == COMPANY, Invoice.customer_id == bindparam("customer_id")
OF_INVOICE = LedgerEntry.company_id == Invoice.company_id, LedgerEntry.invoice_id == Invoice.id
BEGIN: Any = bindparam("begin", type_=Utc)
END: Any = bindparam("end", type_=Utc)


@cache
def sums() -> Select:
    """What was owed when the period began, and what is overdue today: `kind`, `currency` and `amount`."""
    rows = union_all(before(), overdue()).subquery()
    return select(rows)


def before() -> Select:
    due, returned = (sum_of(LedgerEntry.kind.in_(constants(kinds))) for kinds in (COUNTED_AS_DUE, RETURNED))
    each = select(Invoice.currency, due.label("due"), returned.label("returned")).select_from(Invoice)
    each = each.join(LedgerEntry, OF_INVOICE[0] & OF_INVOICE[1]).where(*MINE, LedgerEntry.at < BEGIN)
    one = each.group_by(Invoice.id, Invoice.currency).subquery()
    surplus = one.c.due + one.c.returned
    amount = case((one.c.due > 0, one.c.due), (surplus < 0, surplus), else_=0)
    rows = select(literal(OPENING).label("kind"), one.c.currency, cast(func.sum(amount), BigInteger).label("amount"))
    return rows.group_by(one.c.currency)


def sum_of(condition):
    return func.sum(case((condition, LedgerEntry.amount), else_=0))


def overdue() -> Select:
    late = Invoice.overdue(bindparam("today", type_=Date))
    rows = select(literal(OVERDUE), Invoice.currency, cast(func.sum(Invoice.due), BigInteger))
    return rows.where(*MINE, *late).group_by(Invoice.currency)


@cache
def entries() -> Select:
    """All entries, until the period ends, of the invoices that have one in the period, in order."""
    moved = select(LedgerEntry.invoice_id).join(Invoice, OF_INVOICE[0] & OF_INVOICE[1])
    moved = moved.where(*MINE, LedgerEntry.at >= BEGIN, LedgerEntry.at < END)
    facts = (LedgerEntry.kind, LedgerEntry.amount, LedgerEntry.at, LedgerEntry.memo, LedgerEntry.payment_number)
    about = (LedgerEntry.invoice_id, Invoice.number, Invoice.prefix, Invoice.title, Invoice.currency)
    rows = select(*facts, *about).select_from(Invoice).join(LedgerEntry, OF_INVOICE[0] & OF_INVOICE[1])
    rows = rows.where(*MINE, Invoice.id.in_(moved), LedgerEntry.at < END)
    return rows.order_by(LedgerEntry.at, LedgerEntry.id)
