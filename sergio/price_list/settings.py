"""Settings -> Price list: the list, its search, and an item."""

from flask import Blueprint, flash, g, redirect, request, url_for

from sergio.extensions import db
from sergio.lib import clock
from sergio.lib.language import gettext as _
from sergio.lib.refused import Refused
from sergio.price_list import listing
from sergio.price_list.forms import ItemForm
from sergio.price_list.models import NUMBERED, PriceListItem
from sergio.web.csrf import returns_form
from sergio.web.pages import page
from sergio.web.paging import search_text

bp = Blueprint("price_list", __name__, url_prefix="/price-list")


@bp.get("")
def index():
    """The items in use, or the archived ones; those that match `?q=`."""
    query = search_text(request.args)
    paging, rows = listing.of_company(g.company, query, request.args)
    return page("price_list/settings/index.html", "items", paging=paging, rows=rows, query=query)


@bp.get("/new")
def new():
    return item_page(ItemForm(g.company))


@bp.post("")
@returns_form
def create():
    form = ItemForm(g.company)
    if not form.validate_on_submit():
        return item_page(form, status=422)
    try:
        item = PriceListItem.create(g.company, by=g.actor, at=clock.now(), **form.columns)
    except Refused as refusal:
        return refused_name(form, refusal)
    db.session.commit()
    flash(_("%(name)s is on your price list.", name=item.name), "success")
    return redirect(url_for(".new" if request.form.get("then") == "another" else ".index"), 303)


@bp.get("/<int:number>")
def edit(number):
    item = company_item(number)
    return item_page(ItemForm(g.company, item), item)


@bp.post("/<int:number>")
@returns_form
def update(number):
    PriceListItem.lock(g.company)
    item = company_item(number)
    form = ItemForm(g.company, item)
    if not form.validate_on_submit():
        return item_page(form, item, 422)
    try:
        item.change(by=g.actor, at=clock.now(), **form.columns)
    except Refused as refusal:
        return refused_name(form, refusal, number)
    db.session.commit()
    flash(_("%(name)s is saved.", name=item.name), "success")
    return redirect(url_for(".index"), 303)


@bp.post("/<int:number>/archive")
def archive(number):
    item = company_item(number)
    item.archive(by=g.actor, at=clock.now())
    db.session.commit()
    flash(_("%(name)s is archived. Quotes and invoices that have it stay as they are.", name=item.name), "success")
    return redirect(url_for(".index"), 303)


@bp.post("/<int:number>/restore")
def restore(number):
    item = company_item(number)
    item.restore(by=g.actor, at=clock.now())
    db.session.commit()
    flash(_("%(name)s is back on your price list.", name=item.name), "success")
    return redirect(url_for(".edit", number=number), 303)


def item_page(form: ItemForm, item: PriceListItem | None = None, status: int = 200):
    return page("price_list/settings/item.html", "item_form", status=status, form=form, item=item)


def refused_name(form: ItemForm, refusal: Refused, number: int | None = None):
    """The form again, with the reason beside the name."""
    db.session.rollback()
    form["name"].errors = [str(refusal)]
    return item_page(form, company_item(number) if number else None, 422)


def company_item(number: int) -> PriceListItem:
    return db.one_or_404(NUMBERED, {"company_id": g.company.id, "number": number})
