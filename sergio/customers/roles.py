"""What the contacts of a customer may do in the portal, by role; `sergio.permissions` has what each page needs."""

from sergio.lib.language import lazy_gettext as _l

FULL, LIMITED, BOOKING, BILLING, READ = ROLES = ("full", "limited", "booking", "billing", "read")

OWN_ACCESS = "own_access"
"""The home page, the account page, one's own devices, signing out."""
SEE_MONEY = "see_money"
"""Invoices, payments and receipts."""
SEE_WORK = "see_work"
"""Quotes, appointments and the service history."""
OWN_DETAILS = "own_details"
"""Changing one's own name, phone number, email address and emails."""
PAY = "pay"
AUTOMATE = "automate"
"""Turning on automatic payments, which go on without whoever did it."""
DECIDE = "decide"
"""Answering quotes."""
BOOK = "book"
"""Booking, moving and canceling appointments, and the service addresses."""
PEOPLE = "people"
"""Inviting and removing other contacts of the customer."""

EVERYTHING = {OWN_ACCESS, SEE_MONEY, SEE_WORK, OWN_DETAILS, PAY, AUTOMATE, DECIDE, BOOK, PEOPLE}
PERMISSIONS = {
    FULL: EVERYTHING,
    LIMITED: EVERYTHING - {AUTOMATE, PEOPLE},
    BOOKING: {OWN_ACCESS, SEE_MONEY, SEE_WORK, OWN_DETAILS, BOOK},
    BILLING: {OWN_ACCESS, SEE_MONEY, OWN_DETAILS, PAY, AUTOMATE},
    READ: {OWN_ACCESS, SEE_MONEY, SEE_WORK},
}
FULL_FIRST = (FULL, LIMITED, BOOKING, READ, BILLING)
"""The widest first."""
WORK_FIRST = (FULL, LIMITED, BOOKING, READ)
"""Who gets emails about appointments, and about quotes that need no decision: who may see them."""
BILLING_FIRST = (BILLING, FULL, LIMITED, READ, BOOKING)
"""Who gets emails about invoices and payments."""
DECIDERS = (FULL,)
"""Who gets quotes."""

LABELS = {
    FULL: _l("Everything"),
    LIMITED: _l("Up to a limit"),
    BOOKING: _l("Booking only"),
    BILLING: _l("Billing only"),
    READ: _l("Read only"),
}
EXPLAINED = {
    FULL: _l("Sees everything, accepts quotes, pays, and books."),
    LIMITED: _l("Sees everything and books. Accepts quotes and pays, each up to a daily limit."),
    BOOKING: _l("Sees everything and books. Can't accept quotes or pay."),
    BILLING: _l("Sees and pays invoices. No quotes and no appointments."),
    READ: _l("Sees everything, but can't accept, pay, book, or change anything."),
}


def may(role: str, permission: str) -> bool:
    return permission in PERMISSIONS[role]
