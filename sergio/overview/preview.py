"""Previewing the portal: the page that starts and ends a preview."""

from typing import Any

from flask import Blueprint, flash, g, request, url_for
from sqlalchemy import bindparam, select

from sergio.auth.actors import current_actor
from sergio.auth.preview import forget_preview
from sergio.auth.previews import Preview
from sergio.auth.requester import PREVIEW_COOKIE, digests_of
from sergio.auth.sessions import set_cookie
from sergio.customers.models import Customer
from sergio.database.company_scope import COMPANY
from sergio.extensions import db
from sergio.lib import clock
from sergio.lib.language import gettext as _
from sergio.overview import customers
from sergio.web.pages import go, own_path, page
from sergio.web.paging import search_text

bp = Blueprint("preview", __name__, url_prefix="/preview")


@bp.get("")
def index():
    """Whose portal to preview: the test customer's, a new customer's, or that of one found by `?q=`."""
    query = search_text(request.args)
    listing = customers.of_company(g.company, query, {})
    facts: dict[str, Any] = {
        "customers": listing.rows,
        "more": bool(listing.paging.next),
        "query": query,
        "test": db.session.scalar(Customer.test_of(g.company)),
    }
    return page("overview/office/preview.html", "customers", **facts)


@bp.post("")
def start():
    """Start the preview of the customer with the number in the form; without one, that of a new customer."""
    asked = request.form.get("customer", "")
    customer = db.one_or_404(NUMBERED, {"company_id": g.company.id, "number": number_of(asked)}) if asked else None
    _preview, secret = Preview.start(g.sign_in, customer, by=current_actor(), now=clock.now())
    db.session.commit()
    response = go(url_for("portal.home.index"))
    set_cookie(response, PREVIEW_COOKIE, secret)
    response.headers["Clear-Site-Data"] = '"cache"'  # pages of the person's own portal, for the Back button
    return response


@bp.post("/exit", endpoint="exit")
def leave():
    """Leave the preview of this browser, and continue at `next`, if the form has it."""
    mine = Preview.running(g.sign_in).where(Preview.digest.in_(digests_of(PREVIEW_COOKIE)))
    for preview in db.session.scalars(mine):
        preview.end(by=current_actor(), now=clock.now())
    db.session.commit()
    following = own_path(request.form.get("next"))
    if following is None:
        flash(_("You left the preview."), "info")
    return forget_preview(go(following or url_for("office.preview.index")))


def number_of(text: str) -> int:
    """The number of a row; 0, which no row has, for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


NUMBERED: Any = select(Customer).where(Customer.company_id == COMPANY, Customer.number == bindparam("number"))
