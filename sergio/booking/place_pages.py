"""The customer's pages of their service addresses: adding, correcting and archiving them."""

from flask import Blueprint, Response, abort, flash, g, url_for

from sergio.auth.viewer import viewer
from sergio.booking import places
from sergio.customers.address_changes import AddressChange, waiting_with_places
from sergio.customers.forms import AddressForm
from sergio.customers.loading import owned
from sergio.customers.models import Contact
from sergio.customers.properties import Property
from sergio.extensions import db
from sergio.lib import clock
from sergio.lib.language import gettext as _
from sergio.web import limits
from sergio.web.csrf import returns_form
from sergio.web.pages import go, page

bp = Blueprint("places", __name__, url_prefix="/account/addresses")


@bp.get("/new")
def new():
    return address_page(AddressForm(viewer.company.country))


@bp.post("")
@limits.places
@returns_form
def create():
    form = AddressForm(viewer.company.country)
    if not form.validate_on_submit():
        return address_page(form, status=422)
    waiting = places.add(changing(), form.address, by=viewer.by, at=clock.now())
    db.session.commit()
    return done(waiting, _("The service address is added."))


@bp.get("/<int:place>")
def edit(place):
    row = own_place(place)
    return address_page(AddressForm(viewer.company.country, row), row)


@bp.post("/<int:place>")
@limits.places
@returns_form
def update(place):
    row = place_to_change(place)
    form = AddressForm(viewer.company.country, row)
    if not form.validate_on_submit():
        return address_page(form, row, 422)
    waiting = places.correct(row, changing(), form.address, by=viewer.by, at=clock.now())
    db.session.commit()
    return done(waiting, _("The service address is saved. Documents you already have keep the old one."))


@bp.post("/<int:place>/archive")
def archive(place):
    places.archive(place_to_change(place), changing(), by=viewer.by, at=clock.now())
    db.session.commit()
    return done(None, _("The service address is archived. Its appointments and documents stay."))


@bp.post("/changes/<int:change>/withdrawal")
def withdraw(change):
    """No longer ask for an address that waits for the office."""
    if not g.csrf_failed:
        viewer.customer.lock()
    found = db.one_or_404(waiting_with_places().where(AddressChange.id == change), viewer.whose)
    found.withdraw(by=viewer.by, at=clock.now())
    db.session.commit()
    return done(None, _("Your request is withdrawn."))


def own_place(number: int) -> Property:
    """The viewer's service address that can be chosen; 404 for any other."""
    place = owned(Property, viewer.customer, number)
    return place if place.archived_at is None else abort(404)


def place_to_change(number: int) -> Property:
    """The same with the customer locked, so that two people's changes follow each other."""
    if not g.csrf_failed:
        viewer.customer.lock()
    return own_place(number)


def changing() -> Contact:
    """The contact who changes it; 403 in a preview, which has none."""
    return viewer.contact or abort(403)


def done(waiting: AddressChange | None, saved: str) -> Response:
    asked = _("We'll look at the address and email you. Until then, nothing changes.")
    flash(asked if waiting else saved, "info" if waiting else "success")
    return go(url_for("portal.account.show"))


def address_page(form: AddressForm, place: Property | None = None, status: int = 200) -> Response:
    waits = viewer.company.approves_addresses
    coming = places.next_at(place, clock.now()) if place else None
    facts = {"place": place, "form": form, "waits": waits, "coming": coming}
    return page("booking/portal/address.html", "address_form", status=status, **facts)
