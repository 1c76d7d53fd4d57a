"""The company's invoices and drafts of a request; any other is 404."""

from functools import cache

from flask import abort, g
from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import joinedload, selectinload

from sergio.customers.models import Customer
from sergio.database.company_scope import COMPANY
from sergio.extensions import db
from sergio.invoices.models import Invoice
from sergio.web.pages import go


def company_invoice(number: int, *loaded) -> Invoice:
    """An issued invoice with its document and ledger, or just what these options load."""
    query = numbered().options(*loaded) if loaded else whole()
    return db.one_or_404(query, {"company_id": g.company.id, "number": number})


def lock_invoice(number: int) -> Invoice:
    """The same, locked until the commit, for what is entered in its ledger. It is not locked for a form that was open
    for too long (`web/csrf`), which changes nothing.
    """
    invoice = company_invoice(number)
    if not g.csrf_failed:
        db.session.scalars(Invoice.locked(invoice.id)).one()
    return invoice


def company_draft(draft_id: int) -> Invoice:
    """A draft with its lines and its customer. For one that was issued, the page of the invoice."""
    draft = db.one_or_404(drafts(), {"company_id": g.company.id, "draft_id": draft_id})
    if draft.number is not None:
        abort(go(draft.office_path))
    return draft


def lock_draft(draft_id: int) -> Invoice:
    """The same, locked until the commit as `lock_invoice`; also if it was deleted or issued meanwhile."""
    draft = company_draft(draft_id)
    if not g.csrf_failed:
        db.one_or_404(Invoice.locked(draft.id))
        draft.refuse_issued()
    return draft


@cache
def numbered() -> Select:
    return select(Invoice).where(Invoice.company_id == COMPANY, Invoice.number == bindparam("number"))


@cache
def whole() -> Select:
    return numbered().options(*Invoice.whole())


@cache
def drafts() -> Select:
    query = select(Invoice).where(Invoice.company_id == COMPANY, Invoice.id == bindparam("draft_id"))
    customer = joinedload(Invoice.customer, innerjoin=True).selectinload(Customer.properties)
    return query.options(customer, selectinload(Invoice.lines))
