"""What the contacts of a customer may do in the portal, by role; `sergio.permissions` has what each page needs."""

from sergio.lib.language import lazy_gettext as _l

FULL, BILLING, READ = ROLES = ("full", "billing", "read")

OWN_ACCESS = "own_access"
"""The home page, the account page, one's own devices, signing out."""
SEE_MONEY = "see_money"
"""Invoices, payments and receipts."""
SEE_WORK = "see_work"
"""Quotes, appointments and the service history."""
OWN_DETAILS = "own_details"
"""Changing one's own name, phone number and emails."""
PAY = "pay"
DECIDE = "decide"
"""Answering quotes, and booking, moving and canceling appointments."""

PERMISSIONS = {
    FULL: {OWN_ACCESS, SEE_MONEY, SEE_WORK, OWN_DETAILS, PAY, DECIDE},
    BILLING: {OWN_ACCESS, SEE_MONEY, OWN_DETAILS, PAY},
    READ: {OWN_ACCESS, SEE_MONEY, SEE_WORK},
}
FULL_FIRST = (FULL, READ, BILLING)
"""The widest first."""
WORK_FIRST = (FULL, READ)
"""Who gets emails about appointments, and about quotes that need no decision: who may see them."""
BILLING_FIRST = (BILLING, FULL, READ)
"""Who gets emails about invoices and payments."""
DECIDERS = (FULL,)
"""Who gets quotes."""

LABELS = {FULL: _l("Everything"), BILLING: _l("Billing only"), READ: _l("Read only")}
EXPLAINED = {
    FULL: _l("Sees everything, accepts quotes, pays, and books."),
    BILLING: _l("Sees and pays invoices. No quotes and no appointments."),
    READ: _l("Sees everything, but can't accept, pay, book, or change anything."),
}


def may(role: str, permission: str) -> bool:
    return permission in PERMISSIONS[role]
