"""The kinds of emails about signing in and about an account, a part of `kinds`."""

from sergio.lib.language import lazy_gettext as _l
from sergio.outbox.kind import ACCOUNT, Kind

INVITATION = Kind(
    "invitation", ACCOUNT, _l("Invitation to the portal"), "auth/email/invited",
    _l("Your customer portal at {company_name}"),
    _l("Hello {first_name},\n\n{company_name} now has a customer portal for you. There you can:"),
    ("until",),
)  # fmt: skip
SIGN_IN = Kind(
    "sign_in", ACCOUNT, _l("Sign-in link"), "auth/email/sign_in",
    _l("Sign in to {company_name}"),
    _l("Hello {first_name},\n\nHere is your link to sign in to {company_name}:"),
    ("until",),
)  # fmt: skip
NEW_DEVICE = Kind(
    "new_device", ACCOUNT, _l("Sign-in on a new device"), "auth/email/new_device",
    _l("New sign-in to {company_name}"),
    _l("Hello {first_name},\n\nSomeone just signed in to your account at {company_name} on a device we don't know."),
    ("browser", "moment"),
    editable=False,
)  # fmt: skip
DETAILS_CHANGED = Kind(
    "details_changed", ACCOUNT, _l("Contact details changed"), "customers/email/your_details_changed",
    _l("Your contact details at {company_name} were changed"),
    _l("Hello {first_name},\n\nThis is what was changed in your account:"),
    editable=False,
)  # fmt: skip
DOCUMENT_LINK = Kind(
    "document_link", ACCOUNT, _l("New link to a document"), "auth/email/document_link",
    _l("Your new link from {company_name}"),
    _l("Hello {first_name},\n\nHere is the new link you asked for. It opens this one page, without signing in."),
    editable=False,
)  # fmt: skip
EMAIL_TO_CONFIRM = Kind(
    "email_to_confirm", ACCOUNT, _l("New email address to confirm"), "auth/email/confirm_email",
    _l("Confirm your new email address"),
    _l(
        "Hello,\n\nSomeone asked to use this address in the customer portal of {company_name}. If that was you, "
        "confirm it."
    ),
    editable=False,
)  # fmt: skip
EMAIL_CHANGED = Kind(
    "email_changed", ACCOUNT, _l("Email address changed"), "auth/email/email_changed",
    _l("Your email address was changed"),
    _l(
        "Hello {first_name},\n\nYou no longer sign in to our customer portal with this address, and our emails go to "
        "your new one. Other devices were signed out."
    ),
    editable=False,
)  # fmt: skip
ADDRESS_TO_CONFIRM = Kind(
    "address_to_confirm", ACCOUNT, _l("Code for booking as a new customer"), "auth/email/confirm_address",
    _l("Your code for {company_name}"),
    _l("Hello,\n\nEnter this code to confirm your email address and book with {company_name}:"),
    editable=False,
)  # fmt: skip
ADDRESS_APPROVED = Kind(
    "address_approved", ACCOUNT, _l("Service address approved"), "customers/email/address_decided",
    _l("Your service address is confirmed"),
    _l("Hello {first_name},\n\nFrom now on we use this address: {address}."),
    ("address",),
)  # fmt: skip
ADDRESS_DECLINED = Kind(
    "address_declined", ACCOUNT, _l("Service address declined"), "customers/email/address_decided",
    _l("About your service address"),
    _l("Hello {first_name},\n\nWe can't use this address yet: {address}."),
    ("address",),
)  # fmt: skip
