"""Emails about customers, and the function that emails their contacts."""

from collections.abc import Mapping, Sequence

from babel.support import LazyProxy
from flask import current_app
from itsdangerous import BadSignature, URLSafeSerializer

from sergio import outbox
from sergio.audit.actor import BY_SYSTEM
from sergio.audit.models import record
from sergio.customers.roles import WORK_FIRST
from sergio.customers.unwanted_emails import UnwantedEmail
from sergio.lib import clock
from sergio.lib.language import OFFICE, speaking
from sergio.lib.language import gettext as _
from sergio.outbox.kind import Kind
from sergio.outbox.kinds import ADDRESS_APPROVED, ADDRESS_DECLINED, DETAILS_CHANGED
from sergio.outbox.wording import words_for


def notify(
    customer,
    person,
    kind: Kind,
    values: Mapping[str, str] | None = None,
    roles: Sequence[str] = WORK_FIRST,
    **context,
):
    """Email of a kind to the contact `person` or, if they have left, have no email address or another role, to the
    customer's first contact by `roles` (`contact` in the template), in their language. `values` are of the kind's
    variables; write them in it, too (`Customer.language_for`).

    If no such contact has an email address, or they don't want such emails, the customer's history says what was not
    sent; without any contact, the office gets an email about it.
    """
    contact = customer.contact_for(person, roles)
    if contact:
        return to_reader(contact, kind, values or {}, **context)
    company = customer.company
    nobody = {"first_name": "", "contact_name": "", "customer_name": customer.name}
    known = {**outbox.of_company(company), **nobody, **(values or {})}
    return unsent(customer, words_for(company, kind).with_values(known).subject)


def to_reader(contact, kind: Kind, values: Mapping[str, str], **context):
    """Email of a kind to that contact, unless they don't want such emails."""
    company = contact.company
    with speaking(company.language if outbox.is_sample() else contact.reads):
        if unwanted(contact, kind):
            return record(contact, "not_wanted", by=BY_SYSTEM, at=clock.now(), after={"email": str(kind.label)})
        context |= {"contact": contact, "unsubscribe_url": "" if kind.essential else unsubscribe_url(contact, kind)}
        return outbox.send_kind(company, contact.email, kind, {**names_of(contact), **values}, **context)


def names_of(contact) -> dict[str, str]:
    """The variables about a reader."""
    return {"first_name": contact.first_name, "contact_name": contact.name, "customer_name": contact.customer.name}


def unwanted(contact, kind: Kind) -> bool:
    """Whether the contact chose not to get emails of that kind; nobody is asked about essential ones or samples."""
    return not (kind.essential or outbox.is_sample()) and kind.name in UnwantedEmail.kinds_of(contact)


def unsent(customer, subject: str):
    """Say what was not sent to a customer of whom no contact can be emailed."""
    if customer.present_contacts:
        record(customer, "not_emailed", by=BY_SYSTEM, at=clock.now(), after={"subject": subject})
    else:
        to_nobody(customer, subject)


STOP_PATH = "/emails/unwanted/"


def unsubscribe_url(contact, kind: Kind) -> str:
    """Where the contact ends emails of that kind without a sign-in: signed by us, so that nobody else can. In a sample
    it leads nowhere.
    """
    if outbox.is_sample():
        return contact.company.url(f"{STOP_PATH}sample")
    return contact.company.url(STOP_PATH + signer().dumps([contact.company_id, contact.id, kind.name]))


def read_unsubscribe_token(token: str) -> tuple[int, int, str] | None:
    """The company's id, the contact's, and the name of the kind; None for what we did not sign."""
    try:
        company_id, contact_id, kind = signer().loads(token)
    except BadSignature:
        return None
    return company_id, contact_id, kind


def signer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.secret_key or "", salt="unwanted emails")


@speaking(OFFICE)
def to_nobody(customer, subject: str):
    """To the office: an email to a customer without any contact was not sent."""
    ours = _("%(name)s has no contact to email", name=customer.name)
    outbox.to_office(customer.company, "customers/email/nobody", ours, customer=customer, unsent=subject)


@speaking(OFFICE)
def address_waits(change):
    """To the office: a customer entered or corrected a service address, which waits for approval."""
    subject = _("%(name)s asked you to approve a service address", name=change.contact.name)
    about = {"change": change, "contact": change.contact}
    outbox.to_office(change.company, "customers/email/address_waits", subject, **about)


def address_decided(change):
    """To the contact who asked: whether the address is used from now on."""
    kind = ADDRESS_APPROVED if change.outcome == "approved" else ADDRESS_DECLINED
    notify(change.customer, change.contact, kind, {"address": change.address}, change=change)


@speaking(OFFICE)
def address_changed(contact, changes: list[tuple[LazyProxy, str, str]]):
    """To the office: a contact added, corrected or archived a service address. `changes` are (label, old, new)."""
    subject = _("%(name)s changed a service address", name=contact.name)
    outbox.to_office(contact.company, "customers/email/details_changed", subject, contact=contact, changes=changes)


@speaking(OFFICE)
def details_changed(contact, changes: list[tuple[LazyProxy, str, str]]):
    """To the office: a contact changed their own details. `changes` are (label, old, new)."""
    subject = _("%(name)s changed their contact details", name=contact.name)
    outbox.to_office(contact.company, "customers/email/details_changed", subject, contact=contact, changes=changes)


def your_details_changed(contact, changes: list[tuple[LazyProxy, str, str]]):
    """To the contact: their own details were changed, as a receipt and in case it was not them."""
    if contact.email:
        to_reader(contact, DETAILS_CHANGED, {}, changes=changes, url=contact.company.url("/portal/account"))
