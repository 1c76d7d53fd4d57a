"""Payment terms: the day on which an invoice is due, from the day it is issued."""

from calendar import monthrange
from datetime import date, timedelta

from sergio.lib.language import gettext as _

ON_RECEIPT = 0
MOST_DAYS = 365
MONTH_END = 1000
"""Stands for the last day of the month, where terms are otherwise a number of days."""
USUAL = (ON_RECEIPT, 7, 15, 30, 60, MONTH_END)


def due_day(issued_on: date, terms: int) -> date:
    """The day an invoice of that day is due by these terms: a number of days, or `MONTH_END`."""
    if terms == MONTH_END:
        return issued_on.replace(day=monthrange(issued_on.year, issued_on.month)[1])
    return issued_on + timedelta(days=terms)


def label(terms: int) -> str:
    """ "Due on receipt", "Net 30", "End of the month"."""
    if terms == MONTH_END:
        return _("End of the month")
    return _("Due on receipt") if terms == ON_RECEIPT else _("Net %(days)s", days=terms)
