"""Processes that pay are killed (kill -9) at random and at each of their writes: nothing is lost or paid twice."""

import subprocess
import sys
import time
from contextlib import contextmanager
from random import Random

import pytest
from sqlalchemy import func, select

from sergio import jobs
from sergio.extensions import db
from sergio.invoices import ledger_check
from sergio.invoices.models import Invoice
from sergio.outbox.models import OutgoingEmail
from sergio.payments.models import Payment, PaymentAttempt
from sergio.payments.stripe.gateway import Gateway
from sergio.payments.stripe.methods import Methods
from sergio.payments.stripe.types import SetupRequest
from sergio.sandbox.serving import serving
from tests import factories
from tests.browser import settle
from tests.faults.payer import WARM_UP
from tests.faults.program import ROOT, environment, on_our_host
from tests.invoices import builders
from tests.payments.saving import kept

OF_EACH = 40
"""Invoices of each customer: every fourth is paid with a saved card, from a bank account, or together with another."""
COMMITS, WRITES, SECONDS_AT_LEAST = 6, 20, 0.02
"""Of a payment, without the jobs that follow from it."""
SECRET = "whsec_sergio"


def saved_card(contact) -> None:
    """A card that a customer has really saved at the sandbox."""
    methods = Methods(Gateway(contact.company.payment_account))
    at_stripe = methods.create_customer(f"customer {contact.id}", contact.name, "", {})
    setup = methods.set_up(SetupRequest(f"setup {contact.id}", methods.account, at_stripe, "card", {}))
    confirmed = {"payment_method": "pm_card_visa", "expand": ["payment_method"]}
    options = {"stripe_account": methods.account}
    found = methods.gateway.run(lambda v1: v1.setup_intents.confirm(setup.id, confirmed, options))
    about = {"stripe_id": found.payment_method.id, "stripe_customer": at_stripe}
    kept(contact, account=methods.account, **about)


def bills(company, count: int):
    """So many invoices, all different, of customers who have a saved card."""
    company.accepts_bank_debits = company.bank_debits_enabled = True
    for number in range(-(-count // OF_EACH)):
        contact = factories.contact(company, f"Customer {number}", f"customer{number}@example.com")
        for each in range(min(OF_EACH, count - number * OF_EACH)):
            builders.invoice(contact, 10_000 + number * OF_EACH + each)
        db.session.commit()
        saved_card(contact)
        db.session.commit()


@contextmanager
def payer(app, *arguments, log):
    """`life("before", 7)`: what became of a process that pays, and is killed as planned."""
    settle()
    env = environment(app.config["SERGIO"], env="development")
    command = [sys.executable, "-m", "tests.faults.payer", *arguments]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with log.open("a") as errors, subprocess.Popen(command, cwd=ROOT, env=env, stderr=errors, **pipes) as process:

        def life(*plan) -> str:
            process.stdin.write(" ".join(map(str, plan)) + "\n")
            process.stdin.flush()
            return process.stdout.readline().strip()

        yield life
        process.stdin.close()
        process.wait(60)


def plans(payments: int, kills: int, seed: int):
    """How each life ends: right before or after one of its commits, amid its writes, or at any time. Together they are
    too short for half of the payments, so that none of them ends by itself.
    """
    chance, each = Random(seed), payments / kills
    for _kill in range(kills):
        which = chance.choice(["before", "after", "amid", "within"])
        if which == "within":
            yield which, round(chance.uniform(0, each * SECONDS_AT_LEAST), 3)
        else:
            yield which, chance.randint(1, round(each * (WRITES if which == "amid" else COMMITS)))


def amounts_here() -> dict[str, int]:
    """What was paid by each intent, as our rows say."""
    db.session.rollback()
    paid = select(PaymentAttempt.intent, func.sum(Payment.amount)).join(Payment.attempt).group_by(PaymentAttempt.intent)
    return dict(db.session.execute(paid, execution_options={"every_company": True}).all())


def amounts_at_stripe(sandbox) -> dict[str, int]:
    return {entry.payment_intent: entry.charged for entry in sandbox.ledger()}


def unpaid() -> list[int]:
    db.session.rollback()
    wrong = select(Invoice.number).where(Invoice.due != 0)
    found = list(db.session.scalars(wrong, execution_options={"every_company": True}))
    db.session.rollback()  # an open transaction would keep the payer from writing
    return found


def receipts() -> int:
    """How many emails thank for a payment."""
    thanks = select(func.count(OutgoingEmail.id)).where(OutgoingEmail.subject.startswith("Your payment of"))
    return db.session.scalar(thanks, execution_options={"every_company": True}) or 0


@pytest.fixture
def events_arrive(app, sandbox):
    """The sandbox posts its events to this app."""
    with serving(on_our_host(app)) as server:
        sandbox.deliver_webhooks_to(f"http://127.0.0.1:{server.port}/webhooks/stripe", SECRET)
        yield
        sandbox.wait_for_webhooks()


@pytest.mark.usefixtures("events_arrive")
@pytest.mark.parametrize("quarter", [1, 2, 3, 4])
def test_killed_payers_lose_and_double_nothing(app, sparkle, sandbox, session, long, tmp_path, quarter):
    """In the long form 200 kills in 4,000 payments, in quarters that the workers of a test run share."""
    at_length = long and not app.config["SERGIO"].database_url
    if quarter > 1 and not at_length:
        pytest.skip("one quarter will do")
    count, kills = (1_000, 50) if at_length else (12, 6)
    bills(sparkle, count + WARM_UP)
    expected = session.scalar(select(func.sum(Invoice.due)).where(Invoice.company_id == sparkle.id))
    log = tmp_path / "payer.log"
    with payer(app, log=log) as life:
        ended = [life(*plan) for plan in plans(count, kills, seed=quarter)]
        assert ended == ["killed"] * kills, log.read_text()[-4000:]
        assert unpaid() != []
        for _again in range(12):
            assert life("to", "the", "end") == "ended", log.read_text()[-4000:]
            sandbox.settle()
            assert sandbox.wait_for_webhooks(300)
            jobs.enqueue("payments.reconcile")
            session.commit()
            if unpaid() == []:
                break
            time.sleep(1)
    assert unpaid() == []
    here = amounts_here()
    assert here == amounts_at_stripe(sandbox)
    assert sum(here.values()) == expected
    assert receipts() == len(here)
    assert list(ledger_check.differences()) == []


def test_control_who_asks_stripe_before_writing_a_row_pays_twice(app, sparkle, sandbox, session, tmp_path):
    bills(sparkle, 2)
    with payer(app, "careless", log=tmp_path / "payer.log") as life:
        assert [life("before", 1), life("before", 1), life("to", "the", "end")] == ["killed", "killed", "ended"]
    assert len(amounts_at_stripe(sandbox)) > 2
    assert unpaid() == []
