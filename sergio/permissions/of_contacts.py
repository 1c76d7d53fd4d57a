"""Which permission each page of the portal needs. A page that is not listed is refused to all but the full role."""

from functools import cache

from sergio.customers import roles
from sergio.customers.roles import AUTOMATE, BOOK, DECIDE, OWN_ACCESS, OWN_DETAILS, PAY, PEOPLE, SEE_MONEY, SEE_WORK

BOOKING_PHOTOS = ("add_photos", "remove_photo", "large_photo", "small_photo")
WAITLIST = ("show", "offer", "new", "create", "accept", "decline", "leave")
PORTAL_NEEDED = {
    "portal.home.index": OWN_ACCESS,
    "portal.devices.index": OWN_ACCESS,
    "portal.devices.end": OWN_ACCESS,
    "portal.devices.end_all": OWN_ACCESS,
    **dict.fromkeys((f"portal.links_sent.{name}" for name in ("own", "revoke_own")), OWN_ACCESS),
    **dict.fromkeys((f"portal.account.{name}" for name in ("show", "edit_emails", "update_emails")), OWN_ACCESS),
    "portal.seen.note": OWN_ACCESS,
    "portal.account.update": OWN_DETAILS,
    **dict.fromkeys((f"portal.email_change.{name}" for name in ("edit", "update", "withdraw")), OWN_DETAILS),
    **dict.fromkeys((f"portal.places.{name}" for name in ("new", "create", "edit", "update")), BOOK),
    **dict.fromkeys((f"portal.places.{name}" for name in ("archive", "withdraw")), BOOK),
    **dict.fromkeys((f"portal.people.{name}" for name in ("index", "new", "create", "edit", "update")), PEOPLE),
    **dict.fromkeys((f"portal.people.{name}" for name in ("invite_again", "remove")), PEOPLE),
    "portal.quotes.index": SEE_WORK,
    "portal.quotes.show": SEE_WORK,
    "portal.quotes.total": SEE_WORK,
    "portal.quotes.preview": SEE_WORK,
    "portal.quotes.look": SEE_WORK,
    "portal.quotes.download": SEE_WORK,
    "portal.quotes.attachment": SEE_WORK,
    "portal.quotes.small_attachment": SEE_WORK,
    "portal.quotes.accept": DECIDE,
    "portal.quotes.pay_deposit": DECIDE,
    "portal.quotes.decline": DECIDE,
    "portal.quotes.ask_for_changes": DECIDE,
    "portal.invoices.index": SEE_MONEY,
    "portal.invoices.show": SEE_MONEY,
    "portal.invoices.download": SEE_MONEY,
    "portal.statement.show": SEE_MONEY,
    "portal.statement.download": SEE_MONEY,
    "portal.payments.receipt": SEE_MONEY,
    "portal.payment_history.index": SEE_MONEY,
    "portal.payment_history.show": SEE_MONEY,
    "portal.payments.show": SEE_MONEY,
    "portal.payments.new": PAY,
    "portal.payments.create": PAY,
    "portal.pay.new": PAY,
    "portal.pay.create": PAY,
    "portal.payment_methods.index": PAY,
    "portal.payment_methods.create": PAY,
    "portal.payment_methods.edit": PAY,
    "portal.payment_methods.show": PAY,
    "portal.payment_methods.choose": PAY,
    "portal.payment_methods.remove": PAY,
    "portal.automatic_payments.show": PAY,
    "portal.automatic_payments.create": AUTOMATE,
    **dict.fromkeys((f"portal.automatic_payments.{name}" for name in ("end", "skip")), PAY),
    "portal.history.show": SEE_WORK,
    "portal.appointments.index": SEE_WORK,
    "portal.appointments.show": SEE_WORK,
    "portal.appointments.confirmation": SEE_WORK,
    "portal.appointments.download": SEE_WORK,
    "portal.appointments.large_photo": SEE_WORK,
    "portal.appointments.small_photo": SEE_WORK,
    "portal.appointments.new_change_request": BOOK,
    "portal.appointments.ask": BOOK,
    "portal.appointments.choose": BOOK,
    "portal.appointments.withdraw": BOOK,
    "portal.appointments.edit": BOOK,
    "portal.appointments.review": BOOK,
    "portal.appointments.reschedule": BOOK,
    "portal.appointments.cancel": BOOK,
    "portal.booking.index": BOOK,
    "portal.booking.place": BOOK,
    "portal.booking.new_place": BOOK,
    "portal.booking.time": BOOK,
    "portal.booking.hold": BOOK,
    "portal.booking.details": BOOK,
    "portal.booking.keep": BOOK,
    "portal.booking.create": BOOK,
    **dict.fromkeys((f"portal.booking.{name}" for name in BOOKING_PHOTOS), BOOK),
    **dict.fromkeys((f"portal.own_photos.{name}" for name in ("index", "add", "remove")), BOOK),
    **dict.fromkeys((f"portal.waitlist.{name}" for name in WAITLIST), BOOK),
    "portal.deposits.pay": PAY,
}
"""The permission of a contact (`customers.roles`) by endpoint, but for the pages of signing in."""
SECTIONS = ("portal.quotes", "portal.appointments", "portal.history", "portal.booking")
"""The sections of the portal that not all contacts may open."""
FIRST_PAGES = {"portal.history": "portal.history.show"}


def may_use(role: str, endpoint: str | None) -> bool:
    """Whether contacts with that role may open a page of the portal."""
    return roles.may(role, PORTAL_NEEDED.get(endpoint or "", PEOPLE))


@cache
def closed_sections(role: str) -> frozenset[str]:
    """The sections that contacts with that role may not open."""
    pages = {section: FIRST_PAGES.get(section, f"{section}.index") for section in SECTIONS}
    return frozenset(section for section, endpoint in pages.items() if not may_use(role, endpoint))
