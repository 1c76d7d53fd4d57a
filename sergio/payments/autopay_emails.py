"""Emails about automatic payments. Each has the link that stops them, which works without a sign-in."""

from flask import current_app
from itsdangerous import BadSignature, URLSafeSerializer

from sergio import outbox
from sergio.customers.emails import to_contact
from sergio.customers.roles import BILLING_FIRST
from sergio.lib.language import OFFICE, kept, speaking
from sergio.lib.language import gettext as _
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
        facts = {"card": auto_pay.method.label, "limit": auto_pay.limit, "days": in_days(auto_pay.notice_days)}
        lines = [
            _("From now on, we charge your invoices to your %(card)s on the day they are due.") % facts,
            _("We never charge more than %(limit)s at once, and we email you the amount %(days)s before.") % facts,
            _("You agreed to this: “%(text)s”", text=auto_pay.consent_text),
        ]
        send(auto_pay, _("Automatic payments are on"), lines)


def turned_off(auto_pay, *, by_customer: bool):
    """That nothing is charged any more, and who turned it off."""
    with speaking(reader_of(auto_pay)):
        lines = [_("We no longer charge your invoices to your %(card)s automatically.", card=auto_pay.method.label)]
        if auto_pay.ended_reason:
            lines.append(_("Reason: %(reason)s", reason=kept(auto_pay.ended_reason)))
        lines.append(_("Please pay your next invoices yourself. You can turn automatic payments on again at any time."))
        send(auto_pay, _("Automatic payments are off"), lines, stops=False)
    if by_customer:
        turned_off_to_office(auto_pay)


@speaking(OFFICE)
def turned_off_to_office(auto_pay):
    subject = _("%(name)s turned off automatic payments", name=auto_pay.customer.name)
    outbox.to_office(auto_pay.company, "payments/email/automatic_off_to_office", subject, auto_pay=auto_pay)


def planned(charge):
    """The amount and the day, and how to skip it."""
    auto_pay = charge.auto_pay
    with speaking(reader_of(auto_pay)):
        facts = facts_of(charge)
        subject = _("%(amount)s for invoice %(number)s will be paid on %(day)s") % facts
        lines = [
            _(
                "We will charge %(amount)s for invoice %(number)s to your %(card)s on %(day)s. "
                "You don't need to do anything."
            )
            % facts,
            _("If you want to pay this invoice another way, skip this payment before that day."),
        ]
        send(auto_pay, subject, lines, charge=charge, button=(_("See or skip this payment"), PAGE))


def over_cap(charge):
    """That an invoice is not charged because it is over the limit."""
    auto_pay = charge.auto_pay
    with speaking(reader_of(auto_pay)):
        facts = facts_of(charge)
        subject = _("Invoice %(number)s is over your limit for automatic payments") % facts
        lines = [
            _("Invoice %(number)s is for %(amount)s. Your limit is %(limit)s, so we won't charge it automatically.")
            % facts,
            _("Pay it yourself, or raise your limit."),
        ]
        send(auto_pay, subject, lines, charge=charge, button=(_("Pay %(amount)s") % facts, charge.pay_path))


def declined(charge):
    """Why, what happens next, and the button that pays it now."""
    auto_pay = charge.auto_pay
    with speaking(reader_of(auto_pay)):
        facts = facts_of(charge)
        if charge.status == NEEDS_CUSTOMER:
            subject = _("Confirm your payment of %(amount)s for invoice %(number)s") % facts
            lines = [
                _("Your bank wants you to confirm the payment of %(amount)s for invoice %(number)s yourself.") % facts,
                _("You have not been charged. It takes a minute, and we won't try it again."),
            ]
            label = _("Confirm and pay %(amount)s") % facts
        else:
            subject = _("Your payment of %(amount)s for invoice %(number)s was declined") % facts
            lines = [reason(charge), next_tries(charge)]
            label = _("Pay %(amount)s now") % facts
        send(auto_pay, subject, lines, charge=charge, button=(label, charge.pay_path))
    declined_to_office(charge)


@speaking(OFFICE)
def declined_to_office(charge):
    auto_pay = charge.auto_pay
    about = _("The automatic payment from %(name)s for invoice %(number)s was declined") % facts_of(charge)
    context = {"charge": charge, "auto_pay": auto_pay, "why": reason(charge), "then": next_tries(charge)}
    outbox.to_office(auto_pay.company, "payments/email/automatic_declined_to_office", about, **context)


def reason(charge) -> str:
    return declines.sentence_for(charge.decline, charge.auto_pay.method.method)


def reader_of(auto_pay) -> str:
    """The language of the contact who gets the emails."""
    return auto_pay.customer.language_for(auto_pay.contact, BILLING_FIRST)


def facts_of(charge) -> dict:
    auto_pay, invoice = charge.auto_pay, charge.invoice
    return {
        "amount": invoice.money(invoice.due),
        "number": invoice.reference,
        "card": auto_pay.method.label,
        "day": auto_pay.company.format_day(charge.next_on),
        "limit": auto_pay.limit,
        "name": auto_pay.customer.name,
    }


def send(auto_pay, subject: str, lines: list[str], *, charge=None, button=None, stops: bool = True):
    company = auto_pay.company
    label, path = button or (_("Your automatic payments"), PAGE)
    context = {"lines": lines, "button": label, "url": company.url(path)}
    context["stop_url"] = company.url(STOP_PATH + stop_token(auto_pay)) if stops else ""
    to_contact(
        auto_pay.customer, auto_pay.contact, "payments/email/automatic", subject, BILLING_FIRST,
        auto_pay=auto_pay, charge=charge, **context,
    )  # fmt: skip
