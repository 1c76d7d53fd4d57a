"""Whoever asks, and whatever else a form says: a payment is refunded in its currency, on its account, by who may."""

import pytest
from sqlalchemy import select

from sergio.companies.models import Company
from sergio.extensions import db
from sergio.payments import charging, refunding
from sergio.payments.models import PaymentAttempt
from sergio.payments.refund_requests import RefundRequest
from sergio.payments.saved import SavedMethod
from sergio.payments.stripe.errors import Gone
from sergio.payments.stripe.gateway import Gateway
from sergio.payments.tries import PayLock
from tests.factories import by
from tests.invoices import builders
from tests.payments.saving import Saver
from tests.payments.test_brakes import decline
from tests.payments.test_office_refunds import PAGE, SURE, at_stripe, paid  # noqa: F401 - a fixture

ELSEWHERE = "acct_elsewhere"


@pytest.fixture
def moved(sandbox, sparkle, session):
    """`moved()`: Sparkle takes its payments on another account from now on."""

    def move():
        sandbox.connect_account(ELSEWHERE)
        session.rollback()
        company = db.session.get_one(Company, sparkle.id)
        company.stripe_account = ELSEWHERE
        company.charges_enabled = True
        session.commit()

    return move


@pytest.mark.parametrize(
    "amount", ["-1", "1e9", "NaN", "Infinity", "0x10", "50.001", "120.01", "99999999999999999999", "--5", "1;2", "\0"]
)
def test_an_amount_that_is_none_refunds_nothing(paid, browser_of, olga, sandbox, amount):  # noqa: F811
    sent = SURE | {"amount": amount, "confirmed": "5000"}
    assert browser_of(olga).post(PAGE, data=sent).status_code == 422
    assert at_stripe(sandbox) == 0


@pytest.mark.parametrize("confirmed", ["", "4999", "5001", "-5000", "5000.0", "x"])
def test_another_amount_than_the_one_that_was_confirmed_is_asked_again(
    paid,  # noqa: F811
    browser_of,
    olga,
    sandbox,
    confirmed,
):
    page = browser_of(olga).post(PAGE, data=SURE | {"confirmed": confirmed})
    assert (page.status_code, at_stripe(sandbox)) == (200, 0)


def test_fields_that_a_form_does_not_have_change_nothing(paid, browser_of, olga, sandbox, session):  # noqa: F811
    more = {"currency": "JPY", "account": "acct_rival", "intent": "pi_1", "payment_id": "2", "status": "sent"}
    browser_of(olga).post(PAGE, data=SURE | more)
    made = session.scalars(select(RefundRequest)).one()
    assert (made.amount, made.currency, made.order().account) == (5_000, "USD", "acct_sparkle")
    assert at_stripe(sandbox) == 5_000


def test_a_refund_goes_to_the_account_and_in_the_currency_of_its_payment(
    paid,  # noqa: F811
    moved,
    sparkle,
    session,
    browser_of,
    olga,
    sandbox,
):
    moved()
    db.session.get_one(Company, sparkle.id).currency = "EUR"
    session.commit()
    page = browser_of(olga).post(PAGE, data=SURE, follow_redirects=True).text
    assert "$50.00 is on its way back" in page
    assert [(entry.account, entry.currency, entry.refunded) for entry in sandbox.ledger()] == [
        ("acct_sparkle", "usd", 5_000)
    ]


def test_control_on_the_new_account_there_is_no_such_payment(paid, moved):  # noqa: F811
    moved()
    with pytest.raises(Gone):
        Gateway(ELSEWHERE).read_all(paid)


def test_a_card_that_was_saved_on_another_account_is_neither_offered_nor_charged(
    app, sandbox, receive_events, ana, invoice, moved, session
):
    saver = Saver(app, sandbox, receive_events)
    saved_id = saver.save(ana).id
    browser, path = saver.browser(ana), "/portal/invoices/1/pay"
    assert "Visa ending in 4242" in browser.get(path).text
    moved()
    assert "Visa ending in 4242" not in browser.get(path).text
    page = browser.post(path, data={"saved": str(saved_id)}, follow_redirects=True).text
    assert "This payment method was removed. Choose another one." in page
    assert session.scalars(select(PaymentAttempt)).all() == []


def test_control_the_same_card_is_charged_on_its_own_account(app, sandbox, receive_events, ana, invoice, session):
    saved_id, actor = Saver(app, sandbox, receive_events).save(ana).id, by(ana)
    charging.pay([invoice.id], ana.id, saved_id, by=actor)
    assert [(entry.account, entry.charged) for entry in sandbox.ledger()] == [("acct_sparkle", 12_000)]
    assert session.get(SavedMethod, saved_id).account == "acct_sparkle"


PATHS = {
    "refund": ("/office/payments/1/refund", SURE),
    "undo": ("/office/payments/1/refunds/1/undoing", {}),
    "lift": ("/office/payments/locks/1/lifting", {}),
    "credit": ("/office/payments/credit/of-invoice/1", {"other": "2"}),
}


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(("who", "status"), [("theo", 403), ("rita", 404), ("ana", 401)])
def test_who_may_not_move_money_moves_none(
    paid,  # noqa: F811
    world,
    browser_of,
    session,
    sandbox,
    who,
    status,
    path,
):
    for card in range(5):
        decline(world.ben, f"card {card}")
    builders.invoice(world.ana, 5_000)
    session.commit()
    address, form = PATHS[path]
    answered = browser_of(getattr(world, who)).post(address, data=form)
    assert answered.status_code == status
    assert session.scalars(select(RefundRequest)).all() == []
    assert session.scalars(select(PayLock)).one().lifted_at is None
    assert at_stripe(sandbox) == 0


def test_control_the_owner_may(paid, world, browser_of, session, sandbox):  # noqa: F811
    for card in range(5):
        decline(world.ben, f"card {card}")
    office = browser_of(world.olga)
    for path in ("refund", "lift"):
        office.post(PATHS[path][0], data=PATHS[path][1])
    session.rollback()
    assert session.scalars(select(PayLock)).one().lifted_at is not None
    assert at_stripe(sandbox) == 5_000
    assert refunding.read(session.scalars(select(RefundRequest.id)).one()).status == "sent"
