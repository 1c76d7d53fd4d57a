"""Saved payment methods: saved with consent, used in two taps, removed at once; nobody else's."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from sergio.extensions import db
from sergio.payments.consents import TO_SAVE
from sergio.payments.saved import SavedMethod
from sergio.payments.saved_jobs import find_saved
from tests.payments.card_form import GOOD, SECURE, CardForm
from tests.payments.saving import Saver, links, newest

SAVED_THEN_DECLINED = "4000000000000341"


@pytest.fixture
def saver(app, sandbox, receive_events):
    return Saver(app, sandbox, receive_events)


def test_nothing_is_saved_without_the_box(saver, ana, session):
    browser = saver.browser(ana)
    assert browser.post("/portal/payment-methods", data={"method": "card"}).status_code == 422
    assert session.scalars(db.select(SavedMethod)).all() == []


def test_a_card_is_saved_with_its_consent_and_paid_with_in_two_taps(saver, ana, invoice, records, receive_events):
    saved = saver.save(ana)
    assert (saved.label, saved.consent_version, saved.consent_name) == ("Visa ending in 4242", TO_SAVE, "Ana Ruiz")
    assert "Sparkle Cleaning to keep this payment method" in saved.consent_text
    browser = saver.browser(ana)
    [tap] = [link for link in links(browser.get("/portal/invoices/1").text) if "pay?with=" in link]
    page = browser.get(tap).text
    assert "Pay $120.00" in page
    assert "Visa ending in 4242" in page
    paid = browser.post("/portal/invoices/1/pay", data={"saved": str(saved.id)})
    assert paid.headers["Location"].endswith("/portal/invoices/1/payment")
    assert (records.invoice.due, [each.paid_with for each in records.payments]) == (0, ["Visa ending in 4242"])
    receive_events()
    assert records.agree()


def test_the_consent_is_never_changed(saver, ana, session):
    saved = saver.save(ana)
    saved.consent_text = "Anything"
    with pytest.raises(DBAPIError, match="never changed"):
        session.flush()
    session.rollback()


@pytest.mark.parametrize("ticked", [True, False])
def test_a_card_is_saved_while_paying_only_if_the_box_is_ticked(
    saver, ana, invoice, receive_events, sandbox, ticked, session
):
    browser = saver.browser(ana)
    pressed = browser.post("/portal/invoices/1/pay", data={"save": "y"} if ticked else {})
    form = CardForm(sandbox, browser.get(pressed.headers["Location"]).text)
    form.pay(GOOD)
    receive_events()
    session.rollback()
    kept = [row.label for row in session.scalars(db.select(SavedMethod)) if row.is_kept]
    assert kept == (["Visa ending in 4242"] if ticked else [])


def test_another_customers_method_does_not_exist(saver, ana, ben, invoice, records, session):
    theirs = saver.save(ben).id
    browser = saver.browser(ana)
    assert browser.get(f"/portal/invoices/1/pay?with={theirs}").status_code == 404
    assert browser.post("/portal/invoices/1/pay", data={"saved": str(theirs)}).status_code == 404
    for path in ("", "/form"):
        assert browser.get(f"/portal/payment-methods/{theirs}{path}").status_code == 404
    for verb in ("default", "removal"):
        assert browser.post(f"/portal/payment-methods/{theirs}/{verb}").status_code == 404
    assert records.attempts == []


def test_3d_secure_is_finished_in_the_browser(saver, ana, invoice, records, receive_events, sandbox):
    form = saver.open_form(ana)
    form.pay(SECURE)
    form.authenticate()
    receive_events()
    browser = saver.browser(ana)
    pressed = browser.post("/portal/invoices/1/pay", data={"saved": str(newest().id)})
    page = browser.get(pressed.headers["Location"]).text
    assert "Confirm with your bank" in page
    assert CardForm(sandbox, page).authenticate()["status"] == "succeeded"
    receive_events()
    assert (records.invoice.due, len(records.payments)) == (0, 1)


def test_a_decline_is_told_and_leaves_the_other_ways(saver, ana, invoice, records, receive_events, sandbox):
    bad = saver.save(ana, SAVED_THEN_DECLINED)
    good = saver.save(ana)
    browser = saver.browser(ana)
    pressed = browser.post("/portal/invoices/1/pay", data={"saved": str(bad.id)})
    page = browser.get(pressed.headers["Location"]).text
    assert "Your bank declined this payment" in page
    assert f"pay?with={good.id}" in page
    assert "Pay with another card" in page
    assert browser.post("/portal/invoices/1/pay", data={"saved": str(good.id)}).headers["Location"].endswith("payment")
    receive_events()
    assert records.agree()
    assert len(records.payments) == 1


def test_removing_works_at_once_and_at_stripe_as_soon_as_it_is_back(saver, ana, invoice, sandbox, work, records):
    saved = saver.save(ana)
    sandbox.fault("/v1/payment_methods/*/detach", "refuse", times=2, status=500)
    browser = saver.browser(ana)
    browser.post(f"/portal/payment-methods/{saved.id}/removal")
    assert "4242" not in browser.get("/portal/payment-methods").text.replace("4242 was removed", "")
    assert "pay?with=" not in browser.get("/portal/invoices/1").text
    refused = browser.post("/portal/invoices/1/pay", data={"saved": str(saved.id)}, follow_redirects=True)
    assert "This payment method was removed" in refused.text
    assert records.attempts == []
    work()
    assert newest().detached_at is None
    with db.engine.begin() as connection:
        connection.execute(text("UPDATE job SET run_at = created_at"))
        connection.execute(text("UPDATE outage SET next_at = since"))
    work()
    assert newest().detached_at
    assert sandbox.events("payment_method.detached")


def test_what_stripe_changes_or_detaches_is_noticed(saver, ana, receive_events, sandbox):
    saved = saver.save(ana)
    stripe_id = saved.stripe_id
    sandbox.renew_card(stripe_id, last4="1881", exp_year=2040)
    receive_events()
    assert (newest().last4, newest().expires_on.year) == ("1881", 2040)
    sandbox.detach(stripe_id)
    receive_events()
    assert (newest().is_kept, newest().removed_by) == (False, "Stripe")


def test_a_lost_event_of_saving_is_healed(saver, ana, work, session):
    saver.open_form(ana).pay(GOOD)
    session.rollback()
    find_saved()
    session.commit()
    work()
    assert newest().is_kept


def test_preview_shows_and_changes_nothing(saver, ana, olga, browser_of, invoice, records):
    saver.save(ana)
    browser = browser_of(olga)
    browser.post("/office/preview", data={"customer": str(ana.customer.number)})
    assert "Visa ending in 4242" in browser.get("/portal/payment-methods").text
    browser.post("/portal/invoices/1/pay", data={"saved": str(newest().id)})
    assert records.attempts == []
