"""After the response: emailing both sides about an appointment. Later: reminding of it, going on with a series."""

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import joinedload

from sergio.audit.actor import BY_SYSTEM
from sergio.booking import change_emails, emails, online_emails, recurring, reminders, shown, work_emails
from sergio.booking.guarantees import AppointmentGuarantee, next_step, settle
from sergio.booking.holds import BookingHold
from sergio.booking.models import Appointment
from sergio.booking.progress import AppointmentStep
from sergio.booking.series import AHEAD, AppointmentSeries
from sergio.booking.visitors import BookingVisitor
from sergio.booking.waitlist import WaitlistEntry, fits, may_offer
from sergio.companies.models import Company
from sergio.extensions import db
from sergio.jobs import enqueue, enqueue_once, job
from sergio.jobs.registry import EMAIL
from sergio.lib import clock
from sergio.lib.language import lazy_gettext as _l
from sergio.lib.refused import Refused
from sergio.staff.models import StaffMember

PARTS = (Appointment.company, Appointment.service, Appointment.place, Appointment.customer, Appointment.contact)


@job("booking.notify", lane=EMAIL, label=_l("Sending an appointment email"))
def notify(event: str, appointment_id: int, snapshot: dict, message: str = ""):
    """Email that an appointment was "booked", "moved", "canceled" and so on; `snapshot` has its values right after
    that. `message` is what the office wrote to the customer.
    """
    snapshot = dict(snapshot)
    changed_at = datetime.fromisoformat(snapshot.pop("changed_at"))
    other_time = instant(snapshot.pop("other_time"))
    facts = {name: instant(fact) if name.endswith("_at") else fact for name, fact in snapshot.items()}
    known = {"now": changed_at, "other_time": other_time, "message": message}
    write, needs = EMAILS[event]
    write(with_snapshot(appointment_id, facts), *(known[name] for name in needs))


EMAILS: dict[str, tuple[Callable, tuple[str, ...]]] = {
    "booked": (emails.booked, ("now",)),
    "requested": (emails.requested, ("now",)),
    "scheduled": (emails.scheduled, ("now", "message")),
    "moved": (emails.moved, ("now", "other_time")),
    "rearranged": (emails.rearranged, ("now", "other_time", "message")),
    "reassigned": (emails.reassigned, ("now", "message")),
    "canceled": (emails.canceled, ("now",)),
    "called_off": (emails.called_off, ("message",)),
    "confirmed": (emails.confirmed, ("now", "other_time")),
    "declined": (emails.declined, ("message",)),
    "time_requested": (emails.time_requested, ("now",)),
    "time_declined": (emails.time_declined, ("now", "other_time", "message")),
    "proposed": (emails.proposed, ("message",)),
    "given_up": (online_emails.given_up, ("message",)),
    "deposit_left": (online_emails.deposit_left, ()),
}
"""The email of each event, and what it needs beside the appointment."""


def with_snapshot(appointment_id: int, facts: dict) -> Appointment:
    """The appointment with `facts` instead of its current values, which may have changed since; detached, read-only."""
    appointment = whole(appointment_id)
    db.session.expunge(appointment)
    for name, fact in facts.items():
        setattr(appointment, name, fact)
    appointment.staff = db.session.get_one(StaffMember, appointment.staff_id)
    return appointment


def instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


@job("booking.asked", lane=EMAIL, label=_l("Sending an appointment email"))
def notify_asked(appointment_id: int, message: str):
    change_emails.asked(whole(appointment_id), message)


@job("booking.replied", lane=EMAIL, label=_l("Sending an appointment email"))
def notify_replied(appointment_id: int, message: str, reply: str):
    change_emails.replied(whole(appointment_id), message, reply)


@job("booking.notify_series", lane=EMAIL, label=_l("Sending an appointment email"))
def notify_series(event: str, appointment_ids: list[int], message: str):
    """One email about all these appointments of a series."""
    parts = (*PARTS, Appointment.staff, Appointment.series)
    rows = select(Appointment).where(Appointment.id.in_(appointment_ids)).options(*map(joinedload, parts))
    change_emails.about_series(event, db.session.scalars(rows.order_by(Appointment.starts_at)).all(), message)


@job("booking.series_left_out", lane=EMAIL, label=_l("Sending an appointment email"))
def notify_left_out(series_id: int, left_out: list[str]):
    change_emails.series_left_out(last_of(series_id), left_out)


@job("booking.series_ended", lane=EMAIL, label=_l("Sending an appointment email"))
def notify_series_ended(series_id: int):
    change_emails.series_ended(last_of(series_id))


def last_of(series_id: int) -> Appointment:
    """The last appointment of a series."""
    latest = select(Appointment).where(Appointment.series_id == series_id).order_by(Appointment.starts_at.desc())
    return db.session.scalars(latest.limit(1)).one()


@job("booking.find_series", label=_l("Finding series of appointments to go on with"))
def find_series():
    """Each day: enqueue the extending of series without an end."""
    soon = clock.now().date() + AHEAD
    goes_on = AppointmentSeries.ended_at.is_(None), AppointmentSeries.until.is_(None)
    for series in db.session.scalars(select(AppointmentSeries).where(*goes_on, AppointmentSeries.made_until < soon)):
        enqueue_once("booking.extend_series", series.id, company=series.company, series_id=series.id)


@job("booking.extend_series", label=_l("Going on with a series of appointments"))
def extend_series(series_id: int):
    recurring.extend(db.session.get_one(AppointmentSeries, series_id), by=BY_SYSTEM, now=clock.now())


@job("booking.on_way", lane=EMAIL, label=_l("Sending an appointment email"))
def notify_on_way(appointment_id: int, step_id: int):
    """Email the customer that the technician is on the way, unless that was undone or the email would be too late."""
    appointment, step = with_step(appointment_id, step_id)
    if step and not appointment.canceled_at and clock.now() - step.at < TIMELY:
        work_emails.on_way(appointment, step)


@job("booking.summary", lane=EMAIL, label=_l("Sending an appointment email"))
def send_summary(appointment_id: int, step_id: int):
    """Email the customer what was done, unless that was undone."""
    appointment, step = with_step(appointment_id, step_id)
    if step and appointment.company.emails_summary:
        work_emails.summary(appointment, shown.for_customer(appointment))


@job("booking.settle_guarantees", label=_l("Following deposits of appointments"))
def settle_guarantees():
    """A job for each appointment that can be booked or given up now, so that one that fails stops no other."""
    now = clock.now()
    for needed in db.session.scalars(AppointmentGuarantee.waiting()).all():
        if next_step(needed, db.session.get_one(Appointment, needed.appointment_id), now):
            enqueue_once("booking.settle", needed.id, company=needed.company, guarantee_id=needed.id)


@job("booking.settle", label=_l("Booking an appointment with a deposit, or giving its time up"))
def settle_one(guarantee_id: int):
    waiting = AppointmentGuarantee.waiting().where(AppointmentGuarantee.id == guarantee_id)
    if needed := db.session.scalar(waiting.with_for_update()):
        settle(needed, db.session.get_one(Appointment, needed.appointment_id), clock.now())


@job("booking.find_offers", label=_l("Looking for times for the waitlist"))
def find_offers():
    """Look for times for each company by itself, so that nobody waits behind the customers of another."""
    for company in db.session.scalars(WaitlistEntry.companies()).all():
        enqueue_once("booking.find_offers_of", company.id, company=company, company_id=company.id)


@job("booking.find_offers_of", label=_l("Looking for times for the waitlist"))
def find_offers_of(company_id: int):
    """Look for a free time for everyone who waits, without locking anything."""
    company, now = db.session.get_one(Company, company_id), clock.now()
    if may_offer(company, now):
        for entry_id, starts_at in fits(db.session.scalars(WaitlistEntry.active(company, now)).all(), now).items():
            enqueue("booking.offer", company=company, entry_id=entry_id, starts_at=starts_at.isoformat())


@job("booking.end_waiting", label=_l("Closing entries of the waitlist that are over"))
def end_waiting():
    now = clock.now()
    for entry in db.session.scalars(WaitlistEntry.perhaps_over(now)).all():
        if entry.is_over(now):
            entry.end(now=now)


@job("booking.offer", label=_l("Offering a time to somebody on the waitlist"))
def offer(entry_id: int, starts_at: str):
    """Offer a time that was free a moment ago; if it no longer is, the next search finds another."""
    entry, now = db.session.get_one(WaitlistEntry, entry_id), clock.now()
    if may_offer(entry.company, now):
        try:
            entry.offer(datetime.fromisoformat(starts_at), now=now)
        except Refused:
            db.session.rollback()


@job("booking.free_expired", label=_l("Freeing times that were held for customers"))
def free_expired():
    """Whoever wants such a time takes it at once; this is for the rest. Those with photos are each locked alone."""
    now = clock.now()
    for hold_id, contact in db.session.execute(BookingHold.old_with_photos(now)).all():
        db.session.commit()
        BookingHold.give_up_old(hold_id, contact, now)
    db.session.commit()
    for hold in db.session.scalars(BookingHold.expired(now)).all():
        if hold.entry_id:
            hold.give_up()
        else:
            hold.expire()
    db.session.flush()
    for kind in (BookingHold, BookingVisitor):
        db.session.execute(kind.delete_old(now).execution_options(synchronize_session=False))


TIMELY = timedelta(hours=1)


def with_step(appointment_id: int, step_id: int) -> tuple[Appointment, AppointmentStep | None]:
    """The appointment, and its step unless that was undone."""
    appointment = whole(appointment_id)
    step = db.session.get(AppointmentStep, step_id)
    return appointment, step if step and step.undone_at is None else None


@job("booking.find_reminders", label=_l("Finding appointments to remind of"))
def find_reminders():
    """Every five minutes: enqueue the reminders that are due."""
    now = clock.now()
    wanted = or_(Company.reminds_days_before, Company.reminds_hours_before)
    for company in db.session.scalars(select(Company).where(wanted)).all():
        for appointment_id, kind, starts_at in reminders.due(company, now):
            about = {"appointment_id": appointment_id, "kind": kind}
            key = f"{appointment_id} {kind} {starts_at.isoformat()}"
            enqueue_once("booking.remind", key, company=company, **about)


@job("booking.remind", lane=EMAIL, label=_l("Reminding a customer of an appointment"))
def remind(appointment_id: int, kind: str):
    reminders.remind(whole(appointment_id), kind, by=BY_SYSTEM, now=clock.now())


def whole(appointment_id: int) -> Appointment:
    """The appointment with what emails say of it."""
    query = select(Appointment).where(Appointment.id == appointment_id)
    return db.session.scalars(query.options(*map(joinedload, (*PARTS, Appointment.guarantee)))).one()
