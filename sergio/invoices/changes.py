"""What staff do with an issued invoice: sending it, reminding of it, crediting it, writing it off, voiding it."""

from flask import Blueprint, abort, flash, g, redirect, url_for

from sergio.companies.current import today
from sergio.customers.roles import BILLING_FIRST, PAY, may
from sergio.extensions import db
from sergio.invoices.emails import pay_link
from sergio.invoices.entries import LedgerEntry
from sergio.invoices.forms import CreditForm, PauseForm, ReasonForm, SendForm
from sergio.invoices.labels import entry_label
from sergio.invoices.ledger import CREDIT, WRITE_OFF
from sergio.invoices.lookup import company_invoice, lock_invoice
from sergio.invoices.models import Invoice
from sergio.invoices.sending import InvoiceEmail, occasion_by_hand, refuse_pay_link
from sergio.lib import clock
from sergio.lib.language import gettext as _
from sergio.web import limits
from sergio.web.csrf import returns_form
from sergio.web.pages import page

bp = Blueprint("changes", __name__, url_prefix="/<int:number>")


@bp.get("/sending")
def new_sending(number):
    invoice = company_invoice(number)
    return send_page(invoice, SendForm(reachable_contacts(invoice)))


@bp.post("/sending")
@returns_form
def send(number):
    invoice = company_invoice(number)
    form = SendForm(reachable_contacts(invoice))
    if not form.validate_on_submit():
        return send_page(invoice, form, 422)
    if not limits.may_send(form):
        return send_page(invoice, form, 429)
    sent = InvoiceEmail.send(lock_invoice(number), form.contact, form.message.data or "", by=g.actor, at=clock.now())
    db.session.commit()
    flash(_("The invoice is on its way to %(to)s.", to=sent.to), "success")
    return to_invoice(number)


@bp.get("/pay-link")
def new_pay_link(number):
    invoice = company_invoice(number)
    refuse_pay_link(invoice)
    return pay_link_page(invoice, SendForm(paying_contacts(invoice)))


@bp.post("/pay-link")
@returns_form
def send_pay_link(number):
    invoice = company_invoice(number)
    form = SendForm(paying_contacts(invoice))
    if not form.validate_on_submit():
        return pay_link_page(invoice, form, 422)
    if not limits.may_send(form):
        return pay_link_page(invoice, form, 429)
    what = lock_invoice(number), form.contact, form.message.data or ""
    sent = InvoiceEmail.send_pay_link(*what, by=g.actor, at=clock.now())
    db.session.commit()
    flash(_("The pay link is on its way to %(to)s.", to=sent.to), "success")
    return to_invoice(number)


@bp.post("/reminder")
def remind(number):
    """Send a reminder now, once a day."""
    sent = InvoiceEmail.remind(lock_invoice(number), occasion_by_hand(today()), by=g.actor, at=clock.now())
    db.session.commit()
    flash(_("The reminder is on its way to %(to)s.", to=sent.to), "success")
    return to_invoice(number)


@bp.post("/reminders")
def pause(number):
    """Pause the automatic reminders of this invoice, or let them go on."""
    invoice = lock_invoice(number)
    if PauseForm().paused.data:
        invoice.pause_reminders(by=g.actor, at=clock.now())
        done = _("Reminders are paused for this invoice.")
    else:
        invoice.resume_reminders(by=g.actor, at=clock.now())
        done = _("Reminders are on for this invoice.")
    db.session.commit()
    flash(done, "success")
    return to_invoice(number)


@bp.get("/credit")
def new_credit(number):
    invoice = company_invoice(number)
    return credit_page(invoice, CreditForm(invoice))


@bp.post("/credit")
@returns_form
def credit(number):
    invoice = lock_invoice(number)
    form = CreditForm(invoice)
    if not form.validate_on_submit():
        return credit_page(invoice, form, 422)
    amount = form.amount.data or 0
    invoice.credit(amount, form.reason.data, by=g.actor, at=clock.now())
    db.session.commit()
    flash(_("%(amount)s is credited.", amount=invoice.money(amount)), "success")
    return to_invoice(number)


@bp.get("/write-off")
def new_write_off(number):
    invoice = company_invoice(number)
    return write_off_page(invoice, ReasonForm(invoice))


@bp.post("/write-off")
@returns_form
def write_off(number):
    invoice = lock_invoice(number)
    form = ReasonForm(invoice)
    if not form.validate_on_submit():
        return write_off_page(invoice, form, 422)
    invoice.write_off(form.reason.data, by=g.actor, at=clock.now())
    db.session.commit()
    flash(_("The rest is written off. Nothing is due any more."), "success")
    return to_invoice(number)


@bp.post("/void")
def void(number):
    """Void it: it stays in the list, but nobody owes it."""
    invoice = lock_invoice(number)
    invoice.void(by=g.actor, at=clock.now())
    db.session.commit()
    flash(_("Invoice %(number)s is void.", number=invoice.reference), "success")
    return to_invoice(number)


@bp.get("/entries/<int:entry_id>/undoing")
def new_undoing(number, entry_id):
    """The form that takes back a credit or a write-off."""
    invoice = company_invoice(number)
    return undo_page(invoice, correction_of(invoice, entry_id), ReasonForm(invoice))


@bp.post("/entries/<int:entry_id>/undoing")
@returns_form
def undo(number, entry_id):
    invoice = lock_invoice(number)
    entry, form = correction_of(invoice, entry_id), ReasonForm(invoice)
    if not form.validate_on_submit():
        return undo_page(invoice, entry, form, 422)
    invoice.undo_correction(entry, form.reason.data, by=g.actor, at=clock.now())
    db.session.commit()
    flash(_("Undone. %(amount)s is due again.", amount=invoice.money(-entry.amount)), "success")
    return to_invoice(number)


def correction_of(invoice: Invoice, entry_id: int) -> LedgerEntry:
    """A credit or write-off in the ledger of an invoice; 404 for anything else."""
    found = (entry for entry in invoice.entries if entry.id == entry_id and entry.kind in (CREDIT, WRITE_OFF))
    return next(found, None) or abort(404)


def reachable_contacts(invoice: Invoice) -> list:
    """The contacts of the customer who can be emailed, first who pays the bills."""
    reached = [contact for contact in invoice.customer.present_contacts if contact.email]
    return sorted(reached, key=lambda contact: BILLING_FIRST.index(contact.role))


def paying_contacts(invoice: Invoice) -> list:
    """Those of them who may pay."""
    return [contact for contact in reachable_contacts(invoice) if may(contact.role, PAY)]


def pay_link_page(invoice: Invoice, form: SendForm, status: int = 200):
    facts = {"invoice": invoice, "form": form, "link": pay_link(invoice)}
    return page("invoices/office/pay_link.html", status=status, **facts)


def send_page(invoice: Invoice, form: SendForm, status: int = 200):
    return page("invoices/office/send.html", status=status, invoice=invoice, form=form)


def credit_page(invoice: Invoice, form: CreditForm, status: int = 200):
    return page("invoices/office/credit.html", status=status, invoice=invoice, form=form)


def write_off_page(invoice: Invoice, form: ReasonForm, status: int = 200):
    return page("invoices/office/write_off.html", status=status, invoice=invoice, form=form)


def undo_page(invoice: Invoice, entry: LedgerEntry, form: ReasonForm, status: int = 200):
    facts = {"entry": entry, "label": entry_label(entry), "form": form}
    return page("invoices/office/undo.html", status=status, invoice=invoice, **facts)


def to_invoice(number: int):
    return redirect(url_for("office.invoices.show", number=number), 303)
