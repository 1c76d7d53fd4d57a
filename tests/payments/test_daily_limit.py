"""A contact with a daily limit pays no more than that in a day, whichever way they try."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from sergio.auth.document_links import INVOICE, DocumentLink
from sergio.customers.models import Contact
from sergio.customers.roles import LIMITED
from sergio.extensions import db
from sergio.lib.refused import Refused
from sergio.payments import checkout
from sergio.payments.autopay import AutoPay
from sergio.payments.models import PaymentAttempt
from sergio.payments.statuses import CANCELED
from tests.factories import by
from tests.invoices import builders
from tests.payments.saving import Saver, mandate

TOO_MUCH = "Your limit is $200.00 a day"


@pytest.fixture
def carla(ana, session, invoice):
    """Ana's colleague, who may pay $200 a day; there is a second invoice of $120."""
    builders.invoice(ana)
    row = Contact(company=ana.company, customer=ana.customer, name="Carla Ruiz", email="carla@example.com")
    row.role, row.daily_limit, row.limit_currency = LIMITED, 20_000, "USD"
    session.add(row)
    session.commit()
    return row


@pytest.fixture
def saver(app, sandbox, receive_events):
    return Saver(app, sandbox, receive_events)


def pay(browser, path="/portal/invoices/1/pay", **fields):
    return browser.post(path, fields, follow_redirects=True)


def paid(session) -> list[int]:
    session.rollback()
    rows = session.scalars(db.select(PaymentAttempt).where(PaymentAttempt.status == "succeeded"))
    return [row.amount for row in rows]


def test_what_is_paid_on_a_day_adds_up_also_with_a_saved_card(saver, carla, session):
    saved = saver.save(carla)
    browser = saver.browser(carla)
    pay(browser, saved=str(saved.id))
    answer = pay(browser, "/portal/invoices/2/pay", saved=str(saved.id))
    assert TOO_MUCH in answer.text
    assert "$80.00 of it is left today" in answer.text
    assert "Ask Ana." in answer.text
    assert paid(session) == [12_000]


def test_several_invoices_at_once_add_up(saver, carla, session):
    saved = saver.save(carla)
    answer = pay(saver.browser(carla), "/portal/pay?invoice=1&invoice=2", saved=str(saved.id), total="24000")
    assert TOO_MUCH in answer.text
    assert paid(session) == []


def test_a_link_in_an_email_does_not_go_around_it(saver, visitor, carla, session):
    saved = saver.save(carla)
    carla.daily_limit = 11_999
    path = DocumentLink.issue(carla, INVOICE, 1).removeprefix("https://sparkle.sergio.test")
    session.commit()
    guest = visitor(carla.company)
    guest.post(path, {"open": "yes"})
    assert "Your limit is $119.99 a day" in pay(guest, saved=str(saved.id)).text
    assert paid(session) == []


def test_what_was_begun_is_withdrawn_before_another_bill_is_paid(saver, carla, session):
    browser = saver.browser(carla)
    assert pay(browser).status_code == 200
    assert pay(browser, "/portal/invoices/2/pay").status_code == 200
    session.rollback()
    attempts = session.scalars(db.select(PaymentAttempt).order_by(PaymentAttempt.id)).all()
    assert [(row.status == CANCELED, row.closed_at is not None) for row in attempts] == [(True, True), (False, False)]


def test_a_limit_does_not_bind_colleagues(saver, ana, carla, session):
    saved = saver.save(ana)
    pay(saver.browser(ana), "/portal/pay?invoice=1&invoice=2", saved=str(saved.id), total="24000")
    assert paid(session) == [24_000]


def test_automatic_payments_are_not_turned_on_by_who_has_a_limit(saver, carla, session):
    saved = saver.save(carla)
    carla.company.offers_autopay = True
    session.commit()
    browser = saver.browser(carla)
    assert (
        browser.post("/portal/automatic-payments", {"method": saved.id, "cap": "500", "agreed": "y"}).status_code == 403
    )
    page = browser.get("/portal/automatic-payments").text
    assert "Automatic payments have no daily limit." in page
    with pytest.raises(Refused, match="no daily limit"):
        AutoPay.start(carla, saved, 50_000, mandate(carla), by=by(carla))


def test_of_two_payments_at_once_only_one_is_within_the_limit(app, sandbox, carla, slow_writing, session):
    contact_id, who = carla.id, by(carla)
    ids = [row.id for row in session.scalars(db.select(builders.Invoice).order_by(builders.Invoice.id))]
    session.commit()
    start = Barrier(2)

    def begin(invoice_id) -> str:
        with app.app_context():
            start.wait()
            try:
                checkout.start_attempt([invoice_id], contact_id, by=who)
            except Refused as refusal:
                return str(refusal)
            return ""

    with ThreadPoolExecutor(2) as threads:
        said = sorted(threads.map(begin, ids))
    assert said[0] == ""
    assert TOO_MUCH in said[1]
