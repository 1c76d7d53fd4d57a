"""What a customer paid too much, used for another invoice: pages for staff."""

from flask import Blueprint, flash, g, request, url_for
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from sergio.extensions import db
from sergio.invoices.lookup import company_invoice
from sergio.invoices.models import Invoice
from sergio.lib import clock
from sergio.lib.language import gettext as _
from sergio.payments.moved_credit import MovedCredit, offers
from sergio.web.pages import go, part

bp = Blueprint("credit", __name__, url_prefix="/credit")


@bp.get("/of-invoice/<int:number>")
def show(number):
    """The credit that can be used for an invoice, or that it has for others; and what was used before."""
    invoice = company_invoice(number, joinedload(Invoice.customer, innerjoin=True))
    moves = MovedCredit.of(invoice).options(joinedload(MovedCredit.source), joinedload(MovedCredit.target))
    return part(
        "payments/office/credit.html",
        "credit",
        invoice=invoice,
        offers=[(*pair(invoice, other), amount(invoice, other)) for other in offers(invoice)],
        moves=db.session.scalars(moves).all(),
        issued="issued" in request.args,
    )


@bp.post("/of-invoice/<int:number>")
def create(number):
    """Use the credit of one of two invoices for the other, as far as it goes."""
    invoice = company_invoice(number, joinedload(Invoice.customer, innerjoin=True))
    other = company_invoice(request.form.get("other", 0, type=int), joinedload(Invoice.customer, innerjoin=True))
    source, target = pair(invoice, other)
    moved = MovedCredit.move(source.id, target.id, by=g.actor, at=clock.now())
    done = _(
        "%(amount)s is used for invoice %(number)s.", amount=moved.money(moved.amount), number=moved.target.reference
    )
    db.session.commit()
    flash(done, "success")
    return go(url_for("office.invoices.show", number=number))


@bp.post("/<int:move_id>/undoing")
def undo(move_id):
    mine = MovedCredit.company_id == g.company.id, MovedCredit.id == move_id
    moved = db.one_or_404(select(MovedCredit).where(*mine))
    moved.undo(by=g.actor, at=clock.now())
    number = moved.source.number
    db.session.commit()
    flash(_("Undone. The credit is back on invoice %(number)s.", number=moved.source.reference), "success")
    return go(url_for("office.invoices.show", number=number))


def pair(invoice: Invoice, other: Invoice) -> tuple[Invoice, Invoice]:
    """The one with the credit, and the one it is used for."""
    return (invoice, other) if invoice.surplus else (other, invoice)


def amount(invoice: Invoice, other: Invoice) -> str:
    source, target = pair(invoice, other)
    return invoice.money(min(source.surplus, target.due))
