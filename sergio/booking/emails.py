"""What customers and the office hear about visits: one function a message, each with the visit for calendars."""

from datetime import datetime

from flask_babel import force_locale
from flask_babel import gettext as _

from sergio import outbox
from sergio.booking import calendar, words


def booked(visit):
    """A customer booked a visit."""
    with force_locale(visit.company.language):
        moment, service = visit.company.written_moment(visit.starts_at), visit.service.name
        ours = _("%(name)s booked %(service)s on %(moment)s", name=visit.customer.name, service=service, moment=moment)
        tell(visit, "booked", _("Your visit on %(moment)s is booked", moment=moment), ours, calendar.REQUEST)


def moved(visit, old: datetime):
    """A visit got another time instead of `old`."""
    with force_locale(visit.company.language):
        was, moment = visit.company.written_moment(old), visit.company.written_moment(visit.starts_at)
        ours = _("%(name)s moved a visit to %(moment)s", name=visit.customer.name, moment=moment)
        tell(visit, "moved", _("Your visit is now on %(moment)s", moment=moment), ours, calendar.REQUEST, was=was)


def cancelled(visit):
    """A visit was called off."""
    with force_locale(visit.company.language):
        moment = visit.company.written_moment(visit.starts_at)
        ours = _("%(name)s cancelled the visit on %(moment)s", name=visit.customer.name, moment=moment)
        tell(visit, "cancelled", _("Your visit on %(moment)s is cancelled", moment=moment), ours, calendar.CANCEL)


def tell(visit, template: str, theirs: str, ours: str, method: str, **more):
    """One letter to the customer, with the visit for their calendar, and one to the office."""
    company = visit.company
    facts = {"visit": visit, "span": words.span(company, visit.starts_at, visit.ends_at), **more}
    invitation = ("visit.ics", f"text/calendar; method={method}", calendar.invitation(visit, method))
    outbox.send(company, visit.contact.email, f"booking/email/{template}", theirs, attachments=[invitation], **facts)
    outbox.to_office(company, f"booking/email/office_{template}", ours, **facts)
