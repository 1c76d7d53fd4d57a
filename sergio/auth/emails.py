"""Emails about signing in: links and codes, the invitation to the portal, new devices and addresses."""

from datetime import datetime
from typing import Any

from sergio import jobs, outbox
from sergio.auth.browsers import browser_label
from sergio.auth.labels import DOCUMENT_LABELS
from sergio.customers.emails import details_changed, names_of, to_reader
from sergio.customers.roles import BOOK, DECIDE, PAY, SEE_WORK, may
from sergio.lib.language import OFFICE, speaking
from sergio.lib.language import gettext as _
from sergio.lib.language import lazy_gettext as _l
from sergio.outbox.kinds import (
    ADDRESS_TO_CONFIRM,
    DOCUMENT_LINK,
    EMAIL_CHANGED,
    EMAIL_TO_CONFIRM,
    INVITATION,
    NEW_DEVICE,
    SIGN_IN,
)
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
    outbox.send_kind(company, to, ADDRESS_TO_CONFIRM, nobody(), expires_at=expires_at, lane=jobs.SIGN_IN, **facts)


def sign_in_too_late(company, to: str, *, requested_at: datetime):
    """Keep a record for the office that a link was requested and could not be sent in time."""
    outbox.keep_unsent(company, to, subject(company), requested_at=requested_at)


def invited(contact, *, path: str, until: datetime, by_customer: bool = False):
    """The invitation to the portal, from the company or from one of the customer's own people. Its link (a path) leads
    to a page that emails a sign-in link.
    """
    company = contact.company
    with speaking(contact.reads):
        facts: dict[str, Any] = {"link": company.url(path), "until": until, "offers": offers(company, contact.role)}
        facts["by_customer"] = by_customer
        return to_reader(contact, INVITATION, {"until": company.format_day(until)}, expires_at=until, **facts)


def new_device(contact, browser: str, *, at: datetime):
    """That somebody signed in on a device that is new to us, and what to do if it was not the contact."""
    company = contact.company
    with speaking(contact.reads):
        values = {"browser": browser_label(browser), "moment": company.format_moment(at)}
    to_reader(contact, NEW_DEVICE, values, **values, url=company.url("/portal/account/devices"))


def confirm_email(contact, email: str, *, path: str, until: datetime):
    """To a new address that a contact wants to use: the link (a path) that confirms it. It names nobody, because whose
    mailbox that is nobody knows yet.
    """
    company = contact.company
    facts: dict[str, Any] = {"link": company.url(path), "until": until, "contact": contact}
    with speaking(contact.reads):
        outbox.send_kind(company, email, EMAIL_TO_CONFIRM, nobody(), expires_at=until, **facts)


def email_changed(contact, old: str):
    """To the address that a contact had until now; without one, nobody is told."""
    if old:
        with speaking(contact.reads):
            outbox.send_kind(contact.company, old, EMAIL_CHANGED, names_of(contact), contact=contact)
    details_changed(contact, [(_l("Email"), old, contact.email)])


@speaking(OFFICE)
def people_changed(contact, what: str, by_name: str):
    """To the office: a customer invited or removed one of their own people, or changed what they can do."""
    subject = _("%(name)s changed who can use their account", name=by_name)
    outbox.to_office(contact.company, "auth/email/people_changed", subject, contact=contact, what=what)


def document_link(contact, kind: str, *, url: str):
    """A new link to a document, in place of one that ended."""
    to_reader(contact, DOCUMENT_LINK, {}, label=DOCUMENT_LABELS[kind], url=url)


def offers(company, role: str) -> list[str]:
    """What a contact with that role can do in the company's portal."""
    sees_work, decides = may(role, SEE_WORK), may(role, DECIDE)
    pays = company.takes_payments and may(role, PAY)
    books = company.booking_open and may(role, BOOK)
    shown = (
        (company.shows_quotes and sees_work, _("Review and accept quotes") if decides else _("See quotes")),
        (company.shows_invoices, _("View and pay invoices") if pays else _("View invoices")),
        (sees_work, _("Book and change appointments") if books else _("See appointments")),
        (company.shows_history and sees_work, _("Look up past work")),
    )
    return [text for is_shown, text in shown if is_shown]


def subject(company) -> str:
    return words_for(company, SIGN_IN).with_values(nobody() | outbox.of_company(company)).subject
