"""What customers and the office hear about visits: one function a message."""

from datetime import datetime

from flask_babel import force_locale
from flask_babel import gettext as _

from sergio import outbox
from sergio.booking import calendar, words
from sergio.customers.emails import to_contact


def booked(visit, at: datetime):
    """A customer booked a visit."""
    with force_locale(visit.company.language):
        moment = visit.company.written_moment(visit.starts_at)
        ours = _("%(name)s booked a visit on %(moment)s", name=visit.customer.name, moment=moment)
        to_customer(visit, _("Your visit on %(moment)s is booked", moment=moment), until(visit, at))
        to_office(visit, ours)


def moved(visit, old: datetime, at: datetime):
    """A visit got another time instead of `old`."""
    with force_locale(visit.company.language):
        was, moment = (visit.company.written_moment(at) for at in (old, visit.starts_at))
        change = _("It was planned for %(moment)s.", moment=was)
        ours = _("%(name)s moved a visit to %(moment)s", name=visit.customer.name, moment=moment)
        to_customer(visit, _("Your visit is now on %(moment)s", moment=moment), [change, *until(visit, at)])
        to_office(visit, ours, change)


def cancelled(visit):
    """A visit was called off."""
    with force_locale(visit.company.language):
        moment = visit.company.written_moment(visit.starts_at)
        ours = _("%(name)s cancelled the visit on %(moment)s", name=visit.customer.name, moment=moment)
        regret = _("Nobody will come. You can book another time whenever you like.")
        to_customer(visit, _("Your visit on %(moment)s is cancelled", moment=moment), [regret])
        to_office(visit, ours)


def to_customer(visit, subject: str, sentences: list[str]):
    """The visit as it is now, with a file that adds, changes or removes it in the customer's calendar."""
    method = calendar.CANCEL if visit.cancelled_at else calendar.REQUEST
    invitation = ("visit.ics", f"text/calendar; method={method}", calendar.invitation(visit, method))
    to_contact(
        visit.customer,
        visit.contact,
        "booking/email/customer",
        subject,
        attachments=[invitation],
        visit=visit,
        facts=what_when_where(visit),
        sentences=sentences,
    )


def to_office(visit, subject: str, change: str = ""):
    """Who it is for, how to reach them, and what they wrote."""
    contact = visit.contact
    who = [(_("Customer"), visit.customer.name), (_("Contact"), contact.name), (_("Phone"), contact.phone)]
    facts = [*what_when_where(visit), *who, (_("E-mail"), contact.email)]
    outbox.to_office(visit.company, "booking/email/office", subject, visit=visit, facts=facts, change=change)


def until(visit, at: datetime) -> list[str]:
    return words.until(visit.company, visit.starts_at, at)


def what_when_where(visit) -> list[tuple[str, str]]:
    """The visit in names and values."""
    company = visit.company
    return [
        (_("What"), visit.service.name),
        (_("Day"), company.written_day(visit.starts_at)),
        (_("Time"), words.span(company, visit.starts_at, visit.ends_at)),
        (_("Where"), visit.place.address),
        (_("Who comes"), visit.staff.first_name),
    ]
