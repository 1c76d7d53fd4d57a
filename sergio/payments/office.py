"""Payments, for staff."""

from flask import Blueprint, abort, flash, g, request, url_for
from flask_login import current_user
from sqlalchemy import Select, select

from sergio.auth.actors import current_actor
from sergio.extensions import db
from sergio.invoices.models import Invoice
from sergio.lib import clock
from sergio.lib.language import gettext as _
from sergio.lib.refused import Refused
from sergio.payments import closing, listing, payment_facts, stuck
from sergio.payments.autopay import charge_of
from sergio.payments.autopay_formats import next_tries
from sergio.payments.debits import arrives_by
from sergio.payments.forms import ClosingForm, DismissalForm
from sergio.payments.listing import Filter
from sergio.payments.methods import METHODS
from sergio.payments.models import PaymentAttempt, PaymentAttemptPart
from sergio.payments.statuses import SUCCEEDED
from sergio.payments.stripe import declines
from sergio.payments.stripe.events import REASONS, StripeEvent
from sergio.staff.roles import DECISIONS
from sergio.web.pages import go, page, part
from sergio.web.paging import ROWS, Paging
from sergio.web.revalidation import revalidated

bp = Blueprint("payments", __name__, url_prefix="/payments")


@bp.get("")
@revalidated
def index():
    """Payments, as they are narrowed and sorted; what banks are working on, attempts that are stuck, and events that
    were set aside.
    """
    chosen = Filter.from_query(request.args)
    paging = Paging("/office/payments", request.args, listing.TABS, ROWS, **chosen.query)
    return page(
        "payments/office/index.html",
        "payments",
        paging=paging,
        rows=listing.of_company(g.company, paging, chosen),
        chosen=chosen,
        methods=METHODS,
        sorts=paging.sorts(listing.SORTS if paging.show != listing.WAITING else {}, chosen.sort),
        stuck=stuck.stuck(g.company, clock.now()),
        set_aside=db.session.scalars(StripeEvent.set_aside_for(g.company).limit(20)).all(),
        reasons=REASONS,
        may_decide=current_user.may(DECISIONS),
    )


@bp.get("/<int:number>")
def show(number):
    """One payment: what happened to it and who says so, its risk and its fee."""
    found = payment_facts.page_of(g.company.id, number) or abort(404)
    payment, standing = found.payment, [each for each in found.payment.refunds if each.went_through]
    refunded, ids = sum(each.amount for each in standing), {each.stripe_id for each in standing}
    return page(
        "payments/office/show.html",
        payment=payment,
        facts=payment_facts.facts(found),
        outcome=found.outcome,
        events=found.events,
        refunded=refunded,
        failed=any(each.status == "failed" for each in payment.refunds) and not ids,
        undoable=[each for each in found.requests if f"by hand {each.id}" in ids],
        may_refund=payment.undone_at is None and refunded < payment.amount,
    )


@bp.get("/of-invoice/<int:number>")
def of_invoice(number):
    """The attempts to pay one invoice by card, and its automatic payment."""
    query = select(Invoice).where(Invoice.company_id == g.company.id, Invoice.number == number)
    invoice = db.one_or_404(query)
    attempts = db.session.scalars(PaymentAttempt.of(invoice)).all()
    return part(
        "payments/office/of_invoice.html",
        "attempts",
        number=number,
        reference=invoice.reference,
        attempts=attempts,
        charge=db.session.scalar(charge_of(invoice)),
        next_tries=next_tries,
        why=declines.sentence_for,
        statuses=listing.STATUSES,
        methods=METHODS,
        arrives_by=arrives_by,
        reasons=REASONS,
        declined=declines.sentence_for,
    )


@bp.get("/of-invoice/<int:number>/closing")
def new_closing(number):
    """The form that closes the open attempt to pay an invoice."""
    attempt = last_attempt(number)
    if attempt.closed_at:
        return go(url_for("office.invoices.show", number=number))
    form = ClosingForm(data={"attempt": attempt.key})
    return page("payments/office/close.html", form=form, stuck=stuck.stuck_attempt(attempt), number=number)


@bp.post("/of-invoice/<int:number>/closing")
def close(number):
    """Close the attempt, or apply it if Stripe says it was paid."""
    attempt = last_attempt(number)
    form = ClosingForm()
    if not form.validate_on_submit():
        shown = stuck.stuck_attempt(attempt)
        return page("payments/office/close.html", status=422, form=form, stuck=shown, number=number)
    if form.attempt.data != attempt.key:
        raise Refused(_("This card payment just changed. Here is where it stands."))
    closed = closing.close(attempt.id, by=current_actor(), reason=form.reason.data)
    if closed.status == SUCCEEDED:
        flash(_("This payment went through, so it was recorded instead of closed."), "success")
    else:
        flash(_("The card payment is closed. The invoice can be paid again."), "success")
    return go(url_for("office.invoices.show", number=number))


@bp.get("/events/<int:event_id>/dismissal")
def new_dismissal(event_id):
    """The form that dismisses an event that was set aside."""
    event = db.one_or_404(own_event(event_id))
    return page("payments/office/dismiss.html", form=DismissalForm(), event=event, why=REASONS[event.set_aside])


@bp.post("/events/<int:event_id>/dismissal")
def dismiss(event_id):
    """Take it off the list; the audit trail keeps who did it and why."""
    event = db.one_or_404(own_event(event_id).with_for_update())
    form = DismissalForm()
    if not form.validate_on_submit():
        why = REASONS[event.set_aside]
        return page("payments/office/dismiss.html", status=422, form=form, event=event, why=why)
    event.dismiss(form.reason.data, by=current_actor(), at=clock.now())
    db.session.commit()
    flash(_("Dismissed."), "success")
    return go(url_for(".index"))


def own_event(event_id: int) -> Select:
    """An event that was set aside and concerns this company; any other does not exist."""
    return StripeEvent.set_aside_for(g.company).where(StripeEvent.id == event_id)


def last_attempt(number: int) -> PaymentAttempt:
    """The newest attempt to pay an invoice of this company; only that one can be open."""
    query = select(PaymentAttempt).join(PaymentAttempt.parts).join(PaymentAttemptPart.invoice)
    mine = Invoice.company_id == g.company.id, Invoice.number == number
    return db.one_or_404(query.where(*mine).order_by(PaymentAttempt.id.desc()).limit(1))
