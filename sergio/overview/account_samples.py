"""Samples of the emails about signing in and about an account, a part of `email_samples`."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from sergio.auth import emails as auth
from sergio.auth.document_links import QUOTE
from sergio.customers import emails as customers
from sergio.lib.language import gettext as _
from sergio.lib.language import lazy_gettext as _l
from sergio.outbox import kinds
from sergio.outbox.kind import Kind

CODE = "ABCDEFGH"
SOON, LATER = timedelta(minutes=15), timedelta(days=14)


def new_device(source):
    auth.new_device(source.contact, "Mozilla/5.0 (iPhone) Version/18.0 Safari/604.1", at=source.now)


def invitation(source):
    auth.invited(source.contact, path="/portal/sign-in", until=source.now + LATER)


def sign_in(source):
    facts = {"path": "/portal/sign-in", "code": CODE, "expires_at": source.now + SOON}
    auth.sign_in(source.company, source.contact.email, source.contact.first_name, **facts)


def document_link(source):
    auth.document_link(source.contact, QUOTE, url=source.company.url("/portal/quotes"))


def email_to_confirm(source):
    auth.confirm_email(source.contact, source.contact.email, path="/portal/account", until=source.now + SOON)


def address_to_confirm(source):
    auth.confirm_address(source.company, source.contact.email, code=CODE, expires_at=source.now + SOON)


def details_changed(source):
    customers.your_details_changed(source.contact, [(_l("Phone"), "", "(207) 555-0142")])


def address_approved(source):
    customers.address_decided(source.made_up.address_change("approved"))


def address_declined(source):
    customers.address_decided(source.made_up.address_change("declined", _("Please add the number of your house.")))


ACCOUNT_SAMPLES: dict[Kind, Callable[[Any], Any]] = {
    kinds.INVITATION: invitation,
    kinds.SIGN_IN: sign_in,
    kinds.NEW_DEVICE: new_device,
    kinds.DOCUMENT_LINK: document_link,
    kinds.DETAILS_CHANGED: details_changed,
    kinds.ADDRESS_APPROVED: address_approved,
    kinds.ADDRESS_DECLINED: address_declined,
    kinds.EMAIL_TO_CONFIRM: email_to_confirm,
    kinds.EMAIL_CHANGED: lambda source: auth.email_changed(source.contact, source.contact.email),
    kinds.ADDRESS_TO_CONFIRM: address_to_confirm,
}
"""Each composes the email for an `email_samples.Source`."""
