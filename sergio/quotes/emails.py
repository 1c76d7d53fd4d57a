"""Letters about quotes: to the customer, and to the office."""

from flask_babel import gettext as _

from sergio import outbox
from sergio.customers.emails import to_contact
from sergio.lib.refused import Refused
from sergio.quotes.formats import FormattedOffer


def sent(quote):
    """To the customer: here is an offer."""
    subject = _("Quote %(number)s: %(title)s", number=quote.number, title=quote.title)
    to_customer(quote, "quotes/email/sent", subject)


def revised(quote):
    """To the customer: the offer was changed, please read it again."""
    subject = _("Quote %(number)s was updated: %(title)s", number=quote.number, title=quote.title)
    to_customer(quote, "quotes/email/sent", subject)


def accepted(quote):
    """The customer said yes: a copy for who signed, and the news for the office."""
    proof, offer = quote.acceptance, FormattedOffer(quote.acceptance.offer)
    subject = _("You accepted quote %(number)s: %(title)s", number=quote.number, title=quote.title)
    to_contact(quote.customer, proof.contact, "quotes/email/copy", subject, quote=quote, offer=offer)
    subject = _("%(name)s accepted quote %(number)s", name=proof.name, number=quote.number)
    outbox.to_office(quote.company, "quotes/email/accepted", subject, quote=quote, offer=offer)


def declined(quote, decline):
    """To the office: the customer said no."""
    subject = _("%(name)s declined quote %(number)s", name=decline.name, number=quote.number)
    outbox.to_office(quote.company, "quotes/email/answered", subject, quote=quote, words=decline.reason)


def change_requested(quote, wish):
    """To the office: the customer would like something to be different."""
    subject = _("%(name)s asks for changes to quote %(number)s", name=wish.name, number=quote.number)
    outbox.to_office(quote.company, "quotes/email/answered", subject, quote=quote, words=wish.message)


def to_customer(quote, template: str, subject: str):
    """To the contact the quote is for, or the customer's first one. Without any it is `Refused`."""
    if quote.customer.contact_for(quote.contact) is None:
        raise Refused(_("%(name)s has no contact to write to. Add one first.", name=quote.customer.name))
    to_contact(quote.customer, quote.contact, template, subject, quote=quote)
