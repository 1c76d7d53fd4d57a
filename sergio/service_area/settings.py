"""Settings -> Service area: cities, postal codes, the travel radius, shapes, and whether an address is in."""

from flask import Blueprint, abort, flash, g, redirect, request, url_for

from sergio.companies.current import company_to_change
from sergio.extensions import db
from sergio.lib import clock
from sergio.lib.language import gettext as _
from sergio.service_area import addresses, formats
from sergio.service_area.drawing import drawn
from sergio.service_area.forms import AreaForm, ShapeForm, TesterForm
from sergio.service_area.models import ServiceArea
from sergio.web import limits
from sergio.web.csrf import returns_form
from sergio.web.pages import go, page

bp = Blueprint("service_area", __name__, url_prefix="/service-area")


@bp.get("")
def edit():
    """The rules; with `?address=`, whether that one is in, and why."""
    area = ServiceArea.of(g.company)
    return show(area, AreaForm(area, g.company, formdata=None))


@bp.post("")
@returns_form
def update():
    company = company_to_change()
    area = ServiceArea.of(company)
    form = AreaForm(area, company)
    if not form.validate_on_submit():
        return show(area, form, 422)

    area = ServiceArea.to_change(company)
    area.change(form.columns, by=g.actor, at=clock.now())
    db.session.commit()
    flash(_("Your service area is saved."), "success")
    if unknown := form.unknown_cities:
        flash(_("We don't know %(names)s. Check the spelling.", names=", ".join(unknown[:5])), "warning")
    return go(url_for(".edit"))


@bp.get("/shapes/new")
def new_shape():
    area = ServiceArea.of(g.company)
    return show_shape(area, ShapeForm(area, g.company))


@bp.post("/shapes")
@returns_form
@limits.uploads
def create_shape():
    area = ServiceArea.of(g.company)
    form = ShapeForm(area, g.company)
    if not is_usable(form):
        return show_shape(area, form, 422)

    area = ServiceArea.to_change(company_to_change())
    area.add_shape(form.shape, by=g.actor, at=clock.now())
    db.session.commit()
    flash(_("“%(name)s” is part of your service area.", name=form.name.data), "success")
    return redirect(url_for(".edit"), 303)


@bp.get("/shapes/<int:number>")
def edit_shape(number):
    area, shape = own_shape(number)
    return show_shape(area, ShapeForm(area, g.company, shape), number=number)


@bp.post("/shapes/<int:number>")
@returns_form
@limits.uploads
def update_shape(number):
    area, shape = own_shape(number)
    form = ShapeForm(area, g.company, shape)
    if not is_usable(form):
        return show_shape(area, form, 422, number)

    area = ServiceArea.to_change(company_to_change())
    area.change_shape(number, form.shape, by=g.actor, at=clock.now())
    db.session.commit()
    flash(_("“%(name)s” is saved.", name=form.name.data), "success")
    return redirect(url_for(".edit"), 303)


@bp.post("/shapes/<int:number>/removal")
def remove_shape(number):
    own_shape(number)
    area = ServiceArea.to_change(company_to_change())
    area.remove_shape(number, by=g.actor, at=clock.now())
    db.session.commit()
    flash(_("The shape is removed."), "success")
    return redirect(url_for(".edit"), 303)


def is_usable(form: ShapeForm) -> bool:
    """Whether the form has a shape. Making it takes its time, so there is no transaction or connection meanwhile."""
    if not form.validate_on_submit():
        return False
    db.session.commit()
    return form.encloses()


def show(area: ServiceArea, form: AreaForm, status: int = 200):
    tester = TesterForm(formdata=request.args, meta={"csrf": False})
    text = tester.address.data if request.args and tester.validate() else ""
    verdict = area.covers(addresses.typed(text, g.company.country), g.company) if text else None
    facts = {"area": area, "form": form, "tester": tester, "verdict": verdict, "formats": formats}
    facts["drawn"] = drawn(area, g.company, verdict=verdict)
    return page("service_area/settings/area.html", "rules", status=status, **facts)


def show_shape(area: ServiceArea, form: ShapeForm, status: int = 200, number: int | None = None):
    facts = {"area": area, "form": form, "number": number, "drawn": drawn(area, g.company, without=number)}
    return page("service_area/settings/shape.html", "shape", status=status, **facts)


def own_shape(number: int) -> tuple[ServiceArea, dict]:
    area = ServiceArea.of(g.company)
    return area, area.shape(number) or abort(404)
