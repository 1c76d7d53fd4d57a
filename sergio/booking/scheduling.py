"""The office schedules an appointment: for whom, what, when and with whom; perhaps several, every few weeks.

`office` gives these views their URLs.
"""

from typing import Any
from urllib.parse import urlencode

from flask import flash, g, request, url_for
from sqlalchemy import bindparam, select
from werkzeug.datastructures import ImmutableMultiDict

from sergio.booking import desk, formats, recurring
from sergio.booking.availability import Availability
from sergio.booking.clashes import Work, clashes
from sergio.booking.desk import Plan
from sergio.booking.models import Appointment
from sergio.booking.plan_forms import ANYONE, ScheduleForm, local_fields, slot_value
from sergio.booking.series import AHEAD, AppointmentSeries, minute_of
from sergio.booking.services import Service
from sergio.booking.slices import Taken
from sergio.booking.time_picker import day_of, instant_of
from sergio.customers import choosing
from sergio.customers.loading import customer_in
from sergio.customers.models import Contact, Customer, Property
from sergio.database.company_scope import COMPANY
from sergio.extensions import db
from sergio.lib import clock
from sergio.lib.language import gettext as _
from sergio.lib.language import ngettext
from sergio.quotes.models import Quote
from sergio.web.csrf import returns_form
from sergio.web.pages import go, page
from sergio.web.paging import search_text


def new():
    """The form of a new appointment; without a customer in the query, a search for one."""
    if not request.args.get("customer"):
        return search_page()
    customer = customer_in(request.args)
    form = new_form(customer, request.args)
    place = places(customer).get(form.place_number)
    if form.service.data and form.starts_at and form.staff_id and place and (plan := plan_of(form)):
        desk.is_refused(plan, place.id, form, clock.now())
    return form_page(customer, form)


@returns_form
def create():
    customer = customer_in(request.form)
    form = new_form(customer, None)
    plan = plan_of(form) if form.validate_on_submit() else None
    if plan is None or desk.is_refused(plan, places(customer)[form.place_number].id, form, clock.now()):
        return form_page(customer, form, 422)
    series = series_of(customer, plan, form)
    times = times_of(series, plan)
    if series:
        form.left_out = clashes(work_of(customer, plan, form), times[1:], now=clock.now())
        if form.left_out and not form.skip.data:
            return form_page(customer, form, 422)
    try:
        first = schedule(customer, plan, form, series, [at for at in times if at not in form.left_out])
    except Taken:
        db.session.rollback()
        form.collisions = desk.collisions(plan) or [formats.taken()]
        return form_page(customer, form, 422)
    db.session.commit()
    flash(said(first, form, len(times) - len(form.left_out)), "success")
    return go(first.office_path)


def schedule(customer: Customer, plan: Plan, form: ScheduleForm, series: AppointmentSeries | None, times: list):
    """The first appointment. Raises `Taken`."""
    quote = own_quote(customer, form)
    told = (form.message.data or "") if form.tell.data else None
    facts: dict[str, Any] = {"office_note": form.note.data or "", "quote_id": quote.id if quote else None}
    facts |= {"message": told, "by": g.actor, "now": clock.now()}
    contact, place = contact_of(customer), places(customer)[form.place_number]
    if series:
        series.skipped = [g.company.day(at).isoformat() for at in form.left_out]
        return recurring.begin(series, work_of(customer, plan, form), contact, place, times, **facts)
    who = plan.service, contact, place
    return Appointment.schedule(*who, plan.starts_at, [plan.member.id], minutes=plan.minutes, **facts)


def series_of(customer: Customer, plan: Plan, form: ScheduleForm) -> AppointmentSeries | None:
    """The series that the form asks for, if any."""
    if not form.weeks:
        return None
    on, minute = minute_of(plan.starts_at, g.company.zone)
    until, now = form.last_day(on), clock.now()
    return AppointmentSeries(
        company_id=g.company.id,
        customer_id=customer.id,
        contact_id=contact_of(customer).id,
        property_id=places(customer)[form.place_number].id,
        service_id=plan.service.id,
        staff_id=plan.member.id,
        minutes=plan.minutes,
        note=form.note.data or "",
        weeks=form.weeks,
        starts_on=on,
        minute=minute,
        until=until,
        made_until=on,
        created_at=now,
    )


def times_of(series: AppointmentSeries | None, plan: Plan) -> list:
    """The time of the plan, and for a series those after it for which appointments are made now."""
    if series is None:
        return [plan.starts_at]
    through = series.until or max(g.company.day(clock.now()), series.starts_on) + AHEAD
    later = dict(series.times(through, g.company.zone))
    series.made_until = max(later, default=series.made_until)
    return [plan.starts_at, *later.values()]


def work_of(customer: Customer, plan: Plan, form: ScheduleForm) -> Work:
    return Work(plan.service, plan.member, places(customer)[form.place_number].id, plan.minutes)


def said(first: Appointment, form: ScheduleForm, count: int) -> str:
    """What happened, in a sentence or two."""
    moment = first.company.format_moment(first.starts_at)
    done = _("Scheduled for %(moment)s with %(name)s.", moment=moment, name=first.staff.name)
    if form.weeks:
        made = ngettext("%(num)d appointment is scheduled", "%(num)d appointments are scheduled", count)
        done = _("%(made)s with %(name)s, the first on %(moment)s.", made=made, name=first.staff.name, moment=moment)
    return f"{done} {_('We emailed the customer.')}" if form.tell.data else done


def plan_of(form: ScheduleForm) -> Plan | None:
    """The plan of a valid form; None, with an error in the form, if nobody is free for it."""
    service, starts_at, staff_id = own_service(form.service_number), form.starts_at, form.staff_id
    if service is None or starts_at is None:
        return None
    if staff_id == ANYONE:
        staff_id = free_then(service, starts_at, form.minutes.data)
    member = next((each for each in desk.bookable_staff(g.company) if each.id == staff_id), None)
    if member is None:
        form["staff"].errors = [_("Nobody who does this is free then. Choose who should go.")]
        return None
    return Plan(service, member, starts_at, form.minutes.data or service.minutes)


def free_then(service: Service, starts_at, minutes: int | None) -> int | None:
    availability = Availability.for_office(service, now=clock.now(), minutes=minutes)
    found = availability.slots.get(int(starts_at.timestamp()) // 60)
    return found[0] if found else None


def new_form(customer: Customer, args) -> ScheduleForm:
    """The form, with what the query says (`starts_at`, `on`, `staff`, `service`); for a POST, with what was sent."""
    services = [(each.number, each.name) for each in db.session.scalars(Service.active(), {"company_id": g.company.id})]
    known = [(number, place.address) for number, place in places(customer).items()]
    people = [(ANYONE, _("Whoever is free")), *((member.id, member.name) for member in desk.bookable_staff(g.company))]
    facts = {} if args is None else {"data": asked_for(args), "formdata": typed_in(args)}
    form = ScheduleForm(services, known, zone=g.company.zone, today=g.company.day(clock.now()), people=people, **facts)
    form.customer.data = customer.number
    return form


def asked_for(args) -> dict:
    """The values of the fields that a link gives."""
    at, on = instant_of(args.get("starts_at")), day_of(args.get("on"))
    when = local_fields(at, g.company.zone) if at else {"on": on}
    chosen = {name: args.get(name, 0, type=int) for name in ("staff", "service")}
    return {**when, **chosen, "tell": True, "quote": args.get("quote", "")}


def typed_in(args) -> ImmutableMultiDict | None:
    """The fields of the form that htmx sends to look for free times."""
    return args if "slot" in args else None


def form_page(customer: Customer, form: ScheduleForm, status: int = 200):
    now = clock.now()
    contact = customer.contact
    form.customer.data = customer.number
    facts = {
        "customer": customer,
        "form": form,
        "has_email": bool(contact and contact.email),
        "free": free_of(form, now),
        "quote": own_quote(customer, form),
        "check_url": url_for(".new", customer=customer.number, part="check"),
    }
    part = "check" if request.args.get("part") == "check" else "when"
    return page("booking/office/new.html", part, status=status, **facts)


def free_of(form: ScheduleForm, now) -> list[tuple[str, str, str]]:
    """Free times of the service that is chosen, for the form: value, moment, and who is free."""
    service = own_service(form.service_number) if form.service_number else None
    if service is None:
        return []
    availability = Availability.for_office(service, now=now, minutes=form.minutes.data)
    names = {member.id: member.name for member in desk.bookable_staff(g.company)}
    near = form.local if form.collisions or form.warnings else None
    found = desk.free_times(availability, int(form.staff.data or 0) or None, near)
    return [(slot_value(at, each), g.company.format_moment(at), names[each]) for at, each in found if each in names]


def search_page():
    """The customers that a search finds, the first ones without a search."""
    text = search_text(request.args)
    keep = {name: request.args[name] for name in ("starts_at", "on", "staff", "service") if name in request.args}
    rows = [
        (f"/office/schedule/new?{urlencode({'customer': row.number, **keep})}", row.name, row.place)
        for row in choosing.found(g.company, text)
    ]
    return page("booking/office/choose_customer.html", "found", text=text, rows=rows, keep=keep)


def contact_of(customer: Customer) -> Contact:
    """Whom the appointment is with: the contact to email, else the first, who may have no email address."""
    return customer.contact or next(iter([*customer.present_contacts, *customer.contacts]))


def places(customer: Customer) -> dict[int, Property]:
    """The service addresses in use, by number."""
    return {place.number: place for place in customer.properties if place.archived_at is None}


def own_quote(customer: Customer, form: ScheduleForm) -> Quote | None:
    """The customer's quote that the appointment is for."""
    number = str(form.quote.data or "")
    if not number.isdecimal() or len(number) > 9:
        return None
    mine = {"company_id": g.company.id, "customer_id": customer.id, "number": int(number)}
    return db.session.scalar(QUOTE, mine)


def own_service(number: int) -> Service | None:
    wanted = {"company_id": g.company.id, "number": number}
    return db.session.scalar(SERVICE, wanted) if 0 < number < 2**31 else None


SERVICE = select(Service).where(
    Service.company_id == COMPANY, Service.number == bindparam("number"), Service.archived_at.is_(None)
)
QUOTE = select(Quote).where(
    Quote.company_id == COMPANY, Quote.customer_id == bindparam("customer_id"), Quote.number == bindparam("number")
)
