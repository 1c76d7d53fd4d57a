"""The portal while staff preview it: shown as a customer sees it, with every form refused.

The database session of such a request cannot write, and emails and calls to Stripe are refused (`lib.effects`), so
what a view tries does not matter. The browser never keeps its pages, and their CSRF token is none: after the preview, a
form of a page that is still open changes nothing of the person's own account either.
"""

from typing import NamedTuple

from flask import Response, flash, g, request, url_for
from flask_wtf.csrf import generate_csrf
from sqlalchemy.orm.attributes import set_committed_value

from sergio.auth.actors import actor_of
from sergio.auth.requester import PREVIEW_COOKIE
from sergio.auth.sessions import delete_cookie
from sergio.auth.viewer import PREVIEW, Viewer
from sergio.companies.models import Company
from sergio.customers.models import Customer
from sergio.lib.language import gettext as _
from sergio.web.origin import SAFE
from sergio.web.pages import go, page, page_asked_from, wants_fragment

SIGN_IN_PAGES = ("portal.auth", "portal.customer")
NO_TOKEN = "preview"  # noqa: S105 - it is no token


class Banner(NamedTuple):
    """What the banner of every page says: the customer's name. `exit_token` is the CSRF token of its form."""

    name: str
    exit_token: str


def begin_if_previewed():
    """Set the viewer and the banner of a request that `find_requester` found to be of a preview."""
    preview = g.preview
    if preview is None:
        return
    g.viewer = viewer_of(g.company, preview.customer, by=actor_of(preview.sign_in.staff))
    g.preview_banner = Banner(g.viewer.customer.name, generate_csrf())
    g.csrf_token = NO_TOKEN


def preview_response() -> Response | None:
    """What is sent instead of the page: to every form that nothing was changed. None for pages that are shown."""
    if request.method not in SAFE:
        flash(_("This is a preview. Nothing was changed."), "info")
        return go(page_asked_from(url_for("portal.home.index")))
    if request.blueprint in SIGN_IN_PAGES:
        return page("auth/preview_sign_in.html", next_path=request.full_path.rstrip("?"))
    return None


def preview_over() -> Response:
    """The page once a preview is over, also for a form; it deletes the cookie, so that the next page is the portal."""
    if wants_fragment():
        return go(page_asked_from(url_for("portal.home.index")))
    response = page("auth/preview_over.html")
    return forget_preview(response)


def forget_preview(response: Response) -> Response:
    """Delete the cookie, and what the browser keeps of the pages for its Back button."""
    delete_cookie(response, PREVIEW_COOKIE)
    response.headers["Clear-Site-Data"] = '"cache"'
    return response


def viewer_of(company: Company, customer: Customer | None, *, by) -> Viewer:
    """The viewer of a preview: of a customer, or of one who is new and has nothing yet."""
    shown = customer or new_customer(company)
    return Viewer(company, shown, None, PREVIEW, by, language=company.language, time_zone=company.time_zone)


def new_customer(company: Company) -> Customer:
    """A customer who is no row, for pages without any quote, invoice or appointment."""
    customer = Customer(id=0, company_id=company.id, number=0, name=_("Alex Sample"))
    for name, value in {"company": company, "contacts": [], "properties": []}.items():
        set_committed_value(customer, name, value)
    return customer


def preview_of_page() -> dict:
    """Template variables: `viewer` of a page of the portal, and `preview`, the banner of a preview; None elsewhere."""
    return {"viewer": g.get("viewer"), "preview": g.get("preview_banner")}
