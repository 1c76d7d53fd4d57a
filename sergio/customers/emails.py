"""Letters about customers."""

from flask_babel import gettext as _

from sergio import outbox


def details_changed(contact, changes: list[tuple[str, str, str]]):
    """Somebody corrected their own details: what, from what, to what."""
    subject = _("%(name)s changed their contact details", name=contact.name)
    outbox.to_office(contact.company, "customers/email/details_changed", subject, contact=contact, changes=changes)
