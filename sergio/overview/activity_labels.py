"""Labels of the activity log: kinds of actors and subjects, and actions."""

from collections.abc import Mapping

from sergio.audit.actor import API_TOKEN, CONTACT, STAFF, STRIPE, SYSTEM
from sergio.lib.language import lazy_gettext as _l

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
    "saved_method": _l("Payment method"),
    "pay_lock": _l("Pause of online payments"),
    "auto_pay": _l("Automatic payments"),
    "auto_pay_charge": _l("Automatic payment"),
    "refund": _l("Refund"),
    "refund_request": _l("Refund"),
    "moved_credit": _l("Credit"),
    "dispute": _l("Dispute"),
    "appointment": _l("Appointment"),
    "service": _l("Service"),
    "price_list_item": _l("Price list item"),
    "customer": _l("Customer"),
    "customer_import": _l("Import of customers"),
    "contact": _l("Contact"),
    "invitation_run": _l("Invitations to the portal"),
    "customer_note": _l("Note"),
    "property": _l("Service address"),
    "staff_member": _l("Staff member"),
    "sign_in": _l("Sign-in"),
    "document_link": _l("Link in an email"),
    "preview": _l("Portal preview"),
    "time_off": _l("Time off"),
    "api_token": _l("API token"),
    "outgoing_email": _l("Email"),
    "paused_address": _l("Email address"),
    "job": _l("Background job"),
    "company": _l("Company"),
    "service_area": _l("Service area"),
    "waitlist_entry": _l("Waitlist"),
    "subscription": _l("Subscription"),
    "stripe_event": _l("Stripe event"),
}
"""By the name of the table."""

PATHS = {
    "quote": "/office/quotes/{number}",
    "invoice": "/office/invoices/{number}",
    "appointment": "/office/schedule/{number}",
    "customer": "/office/customers/{number}",
    "customer_import": "/office/customers/import/{number}",
    "invitation_run": "/office/customers/invitations/runs/{number}",
}
"""The office's page of a subject, by the name of its table."""

ACTIONS = {
    "acceptance_undone": _l("Canceled the acceptance"),
    "accepted": _l("Accepted"),
    "added_attachment": _l("Added an attachment"),
    "added_photo": _l("Added a photo"),
    "agreed": _l("Agreed"),
    "asked_support": _l("Asked support"),
    "booked": _l("Booked"),
    "archived": _l("Archived"),
    "canceled": _l("Canceled"),
    "changed": _l("Changed"),
    "brought_back_checklist": _l("Brought back the setup checklist"),
    "changed_address": _l("Changed the portal address"),
    "changed_colors": _l("Changed the colors"),
    "changed_currency": _l("Changed the currency"),
    "changed_email_wording": _l("Changed the words of an email"),
    "changed_logo": _l("Changed the logo"),
    "changed_note": _l("Changed a note"),
    "changed_photo": _l("Changed a photo"),
    "changed_plan": _l("Changed the plan"),
    "returned": _l("Returned by the bank"),
    "started_connecting_stripe": _l("Began to connect Stripe"),
    "connected_stripe": _l("Connected Stripe"),
    "disconnected_stripe": _l("Disconnected Stripe"),
    "changed_payment_settings": _l("Changed the settings for payments"),
    "changed_quote_settings": _l("Changed the settings for quotes"),
    "changed_language": _l("Changed the language of customers"),
    "chose_language": _l("Chose a language"),
    "changed_profile": _l("Changed the company profile"),
    "changed_time_zone": _l("Changed the time zone"),
    "changed_visibility": _l("Changed what customers see"),
    "changed_welcome": _l("Changed the welcome message"),
    "changes_requested": _l("Requested changes"),
    "added_shape": _l("Added a shape to the service area"),
    "changed_service_area": _l("Changed the service area"),
    "changed_shape": _l("Changed a shape of the service area"),
    "removed_shape": _l("Removed a shape from the service area"),
    "changed_booking_rules": _l("Changed the booking rules"),
    "changed_invoice_settings": _l("Changed the invoice settings"),
    "changed_payment_terms": _l("Changed the payment terms"),
    "credited": _l("Credited"),
    "paused_payments": _l("Paused online payments"),
    "paused_reminders": _l("Paused reminders"),
    "raised_number": _l("Raised the next number"),
    "resumed_payments": _l("Let them pay online again"),
    "resumed_reminders": _l("Resumed reminders"),
    "sent_statement": _l("Sent a statement"),
    "skipped": _l("Skipped"),
    "turned_off": _l("Turned off"),
    "turned_on": _l("Turned on"),
    "undid_credit": _l("Undid a credit"),
    "undid_used_credit": _l("Undid the use of credit"),
    "used_credit": _l("Used credit for another invoice"),
    "undid_write_off": _l("Undid a write-off"),
    "undone": _l("Undone"),
    "wrote_off": _l("Wrote off"),
    "changed_hours": _l("Changed the hours"),
    "chose_default": _l("Chose as default"),
    "chose_customer": _l("Chose a customer"),
    "chose_emails": _l("Chose which emails they get"),
    "closed": _l("Closed"),
    "completed": _l("Completed"),
    "confirmed": _l("Confirmed"),
    "created": _l("Created"),
    "declined_offer": _l("Declined an offered time"),
    "joined_waitlist": _l("Joined the waitlist"),
    "left_waitlist": _l("Left the waitlist"),
    "offered": _l("Offered a time"),
    "declined": _l("Declined"),
    "discarded": _l("Discarded"),
    "dismissed": _l("Dismissed"),
    "deleted": _l("Deleted"),
    "deleted_note": _l("Deleted a note"),
    "removed_attachment": _l("Removed an attachment"),
    "renamed_attachment": _l("Renamed an attachment"),
    "deleted_photo": _l("Deleted a photo"),
    "disputed": _l("Disputed"),
    "drafted": _l("Drafted"),
    "ended": _l("Ended"),
    "edited": _l("Edited"),
    "finished_checklist": _l("Finished the setup checklist"),
    "guaranteed": _l("Deposit or card received"),
    "hid_checklist": _l("Hid the setup checklist"),
    "imported": _l("Imported"),
    "invited": _l("Invited"),
    "invoiced": _l("Put on an invoice"),
    "invited_to_portal": _l("Invited to the portal"),
    "issued": _l("Issued"),
    "merged": _l("Merged with another customer"),
    "joined": _l("Joined the team"),
    "moved": _l("Moved"),
    "noted": _l("Added a note"),
    "on_way": _l("On the way"),
    "not_emailed": _l("No email address, so nothing was sent"),
    "not_wanted": _l("They don't want such emails, so nothing was sent"),
    "paused_address": _l("Paused emails to an address"),
    "resumed_address": _l("Resumed emails to an address"),
    "pinned": _l("Pinned"),
    "planned": _l("Planned"),
    "proposed": _l("Proposed other times"),
    "published": _l("Published without an email"),
    "reassigned": _l("Changed the technician"),
    "recorded": _l("Recorded"),
    "refunded": _l("Refunded"),
    "refused_refund": _l("Refund refused by Stripe"),
    "requested_refund": _l("Asked for a refund"),
    "reminded": _l("Reminded"),
    "removed": _l("Removed"),
    "replied": _l("Replied"),
    "requested": _l("Requested"),
    "requested_time": _l("Asked for another time"),
    "removed_logo": _l("Removed the logo"),
    "rescheduled": _l("Rescheduled"),
    "restored": _l("Restored"),
    "retried": _l("Retried"),
    "revised": _l("Revised"),
    "opened": _l("Opened"),
    "revoked": _l("Revoked"),
    "revoked_invitation": _l("Revoked the portal invitation"),
    "saved": _l("Saved"),
    "scheduled": _l("Scheduled"),
    "sent": _l("Sent"),
    "sent_pay_link": _l("Sent a pay link"),
    "sent_sign_in_link": _l("Sent a sign-in link"),
    "sent_again": _l("Sent again"),
    "sent_extra_fields": _l("Sent fields that the form does not have"),
    "signed_in": _l("Signed in"),
    "signed_out": _l("Signed out"),
    "started": _l("Started"),
    "stopped": _l("Stopped"),
    "undo_started": _l("Started undoing"),
    "unpinned": _l("Unpinned"),
    "uploaded": _l("Uploaded"),
    "voided": _l("Voided"),
    "withdrawn": _l("Withdrawn"),
    "withdrew_request": _l("Kept the current time"),
}


def action(name: str) -> str:
    return labeled(ACTIONS, name)


def subject(table: str, number: int | None) -> str:
    """ "Quote 7"."""
    label = labeled(SUBJECTS, table)
    return f"{label} {number}" if number else label


def path(table: str, number: int | None) -> str | None:
    """The office's page of a subject; None where it has none."""
    return PATHS[table].format(number=number) if number and table in PATHS else None


def labeled(labels: Mapping, name: str) -> str:
    """The label of a name; for one that has none, its words."""
    return str(labels[name]) if name in labels else spaced(name)


def spaced(name: str) -> str:
    """ "Closing reason" of "closing_reason"."""
    return name.replace("_", " ").capitalize()
