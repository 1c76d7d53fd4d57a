"""Emails with the sign-in link and code, and with the invitation to the portal."""

from datetime import datetime
from typing import Any

from sergio import jobs, outbox
from sergio.auth.browsers import browser_label
from sergio.customers.emails import to_reader
from sergio.customers.roles import DECIDE, PAY, SEE_WORK, may
from sergio.lib.language import gettext as _
from sergio.lib.language import speaking
from sergio.outbox.kinds import INVITATION, NEW_DEVICE, SIGN_IN
from sergio.outbox.wording import words_for


def sign_in(company, to: str, name: str, *, path: str, code: str, expires_at: datetime):
    """The link (a path) and the code of eight letters, to one address; `name` greets the reader and may be empty."""
    facts: dict[str, Any] = {"link": company.url(path), "code": f"{code[:4]}-{code[4:]}", "until": expires_at}
    values = nobody() | {"first_name": name, "until": company.format_time(expires_at)}
    outbox.send_kind(company, to, SIGN_IN, values, expires_at=expires_at, lane=jobs.SIGN_IN, **facts)


def nobody() -> dict[str, str]:
    """The variables about a reader of whom only the address is known."""
    return dict.fromkeys(("first_name", "contact_name", "customer_name"), "")


def confirm_address(company, to: str, *, code: str, expires_at: datetime):
    """The code with which somebody who is no customer yet confirms their address."""
    facts: dict[str, Any] = {"code": f"{code[:4]}-{code[4:]}", "until": expires_at}
    title = _("Your code for %(company)s", company=company.name)
    outbox.send(company, to, "auth/email/confirm_address", title, expires_at=expires_at, lane=jobs.SIGN_IN, **facts)


def sign_in_too_late(company, to: str, *, requested_at: datetime):
    """Keep a record for the office that a link was requested and could not be sent in time."""
    outbox.keep_unsent(company, to, subject(company), requested_at=requested_at)


def invited(contact, *, path: str, until: datetime):
    """The invitation to the portal. Its link (a path) leads to a page that emails a sign-in link."""
    company = contact.company
    with speaking(contact.reads):
        facts: dict[str, Any] = {"link": company.url(path), "until": until, "offers": offers(company, contact.role)}
        return to_reader(contact, INVITATION, {"until": company.format_day(until)}, expires_at=until, **facts)


def new_device(contact, browser: str, *, at: datetime):
    """That somebody signed in on a device that is new to us, and what to do if it was not the contact."""
    company = contact.company
    with speaking(contact.reads):
        values = {"browser": browser_label(browser), "moment": company.format_moment(at)}
    to_reader(contact, NEW_DEVICE, values, **values, url=company.url("/portal/account/devices"))


def offers(company, role: str) -> list[str]:
    """What a contact with that role can do in the company's portal."""
    sees_work, decides = may(role, SEE_WORK), may(role, DECIDE)
    pays = company.takes_payments and may(role, PAY)
    books = company.booking_open and decides
    shown = (
        (company.shows_quotes and sees_work, _("Review and accept quotes") if decides else _("See quotes")),
        (company.shows_invoices, _("View and pay invoices") if pays else _("View invoices")),
        (sees_work, _("Book and change appointments") if books else _("See appointments")),
        (company.shows_history and sees_work, _("Look up past work")),
    )
    return [text for is_shown, text in shown if is_shown]


def subject(company) -> str:
    return words_for(company, SIGN_IN).with_values(nobody() | outbox.of_company(company)).subject
