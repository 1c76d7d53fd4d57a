"""Labels of the activity log: kinds of actors and subjects, actions, and changed values."""

import json
from datetime import date, datetime

from sergio.audit.actor import API_TOKEN, CONTACT, STAFF, STRIPE, SYSTEM
from sergio.companies.models import Company
from sergio.lib import money, phone
from sergio.lib.language import gettext as _
from sergio.lib.language import lazy_gettext as _l
from sergio.payments.methods import METHODS

ACTORS = {
    STAFF: _l("Staff"),
    CONTACT: _l("Customer"),
    API_TOKEN: _l("API"),
    STRIPE: _l("Stripe"),
    SYSTEM: _l("System"),
}

SUBJECTS = {
    "quote": _l("Quote"),
    "invoice": _l("Invoice"),
    "payment": _l("Payment"),
    "payment_attempt": _l("Card payment"),
    "refund": _l("Refund"),
    "dispute": _l("Dispute"),
    "appointment": _l("Appointment"),
    "service": _l("Service"),
    "customer": _l("Customer"),
    "contact": _l("Contact"),
    "property": _l("Service address"),
    "staff_member": _l("Staff member"),
    "sign_in": _l("Sign-in"),
    "api_token": _l("API token"),
    "outgoing_email": _l("Email"),
    "job": _l("Background job"),
    "company": _l("Company"),
    "stripe_event": _l("Stripe event"),
}
"""By the name of the table."""

PATHS = {
    "quote": "/office/quotes/{number}",
    "invoice": "/office/invoices/{number}",
    "appointment": "/office/schedule/{number}",
    "customer": "/office/customers/{number}",
}
"""The office's page of a subject, by the name of its table."""

ACTIONS = {
    "accepted": _l("Accepted"),
    "booked": _l("Booked"),
    "canceled": _l("Canceled"),
    "changed": _l("Changed"),
    "changed_colors": _l("Changed the colors"),
    "changed_currency": _l("Changed the currency"),
    "changed_logo": _l("Changed the logo"),
    "changed_profile": _l("Changed the company profile"),
    "changed_time_zone": _l("Changed the time zone"),
    "changed_visibility": _l("Changed what customers see"),
    "changed_welcome": _l("Changed the welcome message"),
    "changes_requested": _l("Requested changes"),
    "chose_customer": _l("Chose a customer"),
    "closed": _l("Closed"),
    "completed": _l("Completed"),
    "created": _l("Created"),
    "declined": _l("Declined"),
    "discarded": _l("Discarded"),
    "dismissed": _l("Dismissed"),
    "disputed": _l("Disputed"),
    "drafted": _l("Drafted"),
    "edited": _l("Edited"),
    "issued": _l("Issued"),
    "recorded": _l("Recorded"),
    "refunded": _l("Refunded"),
    "removed_logo": _l("Removed the logo"),
    "rescheduled": _l("Rescheduled"),
    "retried": _l("Retried"),
    "revised": _l("Revised"),
    "revoked": _l("Revoked"),
    "scheduled": _l("Scheduled"),
    "sent": _l("Sent"),
    "sent_extra_fields": _l("Sent fields that the form does not have"),
    "signed_in": _l("Signed in"),
    "signed_out": _l("Signed out"),
    "started": _l("Started"),
    "voided": _l("Voided"),
    "withdrawn": _l("Withdrawn"),
}

FIELDS = {
    "accent": _l("Accent color"),
    "amount": _l("Amount"),
    "brand": _l("Primary color"),
    "browser": _l("Browser"),
    "canceled_at": _l("Canceled"),
    "charges_enabled": _l("Can take card payments"),
    "city": _l("City"),
    "completed_at": _l("Completed"),
    "currency": _l("Currency"),
    "customer": _l("Customer"),
    "decline": _l("Decline reason"),
    "digest": _l("Fingerprint (SHA-256)"),
    "due": _l("Amount due"),
    "due_on": _l("Due"),
    "email": _l("Email"),
    "ends_at": _l("Ends"),
    "gets_receipts": _l("Gets every receipt"),
    "invoice": _l("Invoice"),
    "job": _l("Job"),
    "logo": _l("Logo (fingerprint)"),
    "message": _l("Message"),
    "method": _l("Payment method"),
    "name": _l("Name"),
    "payment": _l("Payment"),
    "phone": _l("Phone"),
    "postal_code": _l("ZIP or postal code"),
    "reason": _l("Reason"),
    "region": _l("State or region"),
    "role": _l("Role"),
    "staff_id": _l("Technician"),
    "starts_at": _l("Starts"),
    "status": _l("Status"),
    "street": _l("Street address"),
    "subject": _l("Subject"),
    "title": _l("Title"),
    "to": _l("To"),
    "total": _l("Total"),
    "valid_until": _l("Valid until"),
    "version": _l("Version"),
}
FORMATS = {
    "method": lambda value, company: str(METHODS.get(value) or spaced(value)),
    "phone": lambda value, company: phone.national(value, company.country),
    "status": lambda value, company: spaced(value),
}
"""The format of a value by the name of its field, where the type of the value does not decide."""
AMOUNTS = ("amount", "total", "due", "paid")
LONGEST = 200
"""Characters of a value that are shown at most."""


def action(name: str) -> str:
    return str(ACTIONS.get(name) or spaced(name))


def subject(table: str, number: int | None) -> str:
    """ "Quote 7"."""
    label = str(SUBJECTS.get(table) or spaced(table))
    return f"{label} {number}" if number else label


def path(table: str, number: int | None) -> str | None:
    """The office's page of a subject; None where it has none."""
    return PATHS[table].format(number=number) if number and table in PATHS else None


def changes(entry, company: Company, staff: dict[int, str]) -> list[str]:
    """The changes, one line each: "Name: Ana → Ana Ruiz", or "To: ana@example.com" if there is only one value.

    `entry` has the `before` and `after` of an `AuditEntry`; `staff` are the names of staff members by id.
    """
    lines = []
    for name in [*entry.after, *(name for name in entry.before if name not in entry.after)]:
        if is_unchanged(name, entry) or (name == "currency" and is_in_amounts(entry)):
            continue
        values = [shown(name, each, company, staff) for each in (entry.before, entry.after) if name in each]
        lines.append(f"{FIELDS.get(name) or spaced(name)}: {' → '.join(values)}")
    return lines


def is_unchanged(name: str, entry) -> bool:
    return name in entry.before and name in entry.after and entry.before[name] == entry.after[name]


def is_in_amounts(entry) -> bool:
    """Whether the currency already stands in an amount of the entry."""
    return "currency" not in entry.before and any(name.endswith(AMOUNTS) for name in entry.after)


def shown(name: str, values: dict, company: Company, staff: dict[int, str]) -> str:
    """A value, formatted; a dash if it is empty or missing."""
    value = values.get(name)
    if value is None or value == "":
        return "–"
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, int) and name.endswith(AMOUNTS) and values.get("currency"):
        return money.format_amount(value, values["currency"])
    if name == "staff_id":
        return staff.get(value, str(value))
    if name in FORMATS:
        return FORMATS[name](value, company)
    if name.endswith("_at") and isinstance(value, str):
        return moment(value, company)
    if name.endswith(("_on", "_until")) and isinstance(value, str):
        return day(value, company)
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def moment(text: str, company: Company) -> str:
    """An instant (ISO 8601 with its offset) in the company's time zone; other text unchanged."""
    try:
        return company.format_moment(datetime.fromisoformat(text))
    except ValueError:
        return text


def day(text: str, company: Company) -> str:
    """A day (ISO 8601) as the company writes it; other text as it is."""
    try:
        return company.format_day(date.fromisoformat(text))
    except ValueError:
        return text


def spaced(name: str) -> str:
    """ "Closing reason" of "closing_reason"."""
    return name.replace("_", " ").capitalize()
