"""The kinds of emails to customers: what each is for, and our words, which a company may replace by its own.

`{variables}` in the words are filled in from the values of an email (`wording`). What stands below the words, such as
an invoice's lines, is in the templates.
"""

from sergio.lib.language import lazy_gettext as _l
from sergio.outbox.account_kinds import (
    ADDRESS_APPROVED,
    ADDRESS_DECLINED,
    ADDRESS_TO_CONFIRM,
    DETAILS_CHANGED,
    DOCUMENT_LINK,
    EMAIL_CHANGED,
    EMAIL_TO_CONFIRM,
    INVITATION,
    NEW_DEVICE,
    SIGN_IN,
)
from sergio.outbox.appointment_kinds import (
    APPOINTMENT_ANSWERED,
    APPOINTMENT_BOOKED,
    APPOINTMENT_CANCELED,
    APPOINTMENT_CONFIRMED,
    APPOINTMENT_DECLINED,
    APPOINTMENT_MOVED,
    APPOINTMENT_NOT_BOOKED,
    APPOINTMENT_PROPOSED,
    APPOINTMENT_REASSIGNED,
    APPOINTMENT_REQUESTED,
    APPOINTMENT_SOON,
    ON_THE_WAY,
    SERIES_BOOKED,
    SERIES_CANCELED,
    SERIES_MOVED,
    TIME_OFFERED,
    WORK_DONE,
)
from sergio.outbox.kind import INVOICES, QUOTES, Kind

QUOTE_SENT = Kind(
    "quote_sent", QUOTES, _l("Quote sent"), "quotes/email/sent",
    _l("Quote {number}: {title}"),
    _l("Hello {first_name},\n\nHere is your quote."),
    ("number", "title", "amount", "until"),
)  # fmt: skip
QUOTE_UPDATED = Kind(
    "quote_updated", QUOTES, _l("Quote updated"), "quotes/email/sent",
    _l("Quote {number} was updated: {title}"),
    _l("Hello {first_name},\n\nWe updated your quote. Please review it again before you respond."),
    ("number", "title", "amount", "until"),
)  # fmt: skip
QUOTE_REMINDER = Kind(
    "quote_reminder", QUOTES, _l("Reminder of an open quote"), "quotes/email/reminder",
    _l("Reminder: quote {number} is open until {until}"),
    _l("Hello {first_name},\n\n{reason}"),
    ("number", "title", "amount", "until", "reason"),
    essential=False,
)  # fmt: skip
QUOTE_ACCEPTED = Kind(
    "quote_accepted", QUOTES, _l("Quote accepted"), "quotes/email/accepted",
    _l("You accepted quote {number}: {title}"),
    _l("Hello {first_name},\n\nThank you. You accepted this quote on {moment}:"),
    ("number", "title", "amount", "moment"),
)  # fmt: skip
QUOTE_REOPENED = Kind(
    "quote_reopened", QUOTES, _l("Acceptance canceled"), "quotes/email/acceptance_undone",
    _l("Quote {number} is open again: {title}"),
    _l(
        "Hello {first_name},\n\nYou accepted {title} on {day}. We canceled that acceptance, so nothing is agreed at "
        "the moment."
    ),
    ("number", "title", "day"),
)  # fmt: skip
QUOTE_ANSWERED = Kind(
    "quote_answered", QUOTES, _l("Our answer about a quote"), "quotes/email/replied",
    _l("Our answer about quote {number}"),
    _l("Hello {first_name},"), ("number", "title"),
)  # fmt: skip

INVOICE_SENT = Kind(
    "invoice_sent", INVOICES, _l("Invoice sent"), "invoices/email/invoice",
    _l("Invoice {number} from {company_name}"),
    _l("Hello {first_name},\n\n{amount} is due {day} for {title}."),
    ("number", "title", "amount", "day"),
)  # fmt: skip
INVOICE_PAY_LINK = Kind(
    "invoice_pay_link", INVOICES, _l("Link to pay an invoice"), "invoices/email/pay_link",
    _l("Pay invoice {number} from {company_name}"),
    _l("Hello {first_name},\n\n{amount} is due {day} for {title}."),
    ("number", "title", "amount", "day"),
)  # fmt: skip
INVOICE_DUE_SOON = Kind(
    "invoice_due_soon", INVOICES, _l("Reminder before an invoice is due"), "invoices/email/reminder",
    _l("Reminder: invoice {number} is due {day}"),
    _l("Hello {first_name},\n\nInvoice {number}, {title}, is due {day}. The amount due is {amount}."),
    ("number", "title", "amount", "day"),
    essential=False,
)  # fmt: skip
INVOICE_OVERDUE = Kind(
    "invoice_overdue", INVOICES, _l("Overdue invoice"), "invoices/email/reminder",
    _l("Reminder: invoice {number} was due {day}"),
    _l("Hello {first_name},\n\nInvoice {number}, {title}, was due {day}. {amount} is still open."),
    ("number", "title", "amount", "day"),
)  # fmt: skip
STATEMENT = Kind(
    "statement", INVOICES, _l("Statement"), "invoices/email/statement",
    _l("Your statement from {company_name}"),
    _l("Hello {first_name},\n\nHere is your statement from {day} to {until}."),
    ("day", "until"),
)  # fmt: skip
PAID = Kind(
    "paid", INVOICES, _l("Receipt for a payment"), "payments/email/receipt",
    _l("Your payment of {amount} to {company_name}"),
    _l("Hello {first_name},\n\nThank you. We received your payment of {amount} for {documents}."),
    ("amount", "documents"),
)  # fmt: skip
PAID_BY_OTHERS = Kind(
    "paid_by_others", INVOICES, _l("Receipt for someone else's payment"), "payments/email/receipt",
    _l("Payment of {amount} to {company_name}"),
    _l("Hello {first_name},\n\n{what}"), ("amount", "documents", "what"),
)  # fmt: skip
PAYMENT_FAILED = Kind(
    "payment_failed", INVOICES, _l("Bank payment failed"), "payments/email/debit_failed",
    _l("Your bank payment for {documents} did not go through"),
    _l("Hello {first_name},\n\n{what}"), ("amount", "documents", "what"),
)  # fmt: skip
PAYMENT_RETURNED = Kind(
    "payment_returned", INVOICES, _l("Bank payment returned"), "payments/email/debit_returned",
    _l("Your bank returned your payment for {documents}"),
    _l(
        "Hello {first_name},\n\nYour bank took back the {amount} for {documents} that it had paid before. {reason} "
        "The amount is due again. You can pay it another way."
    ),
    ("amount", "documents", "reason"),
)  # fmt: skip
BANK_ACCOUNT_TO_CONFIRM = Kind(
    "bank_account_to_confirm", INVOICES, _l("Bank account to confirm"), "payments/email/verify",
    _l("Confirm your bank account to pay {amount}"),
    _l("Hello {first_name},"), ("amount", "documents"),
)  # fmt: skip
REFUNDED = Kind(
    "refunded", INVOICES, _l("Refund"), "payments/email/refunded",
    _l("Your refund of {amount} from {company_name}"),
    _l("Hello {first_name},\n\nWe refunded {amount} of your payment for invoice {number}."),
    ("amount", "number"),
)  # fmt: skip
CARD_EXPIRES = Kind(
    "card_expires", INVOICES, _l("Saved card expires"), "payments/email/card_expires",
    _l("Your {title} expires soon"),
    _l(
        "Hello {first_name},\n\nThe card you saved with us, {title}, expires on {day}. Add your new card before then, "
        "so that your next payment goes through."
    ),
    ("title", "day"),
)  # fmt: skip

AUTOPAY_ON = Kind(
    "autopay_on", INVOICES, _l("Automatic payments turned on"), "payments/email/automatic",
    _l("Automatic payments are on"),
    _l("Hello {first_name},\n\nFrom now on, we charge your invoices to your {card} on the day they are due."),
    ("card",),
)  # fmt: skip
AUTOPAY_OFF = Kind(
    "autopay_off", INVOICES, _l("Automatic payments turned off"), "payments/email/automatic",
    _l("Automatic payments are off"),
    _l("Hello {first_name},\n\nWe no longer charge your invoices to your {card} automatically."),
    ("card",),
)  # fmt: skip
AUTOPAY_PLANNED = Kind(
    "autopay_planned", INVOICES, _l("Notice of an automatic payment"), "payments/email/automatic",
    _l("{amount} for invoice {number} will be paid on {day}"),
    _l(
        "Hello {first_name},\n\nWe will charge {amount} for invoice {number} to your {card} on {day}. You don't need "
        "to do anything."
    ),
    ("number", "amount", "day", "card"),
)  # fmt: skip
AUTOPAY_OVER_LIMIT = Kind(
    "autopay_over_limit", INVOICES, _l("Invoice over the limit"), "payments/email/automatic",
    _l("Invoice {number} is over your limit for automatic payments"),
    _l("Hello {first_name},\n\nWe won't charge invoice {number} automatically, because it is over your limit."),
    ("number", "amount", "card"),
)  # fmt: skip
AUTOPAY_TO_CONFIRM = Kind(
    "autopay_to_confirm", INVOICES, _l("Automatic payment to confirm"), "payments/email/automatic",
    _l("Confirm your payment of {amount} for invoice {number}"),
    _l(
        "Hello {first_name},\n\nYour bank wants you to confirm the payment of {amount} for invoice {number} yourself."
    ),
    ("number", "amount", "card"),
)  # fmt: skip
AUTOPAY_DECLINED = Kind(
    "autopay_declined", INVOICES, _l("Automatic payment declined"), "payments/email/automatic",
    _l("Your payment of {amount} for invoice {number} was declined"),
    _l("Hello {first_name},\n\nWe could not charge {amount} for invoice {number} to your {card}."),
    ("number", "amount", "card", "reason"),
)  # fmt: skip

KINDS = {
    kind.name: kind
    for kind in (
        *(QUOTE_SENT, QUOTE_UPDATED, QUOTE_REMINDER, QUOTE_ACCEPTED, QUOTE_REOPENED, QUOTE_ANSWERED),
        *(INVOICE_SENT, INVOICE_PAY_LINK, INVOICE_DUE_SOON, INVOICE_OVERDUE, STATEMENT),
        *(PAID, PAID_BY_OTHERS, PAYMENT_FAILED, PAYMENT_RETURNED, BANK_ACCOUNT_TO_CONFIRM, REFUNDED, CARD_EXPIRES),
        *(AUTOPAY_ON, AUTOPAY_PLANNED, AUTOPAY_OVER_LIMIT, AUTOPAY_TO_CONFIRM, AUTOPAY_DECLINED, AUTOPAY_OFF),
        *(APPOINTMENT_BOOKED, APPOINTMENT_REQUESTED, APPOINTMENT_CONFIRMED, APPOINTMENT_DECLINED),
        *(APPOINTMENT_PROPOSED, APPOINTMENT_MOVED, APPOINTMENT_REASSIGNED, APPOINTMENT_CANCELED),
        *(APPOINTMENT_NOT_BOOKED, TIME_OFFERED, APPOINTMENT_ANSWERED),
        *(SERIES_BOOKED, SERIES_MOVED, SERIES_CANCELED),
        *(APPOINTMENT_SOON, ON_THE_WAY, WORK_DONE),
        *(INVITATION, SIGN_IN, NEW_DEVICE, DOCUMENT_LINK, DETAILS_CHANGED, ADDRESS_APPROVED, ADDRESS_DECLINED),
        *(EMAIL_TO_CONFIRM, EMAIL_CHANGED, ADDRESS_TO_CONFIRM),
    )
}
OPTIONAL = {name: kind for name, kind in KINDS.items() if not kind.essential}
"""Those that a contact may say they don't want."""
