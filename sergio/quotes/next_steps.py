"""What staff can do about a quote next: the most likely step first."""

from collections.abc import Collection
from datetime import date
from typing import NamedTuple

from flask import current_app, url_for

from sergio.lib.language import gettext as _
from sergio.quotes.invoicing import DEPOSIT, REST
from sergio.quotes.statuses import ACCEPTED, CHANGES_REQUESTED, DECLINED, DRAFT, EXPIRED, SENT, WITHDRAWN


class Step(NamedTuple):
    """A link, or with `posts` a button of a form."""

    label: str
    url: str
    posts: bool = False


def next_steps(quote, on: date, invoiced: Collection[str]) -> list[Step]:
    """The steps in the order of their likelihood; the first is the page's one primary button. `invoiced` are the parts
    of the quote that have an invoice.
    """
    status = quote.status(on)
    path = quote.office_path
    edit = Step(_("Edit quote"), f"{path}/edit")
    again = Step(_("Send again"), f"{path}/send-again", posts=True)
    if quote.has_unsent_changes and quote.acceptance is None:
        version = _("Review and send version %(version)s", version=quote.version + 1)
        return [Step(version, f"{path}/send"), edit, duplicate(quote)]
    if status == ACCEPTED:
        return [*after_acceptance(quote, invoiced), duplicate(quote)]
    steps = {
        DRAFT: [Step(_("Review and send"), f"{path}/send"), edit],
        SENT: [edit, again],
        CHANGES_REQUESTED: [Step(_("Write a new version"), f"{path}/edit"), again],
        DECLINED: [Step(_("Write a new version"), f"{path}/edit")],
        EXPIRED: [Step(_("Extend or change it"), f"{path}/edit")],
        WITHDRAWN: [Step(_("Write a new version"), f"{path}/edit")],
    }[status]
    return [*steps, duplicate(quote)]


def duplicate(quote) -> Step:
    return Step(_("Duplicate"), f"{quote.office_path}/duplicate", posts=True)


def after_acceptance(quote, invoiced: Collection[str]) -> list[Step]:
    """Scheduling the work, and the invoices that are still missing."""
    path = quote.office_path
    deposit = Step(_("Create deposit invoice"), f"{path}/deposit-invoice", posts=True)
    rest = Step(_("Create final invoice"), f"{path}/final-invoice", posts=True)
    wanted = [deposit] if quote.acceptance.offer.get("deposit") and not {DEPOSIT, REST} & {*invoiced} else []
    schedule = [Step(_("Schedule appointment"), schedule_url(quote))] if can_schedule() else []
    return [*wanted, *schedule, *([] if REST in invoiced else [rest])]


def schedule_url(quote) -> str:
    return url_for("office.schedule.new", customer=quote.customer.number, quote=quote.number)


def can_schedule() -> bool:
    return "office.schedule.new" in current_app.view_functions
