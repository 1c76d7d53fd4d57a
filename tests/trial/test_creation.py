"""The test customer: what it has, what counts it, and that no real card pays for it."""

from dataclasses import replace

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from sergio.auth.models import ApiToken
from sergio.booking.models import Appointment
from sergio.companies.models import TEST_NUMBERS, Company
from sergio.customers.models import Customer
from sergio.extensions import db
from sergio.invoices import ledger_check, open_sums, paid_sums
from sergio.invoices.models import Invoice
from sergio.lib import clock
from sergio.lib.refused import Refused
from sergio.overview.dashboard import figures, sums
from sergio.payments.models import PaymentAttempt
from sergio.payments.stripe.errors import Rejected
from sergio.payments.stripe.gateway import Gateway
from sergio.quotes import outcome_check, version_check
from sergio.quotes.models import Quote
from sergio.trial.creation import create
from tests.booking import builders as booking
from tests.factories import by
from tests.invoices import builders as invoices
from tests.quotes import builders as quotes

FIRST = TEST_NUMBERS + 1
PAGE = "/office/settings/test-customer"


@pytest.fixture
def clean(session, sparkle, theo):
    return booking.service(sparkle, "Deep clean", price=10_000)


def made(olga, at=None) -> Customer:
    return create(olga, by=by(olga), now=at or clock.now())


def test_it_has_a_quote_an_invoice_and_an_appointment_under_the_staff_members_address(clean, olga, session, outbox):
    customer = made(olga)
    session.commit()
    assert [contact.email for contact in customer.contacts] == [olga.email]
    quote = session.scalars(select(Quote).where(customer.owns(Quote))).one()
    invoice = session.scalars(select(Invoice).where(customer.owns(Invoice))).one()
    appointment = session.scalars(Appointment.of(customer)).one()
    today = olga.company.day(clock.now())
    assert quote.status(today) == "sent"
    assert [line.optional for line in quote.lines] == [False, True, True]
    assert invoice.due == invoice.total > 0
    assert appointment.starts_at > clock.now()
    assert {customer.number, quote.number, invoice.number, appointment.number} == {FIRST}
    assert outbox.subjects == [f"Quote {FIRST}: Sample quote"]
    assert outbox.emails[0].to == olga.email


def test_a_company_without_services_gets_no_appointment(olga, session):
    customer = made(olga)
    assert session.scalars(Appointment.of(customer)).all() == []


def test_a_service_that_nobody_can_be_booked_for_is_done_by_the_staff_member(clean, olga, theo, session):
    theo.bookable = False
    appointment = session.scalars(Appointment.of(made(olga))).one()
    assert appointment.staff == olga


@pytest.mark.parametrize("currency", ["USD", "JPY", "KWD"])
def test_amounts_are_plausible_in_every_currency(olga, session, currency):
    olga.company.currency = currency
    invoice = session.scalars(select(Invoice).where(made(olga).owns(Invoice))).one()
    assert "89" in invoice.money(invoice.due)


def test_there_is_one_at_most(olga, session):
    made(olga)
    with pytest.raises(Refused, match="already have a test customer"):
        made(olga)
    session.commit()
    session.add(Customer(company=olga.company, number=FIRST + 1, name="Another", is_test=True))
    with pytest.raises(IntegrityError):
        session.flush()
    session.rollback()


def test_pressing_twice_makes_one(browser_of, olga, session):
    browser = browser_of(olga)
    assert browser.post(PAGE).status_code == 303
    assert browser.post(PAGE).status_code == 303
    assert "You already have a test customer." in browser.get(PAGE).text
    assert len(session.scalars(Customer.test_of(olga.company)).all()) == 1


def test_real_documents_keep_numbers_without_gaps(clean, olga, ana, theo, session):
    before = quotes.sent(ana).number, invoices.invoice(ana).number
    made(olga)
    assert (quotes.sent(ana).number, invoices.invoice(ana).number) == (before[0] + 1, before[1] + 1)
    appointment = booking.appointment(clean, ana, theo, booking.MONDAY)
    assert appointment.number == 1
    assert ana.company.next_number("customer") == 3  # after Ana and Ben


def shown(company: Company) -> list:
    found = sums(company, clock.now())
    return figures(company, found, company.day(clock.now()))


def test_no_figure_counts_it(clean, olga, ana, session):
    quotes.sent(ana)
    invoices.invoice(ana, at=clock.now())
    session.commit()
    before = shown(olga.company)
    made(olga)
    session.commit()
    assert shown(olga.company) == before
    checks = (ledger_check, open_sums, paid_sums, version_check, outcome_check)
    assert [line for check in checks for line in check.differences()] == []


def test_control_a_real_customers_documents_are_counted(olga, ana, session):
    before = shown(olga.company)
    quotes.sent(ana)
    invoices.invoice(ana, at=clock.now())
    session.commit()
    after = shown(olga.company)
    assert [a.figure != b.figure for a, b in zip(after, before, strict=True)] == [True, False, False, True, False]


def test_it_is_marked_where_it_is_listed(browser_of, olga, session):
    made(olga)
    session.commit()
    browser = browser_of(olga)
    assert ">Test</span>" in browser.get("/office/customers").text
    assert ">Test</span>" in browser.get(f"/office/customers/{FIRST}").text
    assert ">Test</span>" in browser.get("/office/customers?q=olga").text
    for path in ("/office/quotes", "/office/invoices"):
        assert "Test customer" in browser.get(path).text


def test_other_programs_do_not_get_its_invoices(app, olga, ana, session):
    invoices.invoice(ana)
    made(olga)
    _row, secret = ApiToken.make(olga.company, "books", by=by(olga), now=clock.now())
    session.commit()
    asked = {"base_url": "https://sparkle.sergio.test/", "headers": {"Authorization": f"Bearer {secret}"}}
    response = app.test_client().get("/api/v1/invoices", **asked)
    assert [row["number"] for row in response.json["invoices"]] == [1]


def test_the_currency_can_still_be_changed(olga, session):
    made(olga)
    session.commit()
    assert not olga.company.has_money


def test_control_not_after_a_real_invoice(olga, ana, session):
    invoices.invoice(ana)
    session.commit()
    assert olga.company.has_money


def test_the_database_lets_nobody_become_or_stop_being_one(olga, ana, session):
    made(olga)
    session.commit()
    for statement in (
        "UPDATE customer SET is_test = NOT is_test, number = number + 90000000 WHERE NOT is_test",
        "UPDATE customer SET is_test = NOT is_test, number = number - 90000000 + 50 WHERE is_test",
        f"UPDATE customer SET number = {TEST_NUMBERS + 7} WHERE NOT is_test",
    ):
        with pytest.raises(DBAPIError), db.engine.begin() as connection:
            connection.execute(text(statement))


@pytest.fixture
def live(app, sandbox):
    """Our key moves real money."""
    config = app.config["SERGIO"]
    app.config["SERGIO"] = replace(config, stripe_secret_key="sk_live_sergio")
    yield
    app.config["SERGIO"] = config


def signed_up(session, olga):
    customer = made(olga)
    session.commit()
    return customer.contacts[0]


def test_with_live_keys_no_card_payment_is_offered_or_started(live, browser_of, olga, session):
    contact = signed_up(session, olga)
    browser = browser_of(contact)
    path = f"/portal/invoices/{FIRST}"
    assert "Pay by card" not in browser.get(path).text
    assert "Pay by card" not in browser.get(f"{path}/pay").text
    browser.post(f"{path}/pay")
    assert "This is a test invoice." in browser.get(path).text.replace("&#39;", "'")
    assert session.scalars(select(PaymentAttempt)).all() == []


def test_with_live_keys_the_gateway_refuses_one_that_was_started_before(sandbox, live, olga, session, app):
    contact = signed_up(session, olga)
    invoice = session.scalars(select(Invoice).where(Invoice.number == FIRST)).one()
    app.config["SERGIO"] = replace(app.config["SERGIO"], stripe_secret_key="sk_test_sergio")
    attempt = PaymentAttempt.start({invoice: invoice.due}, contact, by=by(contact), at=clock.now())
    request = attempt.payment_request()
    app.config["SERGIO"] = replace(app.config["SERGIO"], stripe_secret_key="sk_live_sergio")
    before = repr(sandbox.to_json())
    with pytest.raises(Rejected, match="never charged for real"):
        Gateway("acct_sparkle").create(request)
    assert repr(sandbox.to_json()) == before


def test_in_test_mode_it_pays_as_anybody(sandbox, card_form, receive_events, olga, session):
    contact = signed_up(session, olga)
    form = card_form(contact, FIRST)
    assert form.pay()["status"] == "succeeded"
    receive_events()
    invoice = session.scalars(select(Invoice).where(Invoice.number == FIRST)).one()
    assert invoice.status == "paid"


def test_with_live_keys_a_real_customer_still_pays(live, browser_of, ana, session):
    invoices.invoice(ana, at=clock.now())
    session.commit()
    assert "Pay by card" in browser_of(ana).get("/portal/invoices/1").text
