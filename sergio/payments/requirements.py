"""Sentences for what Stripe asks a company for, and for why it stops an account."""

from collections.abc import Iterable

from sergio.lib.language import gettext as _
from sergio.lib.language import lazy_gettext as _l

ASKED = {
    "business_profile.url": _l("Your website, or a description of what you do"),
    "business_profile.product_description": _l("Your website, or a description of what you do"),
    "business_profile.mcc": _l("Your industry"),
    "business_profile": _l("Details about your business"),
    "business_type": _l("What kind of business you are"),
    "external_account": _l("The bank account for your payouts"),
    "tos_acceptance": _l("Your agreement to Stripe's terms"),
    "company.tax_id": _l("Your tax ID (EIN)"),
    "company.verification": _l("A document about your business"),
    "company.address": _l("Your business address"),
    "company": _l("Details about your business"),
    "settings": _l("What customers see on their bank statement"),
    "verification.document": _l("A photo of the ID of an owner or representative"),
    "verification.additional_document": _l("Proof of the address of an owner or representative"),
    "id_number": _l("The Social Security number of an owner or representative"),
    "ssn_last_4": _l("The Social Security number of an owner or representative"),
    "dob": _l("The date of birth of an owner or representative"),
    "address": _l("The home address of an owner or representative"),
    "owners": _l("Who owns the business"),
    "directors": _l("Who the directors are"),
    "executives": _l("Who the executives are"),
}
"""By the beginning of Stripe's name for it, of persons without who it is: docs.stripe.com/connect/required-verification
-information. The longest that fits counts.
"""
PERSONS = ("individual.", "person_", "representative.", "owners.", "directors.", "executives.")
STOPPED = {
    "rejected.fraud": _l("Stripe closed the account because it suspects fraud."),
    "rejected.terms_of_service": _l("Stripe closed the account because of its terms of service."),
    "rejected.incomplete_verification": _l("Stripe closed the account because details were never confirmed."),
    "rejected": _l("Stripe closed the account."),
    "listed": _l("Stripe is checking the account against lists of banned persons."),
    "platform_paused": _l("The people who run this installation paused the account."),
    "requirements.past_due": _l("Stripe stopped the account because details are overdue."),
    "requirements.pending_verification": _l("Stripe is checking your details. That can take a few days."),
    "under_review": _l("Stripe is reviewing the account. That can take a few days."),
    "action_required.requested_capabilities": _l("Stripe needs more details to turn on payments."),
}


def in_words(names: Iterable[str]) -> list[str]:
    """What Stripe asks for, each once, in its order."""
    return list(dict.fromkeys(asked_for(name) for name in names))


def asked_for(name: str) -> str:
    if name.startswith(PERSONS) and "." in name:
        person, _dot, detail = name.partition(".")
        return str(longest(detail, ASKED) or ASKED.get(person) or _("Details about an owner or representative"))
    return str(longest(name, ASKED) or _("Other details that Stripe will ask you for"))


def why_stopped(reason: str) -> str:
    """A sentence for the reason for which Stripe disabled an account."""
    return str(longest(reason, STOPPED) or _("Stripe disabled the account. Its dashboard says why."))


def longest(name: str, sentences: dict):
    """The sentence of the longest beginning of a name, cut at its dots."""
    while name:
        if name in sentences:
            return sentences[name]
        name = name.rpartition(".")[0]
    return None
