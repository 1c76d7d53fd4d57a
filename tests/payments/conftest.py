"""An invoice to pay, the Stripe sandbox, and its webhooks."""

from dataclasses import replace

import pytest
from flask import has_app_context

from sergio.extensions import db
from sergio.invoices.models import Invoice
from sergio.jobs.models import Job
from sergio.payments.models import Payment, PaymentAttempt
from sergio.payments.stripe.gateway import Gateway
from sergio.sandbox.stripe import running_sandbox
from tests.browser import Browser
from tests.invoices import builders
from tests.payments.card_form import CardForm, Webhooks


@pytest.fixture(scope="session")
def running():
    with running_sandbox() as sandbox:
        yield sandbox


@pytest.fixture(autouse=True)
def no_writing_meanwhile(monkeypatch):
    """Stripe is never asked while a transaction writes: it would keep all others waiting for as long as that takes."""
    run = Gateway.run

    def guarded(self, call):
        session = db.session() if has_app_context() else None
        assert session is None or not (session.info.get("writing") or session.new or session.dirty)
        return run(self, call)

    monkeypatch.setattr(Gateway, "run", guarded)


@pytest.fixture
def sandbox(running, app):
    """A new Stripe sandbox for this app, with the accounts of Sparkle and Rival."""
    running.reset()
    for account in ("acct_sparkle", "acct_rival"):
        running.connect_account(account)
    config = app.config["SERGIO"]
    urls = {"stripe_api_base": running.base_url, "stripe_js_url": f"{running.base_url}/stripe.js"}
    app.config["SERGIO"] = replace(config, **urls)
    yield running
    app.config["SERGIO"] = config


@pytest.fixture
def invoice(session, ana):
    """120 dollars, to be paid by Ana."""
    invoice = builders.invoice(ana)
    session.commit()
    return invoice


@pytest.fixture
def webhooks(app, sandbox):
    return Webhooks(app, sandbox)


@pytest.fixture
def card_form(sandbox, app):
    """`card_form(contact, number)`: the card form of an invoice, from pressing Pay to the page that shows it."""

    def open_form(contact, number=1):
        browser = Browser(app, contact.company.subdomain)
        browser.be(contact)
        pressed = browser.post(f"/portal/invoices/{number}/pay")
        assert pressed.status_code == 303, pressed.text
        return CardForm(sandbox, browser.get(pressed.headers["Location"]).text)

    return open_form


@pytest.fixture
def receive_events(webhooks, work, session):
    """`receive_events()`: send Stripe's new events, and run the worker; checks that no job failed."""

    def send_and_work():
        assert set(webhooks.send_new()) <= {200}
        work()
        session.rollback()
        assert (
            session.scalars(db.select(Job.error).where(Job.error != "", Job.name.startswith("payments."))).all() == []
        )

    return send_and_work


@pytest.fixture
def records(session, sandbox):
    """Our records, to compare with Stripe's: `records.agree()`."""
    return Records(session, sandbox)


class Records:
    """The rows of this program about payments."""

    def __init__(self, session, sandbox):
        self.session, self.sandbox = session, sandbox

    @property
    def invoice(self) -> Invoice:
        self.session.rollback()
        return self.session.scalars(db.select(Invoice).order_by(Invoice.id)).first()

    @property
    def facts(self) -> list[tuple[str, int, str]]:
        """Kind, amount and source of every entry of the ledger, sorted."""
        return sorted((entry.kind, entry.amount, entry.source) for entry in self.invoice.entries)

    @property
    def attempts(self) -> list[PaymentAttempt]:
        self.session.rollback()
        return self.session.scalars(db.select(PaymentAttempt).order_by(PaymentAttempt.id)).all()

    @property
    def payments(self) -> list[Payment]:
        self.session.rollback()
        return self.session.scalars(db.select(Payment).order_by(Payment.id)).all()

    def agree(self) -> bool:
        """Whether charged and refunded amounts are the same here and at Stripe, by intent."""
        by_card = [payment for payment in self.payments if payment.attempt]
        ours: dict[str, tuple[int, int]] = {}
        for payment in by_card:
            paid, refunded = ours.get(payment.attempt.intent, (0, 0))
            back = sum(refund.amount for refund in payment.refunds if refund.went_through)
            ours[payment.attempt.intent] = (paid + payment.amount, refunded + back)
        theirs = {entry.payment_intent: (entry.charged, entry.refunded) for entry in self.sandbox.ledger()}
        return ours == theirs
