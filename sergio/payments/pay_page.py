"""The page to pay a bill: the ways to pay, the card form, what the bank asks; and pressing Pay on it."""

from collections.abc import Sequence
from datetime import timedelta
from functools import cache
from typing import Any

from flask import Response, abort, current_app, request
from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import joinedload

from sergio.auth.viewer import viewer
from sergio.companies.current import today
from sergio.companies.payment_settings import BANK_DEBITS_OF
from sergio.database.company_scope import COMPANY
from sergio.extensions import db
from sergio.invoices.models import Invoice
from sergio.lib import bank_days, clock
from sergio.lib.language import gettext as _
from sergio.payments import charging, checkout, consents, csp
from sergio.payments.bills import Bill, Part
from sergio.payments.methods import BANK_ACCOUNT, CARD
from sergio.payments.models import PaymentAttempt, PaymentAttemptPart
from sergio.payments.part_forms import PartForm
from sergio.payments.paying import methods_to_pay_with, own_method, payer, refuse_paused
from sergio.payments.saved_forms import MandateForm, consent
from sergio.payments.statuses import PROCESSING, SUCCEEDED
from sergio.payments.stripe import declines
from sergio.payments.stripe.errors import Rejected
from sergio.payments.stripe.gateway import Gateway
from sergio.payments.stripe.types import Intent
from sergio.web.pages import go, page

SAME_PRESS = timedelta(minutes=10)
"""So long after a payment, another press for the same part is taken for the same one."""


def show(bill: Bill, *, notes: Sequence[str] = (), part_form: PartForm | None = None) -> Response:
    """The ways to pay; the card form or the bank's question as soon as there is an intent that needs one. `?with=7` is
    the saved method to pay with, `?by=us_bank_account` a bank account, `?other` asks for all ways. `notes` and
    `part_form` as in `ways_to_pay`.
    """
    unclear = part_form is not None and bool(part_form.errors)
    if request.args.get("by") == BANK_ACCOUNT and not unclear:
        return bank_page(bill, MandateForm(bill))
    facts: dict[str, Any] = {"notes": notes, "part_form": part_form}
    attempt = attempt_for(open_attempt(), bill.first)
    chooses = unclear or "with" in request.args or "other" in request.args
    if chooses or attempt is None or attempt.intent is None or not is_payable_here(attempt, bill):
        return ways_to_pay(bill, **facts)
    refuse_paused()
    saved_id, method = attempt.charges_saved_method and attempt.saved_method_id, attempt.method
    saves = attempt.saved_method_id is not None and not saved_id
    try:
        found = read(attempt.account, attempt.intent)
    except Rejected:  # Stripe no longer has it; the button ends the attempt and starts another
        return ways_to_pay(bill, **facts)
    if saved_id and found.status not in ("requires_action", "succeeded", "processing"):
        return ways_to_pay(bill, declined=declines.sentence_for(found.decline, method), **facts)
    return card_form(found, bill, method, saves=saves)


def pay(bill: Bill, *, shown: int | None) -> Response:
    """Charge a saved method at once, or create one intent for the card form. `TotalChanged` if the total is not the one
    that was shown.
    """
    ids = [invoice.id for invoice in bill.invoices]
    part = Part(bill.part, request.form.get("due", 0, type=int)) if bill.part else None
    asked: dict[str, Any] = {"by": viewer.by, "shown": shown, "part": part}
    if "saved" in request.form:
        saved = db.one_or_404(own_method(request.form.get("saved", 0, type=int)))
        charging.pay(ids, payer().id, saved.id, **asked)
        return go(bill.status_url if is_taken(ids[0]) else bill.url())
    if request.form.get("method") == BANK_ACCOUNT:
        return pay_from_bank(bill, asked)
    saves = may_save() and "save" in request.form
    agreed = consent(consents.TO_SAVE, consents.to_save(viewer.company)) if saves else None
    checkout.begin(ids, payer().id, consent=agreed, **asked)
    return go(bill.url())


def pay_from_bank(bill: Bill, asked: dict[str, Any]) -> Response:
    """Keep the mandate, and create one intent for the form that asks for the bank account."""
    form = MandateForm(bill)
    if not form.validate_on_submit():
        return bank_page(bill, form, 422)
    company, ids = viewer.company, [invoice.id for invoice in bill.invoices]
    saves = consent(consents.TO_SAVE, consents.to_save(company)) if form.save.data and may_save() else None
    mandate = consent(consents.TO_DEBIT, form.agreed.label.text)
    checkout.begin(ids, payer().id, method=BANK_ACCOUNT, consent=saves, mandate=mandate, **asked)
    return go(bill.url())


def bank_page(bill: Bill, form: MandateForm, status: int = 200) -> Response:
    """The mandate to debit a bank account."""
    can = viewer.company.takes_bank_debits and viewer.company.takes_payments_for(bill.number)
    if not can or bill.currency != BANK_DEBITS_OF:
        abort(404)
    arrives = bank_days.debit_arrives(today())
    return page(
        "payments/portal/bank.html",
        status=status,
        bill=bill,
        form=form,
        arrives=viewer.company.format_day(arrives),
        consent=consents.to_save(viewer.company) if may_save() else "",
    )


def may_save() -> bool:
    """Whether the viewer may have a method saved: nobody who only has the link to a document."""
    return viewer.company.saves_methods and viewer.document is None


def ask_again(bill: Bill, **facts) -> Response:
    """The ways to pay after what is due has changed, with the new amount."""
    changed = _("The total is now %(total)s. Check it, then pay again.", total=bill.amount)
    if bill.part:
        amounts = {"due": bill.first.money(bill.first.due), "part": bill.amount}
        changed = _("%(due)s is now due, and you are paying %(part)s of it. Check it, then pay again.", **amounts)
    return ways_to_pay(bill, status=422, changed=changed, **facts)


def ways_to_pay(
    bill: Bill,
    *,
    declined: str = "",
    changed: str = "",
    notes: Sequence[str] = (),
    part_form: PartForm | None = None,
    status: int = 200,
) -> Response:
    """The page with the methods that the customer saved, one of them chosen, and the button for another card.

    It can say why the card was `declined`, that the total `changed`, and `notes` about what is not paid now.
    `part_form` asks for another amount, where a part can be paid.
    """
    methods = methods_to_pay_with()
    asked = request.args.get("with", 0, type=int)
    chosen = next((each for each in methods if each.id == asked), methods[0] if methods else None)
    if asked and (chosen is None or chosen.id != asked):
        abort(404)
    return page(
        "payments/portal/start.html",
        status=422 if part_form is not None and part_form.errors else status,
        bill=bill,
        online=viewer.company.takes_payments_for(bill.number),
        by_bank=viewer.company.takes_bank_debits and bill.currency == BANK_DEBITS_OF,
        chosen=None if declined else chosen,
        others=[each for each in methods if declined or each is not chosen],
        declined=declined,
        changed=changed,
        consent=consents.to_save(viewer.company) if may_save() else "",
        notes=notes,
        part_form=part_form,
    )


def card_form(found: Intent, bill: Bill, method: str, *, saves: bool) -> Response:
    """The form for an intent, or what its bank asks, or a redirect once it can no longer be paid."""
    if found.status in ("succeeded", "processing"):
        return go(bill.status_url)
    if found.status == "canceled":
        return ways_to_pay(bill)
    if found.verify:
        return page("payments/portal/verify.html", bill=bill, verify=found.verify)
    csp.allow_stripe(config())
    words = declines.SENTENCES | (declines.OF_BANKS if method == BANK_ACCOUNT else {})
    return page(
        "payments/portal/confirm.html" if found.status == "requires_action" else "payments/portal/new.html",
        bill=bill,
        saves=saves,
        found=found,
        decline=declines.sentence_for(found.decline, method),
        declines={code: str(sentence) for code, sentence in words.items()},
        is_card=method == CARD,
        back=viewer.company.url(bill.status_url),
        stripe_js=config().stripe_js_url,
        key=config().stripe_publishable_key,
    )


def is_payable_here(attempt: PaymentAttempt, bill: Bill) -> bool:
    """Whether the viewer may pay with this attempt just this bill: nobody pays another contact's."""
    contact = viewer.contact
    return (
        contact is not None
        and attempt.is_for(contact.id, attempt.method, attempt.saved_method_id)
        and attempt.fits(bill.amounts)
    )


def is_taken(invoice_id: int) -> bool:
    """Whether the newest attempt to pay took the money, or its bank is working on it."""
    return taken(invoice_id) is not None


def taken(invoice_id: int) -> PaymentAttempt | None:
    """The newest attempt to pay, if it took the money or its bank is working on it."""
    mine = {"company_id": viewer.company.id, "invoice_id": invoice_id}
    attempt = db.session.scalar(attempts().limit(1), mine)
    return attempt if attempt and attempt.status in (SUCCEEDED, PROCESSING) else None


def was_pressed_before(bill: Bill) -> bool:
    """Whether the viewer paid the same part minutes ago: the same button, pressed twice or sent again."""
    attempt = taken(bill.first.id)
    if attempt is None or attempt.contact_id != payer().id:
        return False
    since = attempt.closed_at or attempt.processing_since
    just_now = since is not None and clock.now() - since <= SAME_PRESS
    return just_now and [part.amount for part in attempt.parts] == [bill.part]


def read(account: str, intent: str) -> Intent:
    """The intent at Stripe. No database connection is held meanwhile; rows that were loaded can still be read."""
    db.session.close()
    return Gateway(account).read(intent)


def attempt_for(statement: Select, invoice: Invoice) -> PaymentAttempt | None:
    """The first of the attempts to pay an invoice that a statement finds."""
    found = db.session.scalars(statement, {"company_id": invoice.company_id, "invoice_id": invoice.id})
    return found.unique().first()


@cache
def attempts() -> Select:
    """The attempts to pay an invoice, the newest first."""
    part = PaymentAttemptPart
    ids = select(part.attempt_id).where(part.company_id == COMPANY, part.invoice_id == bindparam("invoice_id"))
    mine = PaymentAttempt.company_id == COMPANY, PaymentAttempt.id.in_(ids)
    return select(PaymentAttempt).where(*mine).order_by(PaymentAttempt.id.desc())


@cache
def open_attempt() -> Select:
    whole = joinedload(PaymentAttempt.parts), joinedload(PaymentAttempt.saved_method)
    return attempts().where(PaymentAttempt.closed_at.is_(None)).options(*whole)


def config():
    return current_app.config["SERGIO"]
