"""Which account is charged: the company's own while Stripe allows it, and nobody else's."""

from dataclasses import replace
from io import BytesIO

import pytest
from pypdf import PdfReader
from sqlalchemy.exc import IntegrityError

from sergio import jobs
from sergio.audit.models import AuditEntry
from sergio.companies.models import Company
from sergio.extensions import db

PAY = "/portal/invoices/1/pay"


@pytest.fixture
def configured(app):
    """`configured(company=…)`: the installation's settings changed, for the length of a test."""
    config = app.config["SERGIO"]

    def change(**settings):
        app.config["SERGIO"] = replace(app.config["SERGIO"], **settings)

    yield change
    app.config["SERGIO"] = config


@pytest.fixture
def without_account(sparkle, session, sandbox):
    sparkle.stripe_account = None
    session.commit()
    return sparkle


def enabled(session, subdomain="sparkle") -> bool:
    session.rollback()
    return session.scalar(db.select(Company.charges_enabled).where(Company.subdomain == subdomain))


@pytest.fixture
def unknown(sparkle, session, sandbox):
    sparkle.charges_enabled = False
    session.commit()
    return sparkle


@pytest.mark.parametrize("why", ["without_account", "unknown"])
def test_a_company_that_may_not_charge_takes_no_cards_and_says_how_to_pay(
    request, why, ana, invoice, browser_of, records, sandbox
):
    request.getfixturevalue(why)
    browser = browser_of(ana)
    for path in ("/portal/invoices/1", PAY):
        page = browser.get(path)
        assert page.status_code == 200
        assert "Pay by card" not in page.text
        assert "You can't pay online right now" in page.text
        assert "tel:+12075550100" in page.text
        assert "mailto:hello@sparkle.example" in page.text
    assert browser.post(PAY).status_code == 303
    refusal = "Card payments are not available right now. Call (207) 555-0100 or email hello@sparkle.example."
    assert refusal in browser.get("/portal/invoices/1").text
    assert records.attempts == []
    assert sandbox.events("payment_intent.created") == []


def test_the_installation_of_one_company_charges_on_its_own_keys(
    without_account, configured, card_form, receive_events, ana, invoice, records, sandbox
):
    configured(company="sparkle")
    form = card_form(ana)
    assert form.account == ""
    form.pay()
    receive_events()
    assert records.invoice.due == 0
    assert [entry.account for entry in sandbox.ledger()] == [sandbox.platform]
    assert records.agree()


@pytest.mark.usefixtures("without_account")
def test_the_installation_of_another_company_does_not(configured, ana, invoice, browser_of, records, sandbox):
    configured(company="rival")
    browser_of(ana).post(PAY)
    assert records.attempts == []
    assert sandbox.ledger() == []


def test_two_companies_never_share_an_account(sparkle, rival, session):
    rival.stripe_account = sparkle.stripe_account
    with pytest.raises(IntegrityError):
        session.flush()
    session.rollback()


def test_another_account_starts_without_permission_to_charge(sparkle, session):
    assert sparkle.charges_enabled
    sparkle.stripe_account = "acct_new"
    assert not sparkle.charges_enabled


def test_stripe_disables_and_enables_an_account(sandbox, receive_events, session, sparkle, rival):
    receive_events()
    assert enabled(session)
    sandbox.disable_account("acct_sparkle")
    receive_events()
    assert not enabled(session)
    assert enabled(session, "rival")
    sandbox.enable_account("acct_sparkle")
    receive_events()
    assert enabled(session)
    session.rollback()
    entries = session.scalars(db.select(AuditEntry).where(AuditEntry.subject == "company").order_by(AuditEntry.id))
    told = [(entry.actor_name, entry.after.get("charges_enabled")) for entry in entries]
    assert [each for each in told if each[1] is not None] == [("Stripe", False), ("Stripe", True)]


def test_an_old_event_of_an_account_changes_nothing(sandbox, webhooks, work, session, sparkle):
    sandbox.disable_account("acct_sparkle")
    sandbox.enable_account("acct_sparkle")
    events = sandbox.events("account.updated", "acct_sparkle")
    webhooks.send(*reversed(events))
    work()
    assert enabled(session)


def test_after_an_owner_revokes_access_no_cards_are_taken(sandbox, receive_events, session, sparkle):
    sandbox.disconnect_account("acct_sparkle")
    receive_events()
    assert not enabled(session)


def test_the_daily_job_checks_accounts_without_an_event(sandbox, work, session, sparkle):
    sandbox.disable_account("acct_sparkle")
    jobs.enqueue("payments.catch_up")
    session.commit()
    work()
    assert not enabled(session)
    assert enabled(session, "rival")


def test_a_rival_cannot_tell_that_our_account_is_open(sandbox, webhooks, work, session, unknown):
    (event,) = sandbox.events("account.updated", "acct_rival")
    webhooks.send({**event, "data": {"object": {"object": "account", "id": "acct_sparkle", "charges_enabled": True}}})
    work()
    assert not enabled(session)


def test_staff_are_told_that_no_cards_are_taken(unknown, olga, browser_of):
    assert "can't pay online right now" in browser_of(olga).get("/office/payments").text


def test_staff_who_take_cards_are_not(sandbox, sparkle, olga, browser_of):
    assert "can't pay online right now" not in browser_of(olga).get("/office/payments").text


def test_an_attempt_on_an_account_that_may_no_longer_charge_is_withdrawn(
    card_form, receive_events, ana, invoice, records, sandbox, session, work
):
    form = card_form(ana)
    sandbox.disable_account("acct_sparkle")
    receive_events()
    jobs.enqueue("payments.reconcile")
    session.commit()
    work()
    assert records.attempts[0].status == "canceled"
    assert "error" in form.pay()


def test_a_pdf_to_be_paid_still_says_how_to_reach_us(unknown, ana, invoice, browser_of):
    text = PdfReader(BytesIO(browser_of(ana).get("/portal/invoices/1.pdf").data)).pages[0].extract_text()
    assert "hello@sparkle.example" in text


def test_a_403_without_a_code_refuses_the_invoice_and_has_the_account_checked(
    ana, invoice, records, sandbox, browser_of, work, session
):
    """What a restricted key gets that may not act on the account: docs.stripe.com/api/errors."""
    browser = browser_of(ana)
    sandbox.fault("/v1/*", "refuse", status=403, times=99)
    assert browser.post(PAY).status_code == 303
    assert "can&#39;t be paid online right now. Call" in browser.get("/portal/invoices/1").text
    work()
    assert not enabled(session)
    page = browser.get(PAY)
    assert (page.status_code, "You can't pay online right now" in page.text) == (200, True)
    assert [attempt.status for attempt in records.attempts] == ["failed"]


def test_a_form_that_is_open_when_the_403_begins_can_be_left(
    card_form, receive_events, ana, invoice, records, sandbox, browser_of, work, session
):
    form = card_form(ana)
    sandbox.fault("/v1/*", "refuse", status=403, method="GET", times=99)
    browser = browser_of(ana)
    assert browser.get(PAY).status_code == 200
    browser.post(PAY)
    work()
    assert not enabled(session)
    sandbox.faults.waiting.clear()
    form.pay()
    jobs.enqueue("payments.catch_up")
    session.commit()
    work()
    assert enabled(session)
    receive_events()
    assert records.invoice.due == 0
    assert records.agree()


def test_a_403_on_the_installations_own_account_is_for_the_operator(
    without_account, configured, ana, invoice, browser_of, records, sandbox
):
    configured(company="sparkle")
    sandbox.fault("/v1/*", "refuse", status=403, times=1)
    browser = browser_of(ana)
    assert browser.post(PAY).status_code == 503
    assert browser.post(PAY).status_code == 303
    assert [attempt.status for attempt in records.attempts] == ["open"]
