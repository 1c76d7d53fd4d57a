"""`python -m tests.faults.payer`: pays the open invoices of a database in processes that are killed (kill -9).

Lines on its input say how to go on: `before 7` kills a process right before its seventh commit, `after 7` right after
it, `amid 7` right after its seventh statement that writes, `within 0.3` so many seconds after it began to pay;
`to the end` kills none. The answer is the line "killed" or "ended". Processes are forked from one that has the app, has
paid four invoices itself, and has no connection any more: a new life need not compile every statement again.
"""

import os
import signal
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import stripe  # noqa: F401 - takes long, and the processes share it
from flask import Flask
from sqlalchemy import event, select

from sergio import create_app
from sergio.audit.actor import BY_SYSTEM
from sergio.config import Config
from sergio.database.company_scope import EVERY_COMPANY
from sergio.extensions import db
from sergio.invoices.models import Invoice
from sergio.jobs import PAYMENTS, claims, wake, worker
from sergio.lib import clock
from sergio.lib.refused import Refused
from sergio.payments import brakes, charging, checkout
from sergio.payments.methods import BANK_ACCOUNT, CARD
from sergio.payments.models import Payment, PaymentAttempt
from sergio.payments.saved import SavedMethod
from sergio.payments.stripe import gateway
from sergio.payments.stripe.errors import Rejected
from sergio.payments.stripe.gateway import Gateway

GOOD_CARD, GOOD_ACCOUNT = "pm_card_visa", "pm_usBankAccount_success"
FEW = 40
"""Invoices that are looked up at once."""
WARM_UP = 4
"""Invoices that are paid before any process is killed: one in each way."""


def main():
    careless = "careless" in sys.argv[1:]
    claims.LEASE = timedelta(seconds=8)  # of jobs that were being done when a process was killed
    brakes.STARTS_OF_ONE_PERSON = 1_000_000  # a few contacts pay thousands of invoices
    app = create_app(Config.from_environment())
    if not careless:
        with app.app_context():
            warm_up(app)
    for line in sys.stdin:
        sys.stdout.write(one_life(app, line.split(), careless=careless) + "\n")
        sys.stdout.flush()


def warm_up(app: Flask):
    """Pay in each of the ways there are, and leave neither connections nor threads to the processes that follow."""
    pay_these(open_invoices()[:WARM_UP])
    db.session.remove()
    for engine in db.engines.values():
        engine.dispose()
    gateway._threads.shutdown()
    gateway._threads = ThreadPoolExecutor(gateway.CALLS)
    gateway._client.cache_clear()
    wake.init_app(app)


def one_life(app: Flask, plan: list[str], *, careless: bool) -> str:
    """Fork a process that pays, and kill it as planned; "killed", or "ended" if it had paid all before."""
    begun, begins = os.pipe()
    child = os.fork()
    if child == 0:
        live(app, plan, begins, careless=careless)
    os.close(begins)
    os.read(begun, 1)
    os.close(begun)
    if plan[0] == "within":
        time.sleep(float(plan[1]))
        os.kill(child, signal.SIGKILL)
    _pid, status = os.waitpid(child, 0)
    if not os.WIFSIGNALED(status) and os.WEXITSTATUS(status):
        return f"failed {os.WEXITSTATUS(status)}"
    return "killed" if os.WIFSIGNALED(status) else "ended"


def live(app: Flask, plan: list[str], begins: int, *, careless: bool):
    """Pay until there is nothing left, and end; say by a byte when that begins."""
    try:
        with app.app_context():
            if plan[0] in DEATHS:
                DEATHS[plan[0]](int(plan[1]))
            os.write(begins, b".")
            (pay_carelessly if careless else pay_all)()
    except BaseException:
        import traceback

        traceback.print_exc()
        os._exit(3)
    os._exit(0)


def die_at(which: int) -> Callable[[], None]:
    """What kills this process when it is called for that time."""
    count = 0

    def die_or_count():
        nonlocal count
        count += 1
        if count == which:
            os.kill(os.getpid(), signal.SIGKILL)

    return die_or_count


def die_before_commit(which: int):
    die = die_at(which)
    event.listen(db.engine, "commit", lambda _connection: die())


def die_after_commit(which: int):
    die, commit = die_at(which), db.engine.dialect.do_commit

    def commit_and_die(connection):
        commit(connection)
        die()

    db.engine.dialect.do_commit = commit_and_die


def die_amid_writes(which: int):
    die = die_at(which)

    def note(_connection, _cursor, statement, *_more):
        if statement.startswith(("INSERT", "UPDATE", "DELETE")):
            die()

    event.listen(db.engine, "after_cursor_execute", note)


DEATHS = {"before": die_before_commit, "after": die_after_commit, "amid": die_amid_writes}


def open_invoices() -> list[int]:
    """The ids of some invoices that can be paid."""
    unpaid = select(Invoice.id).where(*Invoice.unpaid(), Invoice.clearing_since.is_(None)).order_by(Invoice.id)
    found = list(db.session.scalars(unpaid.limit(FEW), execution_options=EVERY_COMPANY))
    db.session.rollback()
    return found


def pay_all():
    """Pay what is open, in all ways there are, and do the jobs that Stripe's events have left."""
    while ids := open_invoices():
        pay_these(ids)
    worker.drain((PAYMENTS,))


def pay_these(ids: list[int]):
    while ids:
        several = 2 if ids[0] % 4 == 3 and ids[1:2] == [ids[0] + 1] else 1
        pay(ids[:several])
        ids = ids[several:]
        worker.drain((PAYMENTS,))


def pay(ids: list[int]):
    invoice = db.session.get_one(Invoice, ids[0], execution_options=EVERY_COMPANY)
    mine = SavedMethod.company_id == invoice.company_id, SavedMethod.customer_id == invoice.customer_id
    contact_id = invoice.customer.contacts[0].id
    saved_id = db.session.scalar(select(SavedMethod.id).where(*mine)) if ids[0] % 4 == 1 else None
    method = BANK_ACCOUNT if ids[0] % 4 == 2 else CARD
    db.session.rollback()
    try:
        if saved_id:
            charging.pay(ids, contact_id, saved_id, by=BY_SYSTEM)
        else:
            checkout.begin(ids, contact_id, by=BY_SYSTEM, method=method)
            press_in_browser(ids[0], GOOD_ACCOUNT if method == BANK_ACCOUNT else GOOD_CARD)
    except (Refused, Rejected) as why:
        sys.stderr.write(f"{ids} {why}\n")
        sys.stderr.flush()
        db.session.rollback()  # paid, or on its way, in an earlier life


def press_in_browser(invoice_id: int, method: str):
    """Confirm the intent as the customer's browser does: our rows hear of it from Stripe alone."""
    invoice = db.session.get_one(Invoice, invoice_id, execution_options=EVERY_COMPANY)
    attempt = db.session.scalar(PaymentAttempt.open_for(invoice))
    account, intent = (attempt.account, attempt.intent) if attempt else ("", None)
    db.session.rollback()
    if intent:
        Gateway(account).confirm(intent, method, off_session=False)


def pay_carelessly():
    """How it must not be done: Stripe is asked first, and the row comes after."""
    from sergio.payments.stripe.types import PaymentRequest

    for invoice_id in open_invoices():
        invoice = db.session.get_one(Invoice, invoice_id, execution_options=EVERY_COMPANY)
        account, due = invoice.company.payment_account or "", invoice.due
        key = f"{os.getpid()} {invoice_id}"
        wanted = PaymentRequest(key, account, due, invoice.currency, CARD, "Careless", {})
        db.session.rollback()
        gateway = Gateway(account)
        gateway.confirm(gateway.create(wanted).id, GOOD_CARD, off_session=False)
        invoice = db.session.scalars(Invoice.locked(invoice_id)).one()
        Payment.record(invoice, method="check", by=BY_SYSTEM, at=clock.now())
        db.session.commit()


if __name__ == "__main__":
    main()
