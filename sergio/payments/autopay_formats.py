"""Sentences about automatic payments, for pages and emails."""

from sergio.lib.language import gettext as _
from sergio.payments.autopay_statuses import DECLINED, NEEDS_CUSTOMER


def next_tries(charge) -> str:
    """When it is tried again, as a sentence for both sides."""
    if charge.status == DECLINED:
        days = [charge.company.format_day(day) for day in charge.tries_ahead]
        if len(days) > 1:
            return _("The next attempts are on %(first)s and, if needed, on %(second)s.", first=days[0], second=days[1])
        return _("The last attempt is on %(day)s.", day=days[0])
    if charge.status == NEEDS_CUSTOMER:
        return _("It won't be tried again, because the bank wants the customer to confirm it.")
    return _("It won't be tried again. The invoice has to be paid another way.")


def off(sent) -> tuple[str, str]:
    """What to say once they are off: a payment that was sent before may still be taken."""
    if sent is None:
        return _("Automatic payments are off. Nothing more will be charged."), "success"
    facts = {"amount": sent.money(), "number": sent.invoice.reference}
    sentence = _(
        "Automatic payments are off. The payment of %(amount)s for invoice %(number)s was already sent to your bank, "
        "so it may still be taken."
    )
    return sentence % facts, "warning"
