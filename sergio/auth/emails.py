"""Emails with the sign-in link and code, and with the invitation to the portal."""

from datetime import datetime
from typing import Any

from sergio import jobs, outbox
from sergio.lib.language import gettext as _
from sergio.lib.language import speaking


def sign_in(company, to: str, name: str, *, path: str, code: str, expires_at: datetime):
    """The link (a path) and the code of eight letters, to one address; `name` greets the reader and may be empty."""
    facts: dict[str, Any] = {
        "name": name,
        "link": company.url(path),
        "code": f"{code[:4]}-{code[4:]}",
        "until": expires_at,
    }
    outbox.send(company, to, "auth/email/sign_in", subject(company), expires_at=expires_at, lane=jobs.SIGN_IN, **facts)


def sign_in_too_late(company, to: str, *, requested_at: datetime):
    """Keep a record for the office that a link was requested and could not be sent in time."""
    outbox.keep_unsent(company, to, subject(company), requested_at=requested_at)


def invited(contact, *, path: str, until: datetime):
    """The invitation to the portal. Its link (a path) leads to a page that emails a sign-in link."""
    company = contact.company
    with speaking(company.language):
        subject = _("Your customer portal at %(company)s", company=company.name)
        facts: dict[str, Any] = {"contact": contact, "link": company.url(path), "until": until}
        facts["offers"] = offers(company)
    return outbox.send(company, contact.email, "auth/email/invited", subject, expires_at=until, **facts)


def offers(company) -> list[str]:
    """What the company's customers can do in its portal."""
    pay = _("View and pay invoices") if company.takes_cards else _("View your invoices")
    book = _("Book and change appointments") if company.booking_open else _("See your appointments")
    shown = (
        (company.shows_quotes, _("Review and accept quotes")),
        (company.shows_invoices, pay),
        (True, book),
        (company.shows_history, _("Look up past work")),
    )
    return [text for is_shown, text in shown if is_shown]


def subject(company) -> str:
    with speaking(company.language):
        return _("Sign in to %(company)s", company=company.name)
