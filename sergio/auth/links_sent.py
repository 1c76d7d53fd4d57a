"""The links to documents that were emailed and may still work: a customer's, for staff, and one's own in the portal."""

from datetime import datetime
from functools import cache
from typing import Any

from flask import Blueprint, abort, flash, g, request, url_for
from sqlalchemy import Select, bindparam, or_, select
from sqlalchemy.orm import joinedload

from sergio.auth.document_links import INVOICE, LASTS, DocumentLink
from sergio.auth.labels import DOCUMENT_LABELS
from sergio.auth.viewer import viewer
from sergio.customers.models import Customer
from sergio.database.company_scope import COMPANY
from sergio.database.engines import Utc
from sergio.extensions import db
from sergio.lib import clock
from sergio.lib.language import gettext as _
from sergio.web.pages import go, page
from sergio.web.paging import ROWS_AND_ONE, Order, Paging

office = Blueprint("links_sent", __name__)
portal = Blueprint("links_sent", __name__, url_prefix="/account/links")
NEWEST_FIRST = Order("links", DocumentLink.id, descending=True)


@office.get("/<int:number>/links")
def index(number):
    """All links of a customer."""
    customer = customer_numbered(number)
    return list_page("office", customer, DocumentLink.customer_id, customer.id)


@office.post("/<int:number>/links/<int:link>/revocation")
def revoke(number, link):
    own_link(DocumentLink.customer_id, customer_numbered(number).id, link).revoke(by=g.actor, at=clock.now())
    return revoked(url_for(".index", number=number))


@portal.get("")
def own():
    """The links that were emailed to the viewer."""
    return list_page("portal", viewer.customer, DocumentLink.contact_id, viewer.contact.id if viewer.contact else 0)


@portal.post("/<int:link>/revocation")
def revoke_own(link):
    contact = viewer.contact or abort(403)
    own_link(DocumentLink.contact_id, contact.id, link).revoke(by=viewer.by, at=clock.now())
    return revoked(url_for(".own"))


def revoked(path: str):
    db.session.commit()
    flash(_("That link no longer works, in any browser."), "success")
    return go(path)


def list_page(audience: str, customer: Customer, whose, row_id: int):
    paging = Paging(request.path, request.args, {"all": ""})
    asked = {"company_id": g.company.id, "whose": row_id, "since": clock.now() - LASTS}
    rows = paging.rows_of(links_of(whose), NEWEST_FIRST, **asked)
    facts: dict = {"audience": audience, "customer": customer, "labels": DOCUMENT_LABELS, "ends": ends}
    return page("auth/links_sent.html", paging=paging, rows=rows, **facts)


def ends(row) -> datetime | None:
    """When a listed link ends; None for an invoice's, which depends on its payment."""
    return None if row.kind == INVOICE else row.sent_at + LASTS


@cache
def links_of(whose) -> Select:
    link = DocumentLink
    may_work = link.revoked_at.is_(None), or_(link.kind == INVOICE, link.sent_at > bindparam("since", type_=Utc))
    columns = (link.id, link.kind, link.number, link.email, link.sent_at, link.opened_at)
    mine = link.company_id == COMPANY, whose == bindparam("whose")
    rows = select(*columns).where(*mine, *may_work, NEWEST_FIRST.after)
    return rows.order_by(*NEWEST_FIRST.by).limit(ROWS_AND_ONE)


def customer_numbered(number: int) -> Customer:
    """The company's customer; 404 for any other."""
    return db.one_or_404(select(Customer).where(Customer.company_id == g.company.id, Customer.number == number))


def own_link(whose: Any, row_id: int, link_id: int) -> DocumentLink:
    """The link, if it is that customer's or contact's; 404 for any other."""
    mine = DocumentLink.company_id == g.company.id, whose == row_id, DocumentLink.id == link_id
    return db.one_or_404(select(DocumentLink).where(*mine).options(joinedload(DocumentLink.customer)))
