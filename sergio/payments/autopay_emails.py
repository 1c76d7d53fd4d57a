"""Emails about automatic payments. Each has the link that stops them, which works without a sign-in."""

from flask import current_app
from itsdangerous import BadSignature, URLSafeSerializer

from sergio import outbox
from sergio.auth.document_links import INVOICE, DocumentLink
from sergio.customers.emails import notify
from sergio.customers.roles import BILLING_FIRST
from sergio.lib.language import OFFICE, kept, speaking
from sergio.lib.language import gettext as _
from sergio.outbox.kind import Kind
from sergio.outbox.kinds import (
    AUTOPAY_DECLINED,
    AUTOPAY_OFF,
    AUTOPAY_ON,
    AUTOPAY_OVER_LIMIT,
    AUTOPAY_PLANNED,
    AUTOPAY_TO_CONFIRM,
)
from sergio.payments.autopay_formats import next_tries
from sergio.payments.autopay_statuses import NEEDS_CUSTOMER
from sergio.payments.consents import in_days
from sergio.payments.stripe import declines

STOP_PATH, PAGE = "/automatic-payments/stop/", "/portal/automatic-payments"


def stop_token(auto_pay) -> str:
    """Signed by us, so that whoever has the email can stop them, and nobody else."""
    return signer().dumps([auto_pay.company_id, auto_pay.id])


def read_stop_token(token: str) -> tuple[int, int] | None:
    """The company's id and that of the consent; None for what we did not sign."""
    try:
        company_id, auto_pay_id = signer().loads(token)
    except BadSignature:
        return None
    return company_id, auto_pay_id


def signer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.secret_key or "", salt="stop automatic payments")


def turned_on(auto_pay):
    """What was agreed to, for the customer's records."""
    with speaking(reader_of(auto_pay)):
        terms = {"limit": auto_pay.limit, "days": in_days(auto_pay.notice_days)}
        sentences = [
            _("We never charge more than %(limit)s at once, and we email you the amount %(days)s before.") % terms,
            _("You agreed to this: “%(text)s”", text=auto_pay.consent_text),
        ]
        about_method(auto_pay, AUTOPAY_ON, sentences)


def turned_off(auto_pay, *, by_customer: bool):
    """That nothing is charged any more, and who turned it off."""
    with speaking(reader_of(auto_pay)):
        sentences = [_("Reason: %(reason)s", reason=kept(auto_pay.ended_reason))] if auto_pay.ended_reason else []
        sentences.append(
            _("Please pay your next invoices yourself. You can turn automatic payments on again at any time.")
        )
        about_method(auto_pay, AUTOPAY_OFF, sentences, stops=False)
    if by_customer:
        turned_off_to_office(auto_pay)


@speaking(OFFICE)
def turned_off_to_office(auto_pay):
    subject = _("%(name)s turned off automatic payments", name=auto_pay.customer.name)
    outbox.to_office(auto_pay.company, "payments/email/automatic_off_to_office", subject, auto_pay=auto_pay)


def planned(charge):
    """The amount and the day, and how to skip it."""
    with speaking(reader_of(charge.auto_pay)):
        skip = _("If you want to pay this invoice another way, skip this payment before that day.")
        day = (_("Day of the payment"), values_of(charge)["day"])
        url = charge.company.url(PAGE)
        about_charge(charge, AUTOPAY_PLANNED, [skip], _("See or skip this payment"), url, day)


def over_cap(charge):
    """That an invoice is not charged because it is over the limit."""
    auto_pay = charge.auto_pay
    with speaking(reader_of(auto_pay)):
        label = _("Pay %(amount)s", amount=values_of(charge)["amount"])
        limit = (_("Your limit"), auto_pay.limit)
        about_charge(
            charge, AUTOPAY_OVER_LIMIT, [_("Pay it yourself, or raise your limit.")], label, pay_url(charge), limit
        )


def declined(charge):
    """Why, what happens next, and the button that pays it now."""
    with speaking(reader_of(charge.auto_pay)):
        amount = values_of(charge)["amount"]
        if charge.status == NEEDS_CUSTOMER:
            sentence = _("You have not been charged. It takes a minute, and we won't try it again.")
            label = _("Confirm and pay %(amount)s", amount=amount)
            about_charge(charge, AUTOPAY_TO_CONFIRM, [sentence], label, pay_url(charge))
        else:
            label = _("Pay %(amount)s now", amount=amount)
            about_charge(charge, AUTOPAY_DECLINED, [reason(charge), next_tries(charge)], label, pay_url(charge))
    declined_to_office(charge)


@speaking(OFFICE)
def declined_to_office(charge):
    auto_pay = charge.auto_pay
    facts = values_of(charge) | {"name": auto_pay.customer.name}
    if charge.status == NEEDS_CUSTOMER:
        subject = _("%(name)s has to confirm the automatic payment for invoice %(number)s") % facts
    else:
        subject = _("The automatic payment from %(name)s for invoice %(number)s was declined") % facts
    context = {"charge": charge, "auto_pay": auto_pay, "why": reason(charge), "then": next_tries(charge)}
    outbox.to_office(auto_pay.company, "payments/email/automatic_declined_to_office", subject, **context)


def reason(charge) -> str:
    return declines.sentence_for(charge.decline, charge.auto_pay.method.method)


def reader_of(auto_pay) -> str:
    """The language of the contact who gets the emails."""
    return auto_pay.customer.language_for(auto_pay.contact, BILLING_FIRST)


def values_of(charge) -> dict[str, str]:
    auto_pay, invoice = charge.auto_pay, charge.invoice
    return {
        "amount": invoice.money(invoice.due),
        "number": invoice.reference,
        "card": auto_pay.method.label,
        "day": auto_pay.company.format_day(charge.next_on),
    }


def pay_url(charge) -> str:
    """The link that opens the invoice without a sign-in, where it can be paid."""
    auto_pay = charge.auto_pay
    return DocumentLink.for_email(auto_pay.customer, auto_pay.contact, INVOICE, charge.invoice.number, BILLING_FIRST)


def about_method(auto_pay, kind: Kind, sentences: list[str], *, stops: bool = True):
    """To the customer, in the language that is spoken, with the method it is about: a company may leave it out of its
    own words.
    """
    card = auto_pay.method.label
    send(auto_pay, kind, {"card": card}, sentences, stops=stops, facts=[(_("Payment method"), card)])


def about_charge(charge, kind: Kind, sentences: list[str], button: str, url: str, *more: tuple[str, str]):
    """To the customer, in the language that is spoken; `more` are facts besides the invoice, amount and card."""
    values, auto_pay = values_of(charge), charge.auto_pay
    if kind is AUTOPAY_DECLINED:
        values["reason"] = reason(charge)
    facts = [
        (_("Invoice"), f"{values['number']}, {charge.invoice.title}"),
        (_("Amount due"), values["amount"]),
        (_("Payment method"), values["card"]),
        *more,
    ]
    send(auto_pay, kind, values, sentences, facts=facts, button=button, url=url, charge=charge)


def send(auto_pay, kind: Kind, values: dict[str, str], sentences: list[str], *, stops: bool = True, **more):
    company = auto_pay.company
    stop_url = company.url(STOP_PATH + stop_token(auto_pay)) if stops else ""
    about = {"auto_pay": auto_pay, "sentences": sentences, "stop_url": stop_url, "facts": ()}
    about |= {"button": _("Your automatic payments"), "url": company.url(PAGE), **more}
    notify(auto_pay.customer, auto_pay.contact, kind, values, BILLING_FIRST, **about)
