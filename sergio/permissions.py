"""Which permission each page of the office needs. A page that is not listed here is refused to everyone."""

from sergio.staff.models import StaffMember
from sergio.staff.roles import ACTIVITY, ALL_WORK, DECISIONS, MONEY, OWN_WORK, PROBLEMS, SETTINGS

SIGNED_OUT = {
    "office.auth.sign_in",
    "office.auth.request_link",
    "office.auth.sent",
    "office.auth.enter_code",
    "office.auth.show_link",
    "office.auth.confirm",
    "office.auth.sign_out",
}
"""Pages that anybody may open, signed in or not."""

NEEDED = {
    "office.dashboard.index": OWN_WORK,
    "office.devices.index": OWN_WORK,
    "office.devices.end": OWN_WORK,
    "office.devices.end_all": OWN_WORK,
    "office.schedule.index": OWN_WORK,
    "office.schedule.show": OWN_WORK,
    "office.customers.show": OWN_WORK,
    "office.customers.index": ALL_WORK,
    "office.quotes.index": MONEY,
    "office.quotes.show": MONEY,
    "office.invoices.index": MONEY,
    "office.invoices.show": MONEY,
    "office.invoices.download": MONEY,
    "office.payments.index": MONEY,
    "office.payments.of_invoice": MONEY,
    "office.payments.new_closing": DECISIONS,
    "office.payments.close": DECISIONS,
    "office.payments.new_dismissal": DECISIONS,
    "office.payments.dismiss": DECISIONS,
    "office.activity.index": ACTIVITY,
    "office.activity.download": ACTIVITY,
    "office.problems.index": PROBLEMS,
    "office.problems.retry_email": DECISIONS,
    "office.problems.discard_email": DECISIONS,
    "office.problems.retry_job": DECISIONS,
    "office.problems.discard_job": DECISIONS,
    "office.settings.index": SETTINGS,
    "office.settings.branding.edit": SETTINGS,
    "office.settings.branding.upload": SETTINGS,
    "office.settings.branding.edit_crop": SETTINGS,
    "office.settings.branding.crop": SETTINGS,
    "office.settings.branding.original": SETTINGS,
    "office.settings.branding.preview_colors": SETTINGS,
    "office.settings.branding.remove": SETTINGS,
    "office.settings.branding.try_colors": SETTINGS,
    "office.settings.branding.update_colors": SETTINGS,
    "office.settings.branding_preview.show": SETTINGS,
    "office.settings.branding_preview.stylesheet": SETTINGS,
    "office.settings.company.edit": SETTINGS,
    "office.settings.company.update": SETTINGS,
    "office.settings.company.address": SETTINGS,
    "office.settings.company.update_region": DECISIONS,
    "office.settings.portal.edit": SETTINGS,
    "office.settings.portal.preview_welcome": SETTINGS,
    "office.settings.portal.qr_code": SETTINGS,
    "office.settings.portal.update_visibility": SETTINGS,
    "office.settings.portal.update_welcome": SETTINGS,
}
"""The permission by endpoint. A page for `OWN_WORK` must itself show a technician only what is theirs."""


def may_open(member: StaffMember, endpoint: str | None) -> bool:
    """Whether a staff member's role includes a page of the office; never for one that is not listed."""
    return endpoint in NEEDED and member.may(NEEDED[endpoint])
