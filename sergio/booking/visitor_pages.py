"""Booking for people who are no customers yet: service, address and time, then who they are, by a code from an email.

With the code they are signed in, as a new customer or the one they already were, and go on as every customer does, with
the time that is held for them.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, abort, flash, g, request, url_for
from sqlalchemy import bindparam, select

from sergio.auth.actors import actor_of
from sergio.auth.forms import CodeForm
from sergio.auth.models import MagicLink
from sergio.auth.sessions import NONCE_COOKIE, set_cookie
from sergio.auth.sign_in import browser_nonce, complete_sign_in, pending_link, too_many_emails
from sergio.booking import formats, holds, labels
from sergio.booking.availability import Availability
from sergio.booking.busy import with_hours
from sergio.booking.choice import asks_anyway, requested, verdict_on
from sergio.booking.forms import MOST_PLACES, PlaceForm
from sergio.booking.holds import BookingHold
from sergio.booking.services import Service
from sergio.booking.time_picker import TimePicker, day_of, instant_of, value_of
from sergio.booking.visitor_forms import VisitorForm
from sergio.booking.visitors import SOONEST, BookingVisitor
from sergio.customers.models import Contact
from sergio.customers.roles import BOOK, may
from sergio.database import locks
from sergio.database.company_scope import COMPANY
from sergio.extensions import db
from sergio.lib import clock, tokens
from sergio.lib.refused import Refused
from sergio.service_area.coverage import OUT, Address
from sergio.service_area.models import AREA_VERSION, area_at
from sergio.service_area.travel import trips_to
from sergio.web import limits
from sergio.web.csrf import returns_form
from sergio.web.pages import go, page
from sergio.web.proxies import client_network

COOKIE, NO_PROPERTY = "__Host-visit", 0
bp = Blueprint("visit", __name__, url_prefix="/visit")


@bp.before_request
def require_open():
    """Customers book in the portal; so do all where visitors may not book."""
    if g.get("viewer"):
        return go(url_for("portal.booking.index"))
    if not (g.company.booking_open and g.company.new_customers_book):
        return go(url_for("portal.auth.sign_in", next="/portal/book"))


@bp.get("")
def index():
    rows = db.rows(Service.offers(), {"company_id": g.company.id})
    offers = [labels.offer(row, g.company, url_for(".place", service=row.number)) for row in rows]
    return page("booking/visitor/services.html", offers=offers)


@bp.get("/place")
def place():
    known = known_visitor()
    form = PlaceForm(g.company.country, formdata=request.args if "postal_code" in request.args else None, obj=known)
    return place_page(bookable_service(), form)


@bp.post("/place")
@limits.visits
@returns_form
def create():
    """Note the service and the address for this browser."""
    service = bookable_service()
    form = PlaceForm(g.company.country)
    if not form.validate_on_submit():
        return place_page(service, form, 422)
    secret = request.cookies.get(COOKIE) or tokens.token()
    network, now = client_network(request.remote_addr), clock.now()
    BookingVisitor.choose(g.company, secret, service.id, form.typed, network=network, now=now)
    db.session.commit()
    response = go(url_for(".time"))
    set_cookie(response, COOKIE, secret)
    return response


@bp.get("/time")
def time():
    visitor, availability, verdict = own_visit(clock.now())
    if verdict.status == OUT and not asks_anyway():
        return page("booking/visitor/outside.html", visitor=visitor, service=availability.service)
    times = TimePicker(availability, day_of(request.args.get("day")), url_for(".time", step="time", **args()) + "&")
    return page("booking/visitor/time.html", "times", visitor=visitor, times=times, formats=formats, args=args())


@bp.post("/hold")
@limits.visits
def hold():
    now = clock.now()
    visitor, availability, _verdict = own_visit(now)
    starts_at = instant_of(request.form.get("at")) or abort(400)
    try:
        visitor.hold(availability, starts_at, now=now)
        db.session.commit()
    except Refused as refusal:
        db.session.rollback()
        flash(str(availability.refusal_for(starts_at) or refusal), "warning")
        return go(url_for(".time", day=g.company.day(starts_at).isoformat(), **args()))
    return go(url_for(".contact", **args()))


@bp.get("/contact")
def contact():
    visitor, availability, _verdict = own_visit(clock.now())
    form = VisitorForm(g.company.country, formdata=None, data={"name": visitor.name, "phone": visitor.phone})
    return contact_page(visitor, availability, form)


@bp.post("/contact")
@limits.link_requests
@returns_form
def send_code():
    """Email a code; the same happens for the address of a customer, whom it signs in. For a program, nothing does."""
    now = clock.now()
    visitor, availability, _verdict = own_visit(now)
    form = VisitorForm(g.company.country)
    if not form.validate_on_submit():
        return contact_page(visitor, availability, form, 422)
    if form.website.data or now < visitor.created_at + SOONEST:
        return go(url_for(".code", **args()))
    nonce, email = browser_nonce(), str(form.email.data)
    visitor.name, visitor.phone = form.full_name, form.number
    if MagicLink.request(g.company, "portal", email, nonce=nonce, next_path="", now=now, for_new=True) is None:
        return too_many_emails(email)
    db.session.commit()
    response = go(url_for(".code", **args()))
    set_cookie(response, NONCE_COOKIE, nonce)
    return response


@bp.get("/code")
def code():
    return code_page(own_visit(clock.now())[1].service, CodeForm(formdata=None))


@bp.post("/code")
@limits.codes
@returns_form
def enter_code():
    """Sign in who has the code, as the customer they are or become, and go on with what they have chosen."""
    now = clock.now()
    visitor, availability, _verdict = own_visit(now)
    form = CodeForm()
    if not form.validate_on_submit():
        return code_page(availability.service, form, 422)
    link = MagicLink.use_code(g.company, form.code.data, request.cookies.get(NONCE_COOKIE, ""), "portal", now)
    if link is None:
        form.refuse()
        db.session.commit()
        return code_page(availability.service, form, 422)
    locks.lock_until_commit(db.session, link.mailbox)
    people = db.session.scalars(link.people()).all() or [visitor.become_customer(link.email, now=now)]
    link.next_path = path_of(visitor, people, availability.service, now)
    return complete_sign_in(people, link)


def path_of(visitor: BookingVisitor, people: Sequence[Contact], service: Service, now: datetime) -> str:
    """Where they go on: with the details, or where we cannot tell which customer they are, or they may not book at the
    address, with the first step.
    """
    [person, *others] = people
    typed = visitor.typed
    if others or not may(person.role, BOOK) or len(person.customer.properties) >= MOST_PLACES:
        return url_for("portal.booking.index")
    holds.lock(person)
    place = person.customer.add_property(typed, by=actor_of(person), at=now)
    db.session.flush()
    held = visitor.hand_over(person, place, now=now)
    chosen: dict[str, Any] = {"service": service.number, "place": place.number, **args()}
    if held is None:
        return url_for("portal.booking.time", **chosen)
    return url_for("portal.booking.details", **chosen, at=value_of(held.starts_at))


def place_page(service: Service, form: PlaceForm, status: int = 200):
    block = "town" if "postal_code" in request.args else "new_place"
    return page("booking/visitor/place.html", block, status=status, service=service, form=form)


def contact_page(visitor: BookingVisitor, availability: Availability, form: VisitorForm, status: int = 200):
    held = availability.hold
    if held is None:
        return go(url_for(".time", **args()))
    facts = labels.summary(g.company, availability.service, visitor, held.starts_at)
    sentence = held_for(held, availability.now)
    more = {"held": sentence, "service": availability.service, "args": args()}
    return page("booking/visitor/contact.html", status=status, form=form, facts=facts, **more)


def held_for(held: BookingHold, now: datetime) -> str:
    """Until when the time is held; empty if it no longer is."""
    return formats.held_until(g.company, held.held_until) if held.held_until and held.is_live(now) else ""


def code_page(service: Service, form: CodeForm, status: int = 200) -> Response:
    """The same page whether an email was sent or not."""
    link = pending_link()
    facts = {"service": service, "email": link.email if link else "", "args": args()}
    return page("booking/visitor/code.html", status=status, form=form, **facts)


def own_visit(now: datetime):
    """The visitor of this browser, the times of the service they have chosen, and whether the company comes to the
    address they have typed. Whoever has chosen nothing yet is sent to the first step.
    """
    limits.free_times.count()
    whose = {"company_id": g.company.id, "digest": tokens.digest(request.cookies.get(COOKIE, ""))}
    rows = db.session.execute(VISIT, whose).all()
    if not rows or not rows[0][0].bookable:
        abort(go(url_for(".index")))
    service, visitor, held, version = rows[0][:4]
    trips = trips_to(area_at(version, g.company), Address.of(visitor), NO_PROPERTY)
    availability = Availability(service, rows, now=now, trips=trips, hold=held)
    return visitor, availability, verdict_on(visitor, version)


def known_visitor() -> BookingVisitor | None:
    return db.session.scalar(BookingVisitor.with_secret(g.company, request.cookies.get(COOKIE, "")))


def bookable_service() -> Service:
    mine = Service.company_id == g.company.id, Service.number == requested("service"), Service.bookable
    return db.first_or_404(select(Service).where(*mine))


def args() -> dict:
    """The query arguments that the next step needs."""
    return {"anyway": 1} if asks_anyway() else {}


VISIT = with_hours(
    select(Service, BookingVisitor, BookingHold, AREA_VERSION.label("version"))
    .select_from(Service)
    .join(BookingVisitor, (BookingVisitor.company_id == COMPANY) & (BookingVisitor.service_id == Service.id))
    .outerjoin(BookingHold, (BookingHold.company_id == COMPANY) & (BookingHold.visitor_id == BookingVisitor.id))
    .where(Service.company_id == COMPANY, BookingVisitor.digest == bindparam("digest"))
)
