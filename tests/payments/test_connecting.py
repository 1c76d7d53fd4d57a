"""Settings -> Payments -> Stripe: connecting a company's own account."""

from dataclasses import replace
from datetime import datetime
from http.client import HTTPConnection
from urllib.parse import urlencode, urlsplit

import pytest
from sqlalchemy.exc import IntegrityError

from sergio.audit.models import AuditEntry
from sergio.companies.models import Company
from sergio.extensions import db
from sergio.payments.requirements import asked_for, why_stopped
from sergio.payments.stripe.connections import StripeConnection

PAGE, STRIPE = "/office/settings/payments", "/office/settings/payments/stripe"
DOCUMENT = "person_1Mt.verification.document"


@pytest.fixture
def unconnected(sparkle, session, sandbox):
    sparkle.stripe_account = None
    session.commit()
    return sparkle


@pytest.fixture
def office(browser_of, olga):
    return browser_of(olga)


@pytest.fixture
def connect(office, unconnected, open_link):
    """`connect("complete")`: press the button, leave Stripe's form so; the id of the account."""

    def press(outcome: str) -> str:
        pressed = office.post(STRIPE)
        assert pressed.status_code == 303
        back = open_link(pressed.headers["Location"], outcome)
        assert office.get(back).headers["Location"] == f"{PAGE}?returned="
        return account()

    return press


@pytest.fixture
def open_link(sandbox):
    """`open_link(url, outcome)`: a visit to Stripe's form; the path it leads back to."""

    def visit(url, outcome):
        at = urlsplit(url)
        connection = HTTPConnection(at.hostname, at.port, timeout=5)
        connection.request("GET", at.path)
        response = connection.getresponse()
        if response.status == 200:
            response.read()
            form = {"Content-Type": "application/x-www-form-urlencoded"}
            connection.request("POST", at.path, urlencode({"outcome": outcome}), form)
            response = connection.getresponse()
        connection.close()
        return urlsplit(response.headers["Location"]).path

    return visit


def account() -> str | None:
    db.session.rollback()
    return db.session.scalar(db.select(Company.stripe_account).where(Company.subdomain == "sparkle"))


def connection() -> StripeConnection:
    db.session.rollback()
    return db.session.scalars(db.select(StripeConnection)).one()


def created(sandbox) -> int:
    return len([each for each in sandbox.store().all("account") if each["metadata"]])


def test_an_owner_connects_stripe(connect, office, receive_events, sparkle, session):
    assert "Connect Stripe" in office.get(PAGE).text
    mine = connect("complete")
    receive_events()
    page = office.get(f"{PAGE}?returned=").text
    assert all(text in page for text in ("Connected", "See your payouts at Stripe", "Check again", "back from Stripe"))
    session.refresh(sparkle)
    assert (sparkle.stripe_account, sparkle.takes_cards, sparkle.bank_debits_enabled) == (mine, True, True)
    steps = db.select(AuditEntry.action, AuditEntry.actor_name).where(AuditEntry.action.like("%stripe"))
    assert session.execute(steps.order_by(AuditEntry.id)).all() == [
        ("started_connecting_stripe", "Olga Petrova"),
        ("connected_stripe", "Olga Petrova"),
    ]


@pytest.mark.parametrize(
    ("outcome", "texts"),
    [
        ("teardown", ("Started", "You have begun to connect Stripe", "Your website", "Continue at Stripe")),
        ("due", ("Details needed", "A photo of the ID of an owner", "Continue at Stripe")),
        ("review", ("Under review", "Stripe is checking", "A photo of the ID of an owner")),
    ],
)
def test_what_is_left_to_do_is_told_in_words(connect, office, receive_events, outcome, texts):
    connect(outcome)
    receive_events()
    office.post(f"{STRIPE}/check")
    page = office.get(PAGE).text
    assert [text for text in texts if text not in page] == []


def test_a_link_that_was_used_leads_to_a_fresh_one(connect, office, open_link, sandbox):
    first = office.post(STRIPE).headers["Location"]
    assert open_link(first, "teardown") == f"{STRIPE}/return"
    assert open_link(first, "complete") == f"{STRIPE}/form"
    fresh = office.get(f"{STRIPE}/form").headers["Location"]
    assert fresh != first
    assert open_link(fresh, "complete") == f"{STRIPE}/return"
    assert created(sandbox) == 1


def test_coming_back_changes_nothing(connect, office, session):
    connect("complete")
    before = session.execute(db.select(StripeConnection.__table__)).all()
    office.get(f"{PAGE}?returned=")
    assert session.execute(db.select(StripeConnection.__table__)).all() == before


@pytest.mark.parametrize("fault", ["cut", "truncate"])
def test_a_reply_that_is_lost_does_not_lead_to_a_second_account(unconnected, office, sandbox, fault):
    sandbox.fault("/v1/accounts", fault, method="POST", times=2)
    assert "Stripe is not responding" in office.post(STRIPE, follow_redirects=True).text
    assert account() is None
    assert office.post(STRIPE).status_code == 303
    assert (created(sandbox), account()) == (1, connection().account)


def test_a_kill_after_the_account_was_created_does_not_lead_to_a_second(unconnected, office, sandbox, monkeypatch):
    class Killed(BaseException):
        pass

    def kill(*_given, **_more):
        raise Killed

    monkeypatch.setattr(StripeConnection, "connect", kill)
    with pytest.raises(Killed):
        office.post(STRIPE)
    monkeypatch.undo()
    assert account() is None
    office.post(STRIPE)
    assert (created(sandbox), account()) == (1, connection().account)


def test_stripe_away_keeps_what_was_begun(connect, office, sandbox):
    sandbox.fault("/v1/account_links", "refuse", status=503, times=9)
    assert "Stripe is not responding" in office.post(STRIPE, follow_redirects=True).text
    sandbox.faults.waiting.clear()
    assert office.get(f"{STRIPE}/form").status_code == 303
    assert created(sandbox) == 1


def test_an_account_that_is_gone_is_replaced(connect, office, sandbox, session):
    first = connect("complete")
    sandbox.disconnect_account(first)
    assert office.post(STRIPE).status_code == 303
    assert account() not in (None, first)


def test_disconnecting_is_refused_while_a_payment_is_open(
    sandbox, office, card_form, ana, invoice, receive_events, session, sparkle
):
    receive_events()
    form = card_form(ana)
    assert "Stripe has no way to revoke that from here" in office.get(PAGE).text
    assert "A customer is paying right now" in office.post(f"{STRIPE}/disconnection", follow_redirects=True).text
    assert account() == "acct_sparkle"
    form.pay()
    receive_events()
    office.post(f"{STRIPE}/disconnection")
    assert account() is None
    session.refresh(sparkle)
    assert not sparkle.takes_payments
    office.post(STRIPE)
    assert account() == "acct_sparkle"


def test_what_the_account_can_take_is_kept(sandbox, office, sparkle, session, receive_events):
    receive_events()
    sandbox.set_capability("acct_sparkle", "card_payments", "inactive")
    office.post(f"{STRIPE}/check")
    session.refresh(sparkle)
    assert (sparkle.charges_enabled, sparkle.cards_enabled, sparkle.bank_debits_enabled) == (True, False, True)


def test_a_stopped_account_says_why(sandbox, office, receive_events, session):
    sandbox.require("acct_sparkle", disabled_reason="rejected.fraud")
    receive_events()
    page = office.get(PAGE).text
    assert "Stripe closed the account because it suspects fraud." in page
    assert "Continue at Stripe" not in page


def test_old_and_new_events_in_any_order_end_in_the_present(sandbox, webhooks, work, sparkle):
    sandbox.require("acct_sparkle", currently_due=[DOCUMENT], current_deadline=1_800_000_000)
    sandbox.require("acct_sparkle", past_due=[DOCUMENT])
    webhooks.send(*reversed(sandbox.events("account.updated", "acct_sparkle")))
    work()
    found = connection()
    assert (found.due, found.overdue, found.due_by, found.status) == ([], [DOCUMENT], None, "due")


def test_nobody_connects_anothers_account(sparkle, rival, session):
    for company in (sparkle, rival):
        session.add(StripeConnection(company=company, account="acct_1", created_at=datetime.now().astimezone()))
    with pytest.raises(IntegrityError):
        session.flush()
    session.rollback()


@pytest.mark.parametrize(("dashboard", "leads_to"), [("full", "dashboard.stripe.com"), ("express", "127.0.0.1")])
def test_the_dashboard_is_that_of_the_kind_of_account(
    app, sandbox, office, receive_events, session, dashboard, leads_to, monkeypatch
):
    monkeypatch.setattr(type(app.config["SERGIO"]), "calls_stripe", True)
    with sandbox.change():
        sandbox.store().find("account", "acct_sparkle")["controller"]["stripe_dashboard"]["type"] = dashboard
    receive_events()
    assert leads_to in office.get(f"{STRIPE}/dashboard").headers["Location"]


def test_an_installation_of_one_company_says_that_it_has_its_own_keys(
    app, unconnected, office, sandbox, session, sparkle
):
    config = app.config["SERGIO"]
    app.config["SERGIO"] = replace(config, company="sparkle")
    assert "There is nothing to connect" in office.get(PAGE).text
    sandbox.set_capability(sandbox.platform, "us_bank_account_ach_payments", "inactive")
    office.post(f"{STRIPE}/check")
    session.refresh(sparkle)
    assert (sparkle.cards_enabled, sparkle.bank_debits_enabled) == (True, False)
    app.config["SERGIO"] = config


def test_without_keys_there_is_nothing_to_connect(app, unconnected, office):
    config = app.config["SERGIO"]
    app.config["SERGIO"] = replace(config, stripe_secret_key="")
    assert "turned off on this installation" in office.get(PAGE).text
    assert "turned off on this installation" in office.post(STRIPE, follow_redirects=True).text
    app.config["SERGIO"] = config


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("business_profile.url", "Your website, or a description of what you do"),
        ("tos_acceptance.date", "Your agreement to Stripe's terms"),
        ("person_1.dob.day", "The date of birth of an owner or representative"),
        ("individual.verification.document", "A photo of the ID of an owner or representative"),
        ("owners.first_name", "Who owns the business"),
        ("person_1.nationality", "Details about an owner or representative"),
        ("something.new", "Other details that Stripe will ask you for"),
    ],
)
def test_every_requirement_has_words(app, name, words):
    assert asked_for(name) == words


@pytest.mark.parametrize(
    ("reason", "words"),
    [("rejected.other", "Stripe closed the account."), ("new", "Stripe disabled the account. Its dashboard says why.")],
)
def test_every_reason_has_words(app, reason, words):
    assert why_stopped(reason) == words
