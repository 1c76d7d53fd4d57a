"""What a dispute is about, and what to send the bank, in words (docs.stripe.com/disputes/categories)."""

from sergio.lib.language import lazy_gettext as _l

UNKNOWN = "general"
REASONS = {
    "fraudulent": _l("The cardholder says they did not make this payment."),
    "unrecognized": _l("The cardholder does not recognize this payment."),
    "product_not_received": _l("The customer says the work was not done."),
    "product_unacceptable": _l("The customer says the work was not as agreed."),
    "duplicate": _l("The customer says they paid twice for the same work."),
    "credit_not_processed": _l("The customer says they were promised money back and did not get it."),
    "subscription_canceled": _l("The customer says they had canceled before this payment."),
    "noncompliant": _l("The bank says a card network's rule was not followed."),
    "debit_not_authorized": _l("The customer told their bank that they did not allow this bank payment."),
    "insufficient_funds": _l("There was not enough money in the customer's bank account after all."),
    "incorrect_account_details": _l("The bank account was not the right one."),
    "bank_cannot_process": _l("The bank could not process this payment."),
    "check_returned": _l("The bank returned the payment."),
    "customer_initiated": _l("The customer took this payment back at their bank."),
    UNKNOWN: _l("The bank gave no particular reason."),
}

DONE = _l("The appointment: day, time, who was there, and photos of the finished work")
AGREED = _l("The quote as the customer accepted it, with name, date and signature")
MESSAGES = _l("Emails and messages with the customer, above all those that show they were content")
RECEIPT = _l("The invoice and the receipt")
POLICY = _l("Your terms for cancellations and refunds, and where the customer agreed to them")
KNOWN = _l("What shows who paid: name, email, address, and earlier payments that were never disputed")
CALL = _l("Call the customer first. If it was a misunderstanding, they can ask their bank to withdraw the dispute.")
TO_SEND = {
    "fraudulent": (CALL, KNOWN, AGREED, DONE, MESSAGES),
    "unrecognized": (CALL, RECEIPT, KNOWN, AGREED, DONE),
    "product_not_received": (CALL, DONE, AGREED, MESSAGES),
    "product_unacceptable": (CALL, AGREED, DONE, MESSAGES, POLICY),
    "duplicate": (
        _l("Check whether both payments were for the same work. If so, accept the dispute: don't send anything."),
        _l("The invoices and receipts of both payments, which show that they were for different work"),
        MESSAGES,
    ),
    "credit_not_processed": (
        _l("If you refunded it already: the date and the amount of the refund"),
        _l("If you did not promise a refund: why none was due"),
        POLICY,
        MESSAGES,
    ),
    "subscription_canceled": (
        POLICY,
        _l("When the customer canceled, and the work that was done after that"),
        MESSAGES,
    ),
    "noncompliant": (AGREED, DONE, RECEIPT, MESSAGES),
    UNKNOWN: (CALL, AGREED, DONE, RECEIPT, MESSAGES),
}
FINAL = (
    _l("The decision of a bank about a bank payment is final, so there is nothing to send."),
    _l("Call the customer, and agree on another way to pay."),
)
"""Disputes of bank debits can't be contested (docs.stripe.com/payments/ach-direct-debit#disputed-payments)."""
OF_BANKS = (
    "debit_not_authorized", "insufficient_funds", "incorrect_account_details", "bank_cannot_process", "check_returned",
    "customer_initiated",
)  # fmt: skip


def reason_of(reason: str) -> str:
    return str(REASONS.get(reason, REASONS[UNKNOWN]))


def checklist(reason: str, *, by_bank: bool) -> list[str]:
    """What to do about a dispute, and what to send; `by_bank` says that it was paid from a bank account."""
    if by_bank or reason in OF_BANKS:
        return [str(line) for line in FINAL]
    return [str(line) for line in TO_SEND.get(reason, TO_SEND[UNKNOWN])]
