"""Emails about quotes: to the customer, and to the office."""

from sergio import outbox
from sergio.auth.document_links import INVOICE, QUOTE, DocumentLink
from sergio.customers.emails import notify
from sergio.customers.roles import DECIDERS, WORK_FIRST
from sergio.lib.language import OFFICE, speaking
from sergio.lib.language import gettext as _
from sergio.lib.refused import Refused
from sergio.outbox.kind import Kind
from sergio.outbox.kinds import (
    QUOTE_ACCEPTED,
    QUOTE_ANSWERED,
    QUOTE_REMINDER,
    QUOTE_REOPENED,
    QUOTE_SENT,
    QUOTE_UPDATED,
)
from sergio.quotes.formats import FormattedOffer


def sent(quote, version, message: str = ""):
    """`message` is what staff wrote to the customer."""
    to_customer(quote, version, QUOTE_SENT, message=message)


def revised(quote, version, message: str = ""):
    to_customer(quote, version, QUOTE_UPDATED, message=message)


def reminder(quote, version, reason: str):
    """`reason` is a sentence that says why we write, in the customer's language."""
    to_customer(quote, version, QUOTE_REMINDER, reason=reason)


def accepted(quote, deposit=None):
    """A copy to the contact who signed, and a notice to the office."""
    proof = quote.acceptance
    offer = FormattedOffer(proof.offer)
    facts: dict = {"quote": quote, "offer": offer, "deposit": deposit, "url": url_of(quote, proof.contact)}
    facts["deposit_url"] = deposit and DocumentLink.for_email(quote.customer, proof.contact, INVOICE, deposit.number)
    with speaking(quote.customer.language_for(proof.contact)):
        values = {"amount": offer.total, "moment": quote.company.format_moment(proof.at)}
        notify(quote.customer, proof.contact, QUOTE_ACCEPTED, named(quote, offer.facts["title"]) | values, **facts)
    with speaking(OFFICE):
        subject = _("%(name)s accepted quote %(number)s", name=proof.name, number=quote.number)
        outbox.to_office(quote.company, "quotes/email/accepted_to_office", subject, quote=quote, offer=offer)


def acceptance_undone(quote, proof, reason: str):
    facts = {"quote": quote, "reason": reason, "url": url_of(quote, proof.contact)}
    with speaking(quote.customer.language_for(proof.contact)):
        values = named(quote, proof.offer["title"]) | {"day": quote.company.format_day(proof.at)}
        notify(quote.customer, proof.contact, QUOTE_REOPENED, values, **facts)


def replied(quote, request, reply):
    facts = {"quote": quote, "request": request, "reply": reply, "url": url_of(quote, request.contact)}
    notify(quote.customer, request.contact, QUOTE_ANSWERED, named(quote, quote.newest.title), **facts)


@speaking(OFFICE)
def declined(quote, version, decline):
    subject = _("%(name)s declined quote %(number)s", name=decline.name, number=quote.number)
    to_office(quote, version, subject, decline.reason)


@speaking(OFFICE)
def change_requested(quote, version, request):
    subject = _("%(name)s requested changes to quote %(number)s", name=request.name, number=quote.number)
    to_office(quote, version, subject, request.message)


@speaking(OFFICE)
def to_office(quote, version, subject: str, words: str):
    """`words` are the customer's own."""
    offer = FormattedOffer(version.offer())
    outbox.to_office(quote.company, "quotes/email/answered", subject, quote=quote, offer=offer, words=words)


def to_customer(quote, version, kind: Kind, message: str = "", reason: str = ""):
    """To the quote's contact, or the first one who may accept it; `Refused` without any."""
    if quote.customer.contact_for(quote.contact, DECIDERS) is None:
        raise Refused(_("%(name)s has no contact to email. Add one first.", name=quote.customer.name))
    with speaking(quote.customer.language_for(quote.contact, DECIDERS)):
        offer = FormattedOffer(version.offer())
        changes = offer.changes if quote.company.shows_line_prices else offer.changes_without_prices
        facts = {"quote": quote, "version": version, "offer": offer, "changes": changes, "message": message}
        until = quote.company.short_day(version.valid_until)
        values = named(quote, version.title) | {"amount": offer.total, "until": until, "reason": reason}
        url = url_of(quote, quote.contact, DECIDERS)
        notify(quote.customer, quote.contact, kind, values, DECIDERS, url=url, **facts)


def named(quote, title: str) -> dict[str, str]:
    return {"number": str(quote.number), "title": title}


def url_of(quote, person, roles=WORK_FIRST) -> str:
    """The link in an email to that contact, which opens the quote without a sign-in."""
    return DocumentLink.for_email(quote.customer, person, QUOTE, quote.number, roles)
