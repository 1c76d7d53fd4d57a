"""The changed values of an entry of the activity log, formatted."""

import json
from collections.abc import Collection, Iterator
from datetime import date, datetime

from sergio import pricing
from sergio.companies.models import Company
from sergio.customers.roles import LABELS as ROLES
from sergio.lib import money, phone
from sergio.lib.language import LANGUAGES
from sergio.lib.language import gettext as _
from sergio.lib.language import lazy_gettext as _l
from sergio.overview.activity_labels import action, labeled, spaced
from sergio.payments.methods import METHODS
from sergio.payments.setting_forms import RECEIPTS_TO

FIELDS = {
    "accepts_bank_debits": _l("Bank payments accepted"),
    "accepts_cards": _l("Cards accepted"),
    "add": _l("New customers"),
    "allows_part_payments": _l("Part payments allowed"),
    "bank_debits_enabled": _l("Can take bank payments"),
    "cards_enabled": _l("Can take cards"),
    "copies_receipts": _l("Copies of receipts to the office"),
    "part_payment_minimum": _l("Smallest part payment"),
    "receipts_to": _l("Receipts go to"),
    "accent": _l("Accent color"),
    "amount": _l("Amount"),
    "bookable": _l("Takes appointments"),
    "approves_addresses": _l("Service addresses need approval"),
    "limit_amount": _l("Daily limit"),
    "new_email": _l("New email"),
    **dict.fromkeys(("booking_approval", "needs_approval"), _l("Needs approval")),
    "booking_message": _l("Message while booking is off"),
    "booking_open": _l("Online booking"),
    "new_customers_book": _l("New customers can book, too"),
    "guarantee": _l("To book, customers"),
    "brand": _l("Primary color"),
    "browser": _l("Browser"),
    "buffer_minutes": _l("Time between appointments"),
    "cancel_minutes": _l("Cancellation cutoff (minutes before)"),
    "canceled_at": _l("Canceled"),
    "charges_enabled": _l("Can take online payments"),
    "cap_amount": _l("Most at once"),
    "consent": _l("Agreement"),
    "offers_autopay": _l("Automatic payments offered"),
    "on": _l("Day"),
    "paid_with": _l("Paid with"),
    "saves_methods": _l("Cards can be saved"),
    "attachment": _l("Attachment"),
    "autopay_notice_days": _l("Notice before an automatic payment (days)"),
    "caption": _l("Caption"),
    "card": _l("Another card"),
    "cities": _l("Cities"),
    "cards": _l("Different cards"),
    "city": _l("City"),
    "completed_at": _l("Completed"),
    "contact": _l("Contact"),
    "contacts": _l("Contacts"),
    "country": _l("Country"),
    "currency": _l("Currency"),
    "customer": _l("Customer"),
    "decline": _l("Decline reason"),
    **dict.fromkeys(("opening", "text"), _l("Text")),
    "unwanted_emails": _l("Emails they don't want"),
    "declines": _l("Declines"),
    **dict.fromkeys(("deposit_amount", "deposit_rate"), _l("Deposit")),
    "detail": _l("Details"),
    "digest": _l("Fingerprint (SHA-256)"),
    "due": _l("Amount due"),
    "due_on": _l("Due"),
    "done_at": _l("Time"),
    "done_by": _l("Done by"),
    "error": _l("Lines with mistakes"),
    "exempts_known": _l("Known addresses are always in"),
    "email": _l("Email"),
    "emails_summary": _l("Email a summary when it's done"),
    "ends": _l("Ends with its period"),
    "ends_at": _l("Ends"),
    "fields": _l("Fields"),
    "file": _l("File"),
    "further": _l("Lines with more of them"),
    "gets_receipts": _l("Gets every receipt"),
    "history_months": _l("Months of service history"),
    "horizon_days": _l("Bookable days ahead"),
    "host": _l("Website"),
    "hours": _l("Weekly hours"),
    "invoice": _l("Invoice"),
    "invoices": _l("Invoices"),
    "invoice_notes": _l("Notes on invoices"),
    "invoice_prefix": _l("Invoice prefix"),
    "next_number": _l("Next number"),
    "payment_days": _l("Payment terms (days)"),
    "reminder_days": _l("Reminders (days after the due day)"),
    "terms": _l("Terms"),
    "until": _l("Until"),
    "from": _l("From"),
    "job": _l("Job"),
    "kind": _l("Kind"),
    "kept": _l("Customers kept"),
    "language": _l("Language"),
    "lead_minutes": _l("Minimum notice (minutes)"),
    "lines": _l("Lines"),
    "logo": _l("Logo (fingerprint)"),
    "message": _l("Message"),
    "method": _l("Payment method"),
    "minutes": _l("Duration (minutes)"),
    "most_bookings": _l("Maximum upcoming appointments per customer"),
    "name": _l("Name"),
    "network": _l("Network"),
    "note": _l("Note"),
    "number": _l("Number"),
    "document": _l("Document"),
    "payment": _l("Payment"),
    "phone": _l("Phone"),
    "plan": _l("Plan"),
    "postal_codes": _l("ZIP or postal codes"),
    "postal_code": _l("ZIP or postal code"),
    "price_amount": _l("Price"),
    "price_is_fixed": _l("Fixed price"),
    "public": _l("Customer sees it"),
    "question": _l("Question"),
    "quiet_from": _l("Quiet from"),
    "quiet_until": _l("Quiet until"),
    "quote_days": _l("Days a quote is valid"),
    "quote_deposit_rate": _l("Deposit of new quotes"),
    "quote_reminder_after": _l("Reminder of a quote (days after sending)"),
    "quote_reminder_before": _l("Reminder of a quote (days before it expires)"),
    "radius": _l("Travel radius (meters)"),
    "reason": _l("Reason"),
    "region": _l("State or region"),
    "reminds_days_before": _l("Reminder two days before an appointment"),
    "reminds_hours_before": _l("Reminder two hours before an appointment"),
    "removed": _l("Customers removed"),
    "reschedule_minutes": _l("Reschedule cutoff (minutes before)"),
    "restored": _l("Former values restored"),
    "role": _l("Role"),
    "shows_documents": _l("PDFs to download"),
    "shows_history": _l("Service history"),
    "shows_invoices": _l("Invoices and payments"),
    "shows_line_prices": _l("Prices of lines"),
    "shows_notes": _l("Notes for customers"),
    "shows_photos": _l("Photos for customers"),
    "shows_quotes": _l("Quotes"),
    "shows_technician": _l("Technician's name"),
    "skip": _l("Lines skipped"),
    "slot_minutes": _l("Start times (minutes)"),
    "staff_id": _l("Technician"),
    "starts_at": _l("Starts"),
    "status": _l("Status"),
    "stripe_account": _l("Stripe account"),
    "step": _l("Step"),
    "street": _l("Street address"),
    "subdomain": _l("Portal address"),
    "subject": _l("Subject"),
    **dict.fromkeys(("tax_ppm", "tax_rate"), _l("Tax rate")),
    "time_zone": _l("Time zone"),
    "times": _l("Times"),
    "travel_minutes": _l("Extra minutes for each trip"),
    "travel_speed": _l("Speed of trips (meters a minute)"),
    "title": _l("Title"),
    "to": _l("To"),
    "total": _l("Total"),
    "update": _l("Customers updated"),
    "unit": _l("Unit"),
    "valid_until": _l("Valid until"),
    "version": _l("Version"),
    "wanted_starts_at": _l("Requested time"),
    "welcome": _l("Welcome message"),
}
FORMATS = {
    **dict.fromkeys(
        ("deposit_rate", "quote_deposit_rate", "tax_rate"), lambda value, company: pricing.format_rate(value)
    ),
    **dict.fromkeys(("kind", "status"), lambda value, company: spaced(value)),
    "language": lambda value, company: LANGUAGES.get(value, value),
    "method": lambda value, company: labeled(METHODS, value),
    "phone": lambda value, company: phone.national(value, company.country),
    "receipts_to": lambda value, company: labeled(RECEIPTS_TO, value),
    "role": lambda value, company: labeled(ROLES, value),
    "step": lambda value, company: action(value),
    "part_payment_minimum": lambda value, company: company.money(value),
    "tax_ppm": lambda value, company: pricing.format_tax_rate(value),
}
"""The format of a value by the name of its field, where the type of the value does not decide."""
AMOUNTS = ("amount", "total", "due", "paid")
LONGEST = 200
"""Characters of a value that are shown at most."""


def changes(entry, company: Company, staff: dict[int, str], *, without: Collection[str] = ()) -> Iterator[str]:
    """The changes, one line each: "Name: Ana → Ana Ruiz", or "To: ana@example.com" if there is only one value.

    `entry` has the `before` and `after` of an `AuditEntry`; `staff` are the names of staff members by id. Fields that
    are in `without` are left out.
    """
    before, after = entry.before, entry.after
    for name in [*after, *(name for name in before if name not in after)]:
        is_unchanged = name in before and name in after and before[name] == after[name]
        if name in without or is_unchanged or (name == "currency" and is_in_amounts(before, after)):
            continue
        values = [shown(name, each, company, staff) for each in (before, after) if name in each]
        yield f"{labeled(FIELDS, name)}: {' → '.join(values)}"


def is_in_amounts(before: dict, after: dict) -> bool:
    """Whether the currency already stands in an amount of the entry."""
    return "currency" not in before and any(name.endswith(AMOUNTS) for name in after)


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
