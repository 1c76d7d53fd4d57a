"""Emails about quotes: to the customer, and to the office."""

from sergio import outbox
from sergio.auth.document_links import INVOICE, QUOTE, DocumentLink
from sergio.customers.emails import to_contact
from sergio.customers.roles import DECIDERS, WORK_FIRST
from sergio.lib.language import OFFICE, speaking
from sergio.lib.language import gettext as _
from sergio.lib.refused import Refused
from sergio.quotes.formats import FormattedOffer


def sent(quote, version, message: str = ""):
    """`message` is what staff wrote to the customer."""
    with speaking(quote.customer.language_for(quote.contact, DECIDERS)):
        subject = _("Quote %(number)s: %(title)s", number=quote.number, title=version.title)
        to_customer(quote, version, "quotes/email/sent", subject, message=message)


def revised(quote, version, message: str = ""):
    with speaking(quote.customer.language_for(quote.contact, DECIDERS)):
        subject = _("Quote %(number)s was updated: %(title)s", number=quote.number, title=version.title)
        to_customer(quote, version, "quotes/email/sent", subject, message=message)


def reminder(quote, version, words: str):
    """`words` is a sentence that says why we write. Call it `speaking` the customer's language."""
    subject = _("Reminder of quote %(number)s: %(title)s", number=quote.number, title=version.title)
    to_customer(quote, version, "quotes/email/reminder", subject, words=words)


def accepted(quote, deposit=None):
    """A copy to the contact who signed, and a notice to the office."""
    proof = quote.acceptance
    offer = FormattedOffer(quote.acceptance.offer)
    title = offer.facts["title"]
    facts: dict = {"quote": quote, "offer": offer, "deposit": deposit, "url": url_of(quote, proof.contact)}
    facts["deposit_url"] = deposit and DocumentLink.for_email(quote.customer, proof.contact, INVOICE, deposit.number)
    with speaking(quote.customer.language_for(proof.contact)):
        subject = _("You accepted quote %(number)s: %(title)s", number=quote.number, title=title)
        to_contact(quote.customer, proof.contact, "quotes/email/accepted", subject, **facts)
    with speaking(OFFICE):
        subject = _("%(name)s accepted quote %(number)s", name=proof.name, number=quote.number)
        outbox.to_office(quote.company, "quotes/email/accepted_to_office", subject, quote=quote, offer=offer)


def acceptance_undone(quote, proof, reason: str):
    facts = {"quote": quote, "proof": proof, "reason": reason, "url": url_of(quote, proof.contact)}
    with speaking(quote.customer.language_for(proof.contact)):
        subject = _("Quote %(number)s is open again: %(title)s", number=quote.number, title=proof.offer["title"])
        to_contact(quote.customer, proof.contact, "quotes/email/acceptance_undone", subject, **facts)


def replied(quote, request, reply):
    facts = {"quote": quote, "request": request, "reply": reply, "url": url_of(quote, request.contact)}
    with speaking(quote.customer.language_for(request.contact)):
        subject = _("Our answer about quote %(number)s", number=quote.number)
        to_contact(quote.customer, request.contact, "quotes/email/replied", subject, **facts)


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


def to_customer(quote, version, template: str, subject: str, **more):
    """To the quote's contact, or the first one who may accept it; `Refused` without any."""
    if quote.customer.contact_for(quote.contact, DECIDERS) is None:
        raise Refused(_("%(name)s has no contact to email. Add one first.", name=quote.customer.name))
    offer = FormattedOffer(version.offer())
    changes = offer.changes if quote.company.shows_line_prices else offer.changes_without_prices
    url = url_of(quote, quote.contact, DECIDERS)
    facts = {"quote": quote, "version": version, "offer": offer, "changes": changes, "url": url, **more}
    to_contact(quote.customer, quote.contact, template, subject, DECIDERS, **facts)


def url_of(quote, person, roles=WORK_FIRST) -> str:
    """The link in an email to that contact, which opens the quote without a sign-in."""
    return DocumentLink.for_email(quote.customer, person, QUOTE, quote.number, roles)
