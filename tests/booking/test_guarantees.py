"""A deposit or a saved card that a service asks for: booked once it is there, given up when it comes too late."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from sergio.auth.document_links import APPOINTMENT, DocumentLink
from sergio.booking import invoicing
from sergio.booking.guarantees import TO_GIVE, AppointmentGuarantee
from sergio.booking.jobs import settle_guarantees, settle_one
from sergio.booking.models import Appointment
from sergio.booking.services import CARD_ON_FILE, DEPOSIT
from sergio.booking.slices import AppointmentSlice
from sergio.invoices.models import Invoice
from sergio.jobs import enqueue
from sergio.jobs.models import Job
from sergio.lib.refused import Refused
from sergio.outbox.kinds import APPOINTMENT_NOT_BOOKED
from sergio.outbox.wording import EmailWording, Words
from sergio.payments import part_payments
from sergio.payments.methods import CHECK
from sergio.payments.models import Payment
from sergio.payments.moved_credit import MovedCredit
from sergio.payments.saved import SavedMethod
from tests.booking.builders import MONDAY, actor, address, at, choice, service
from tests.factories import added
from tests.invoices import builders
from tests.invoices.builders import BY_OLGA
from tests.payments.conftest import card_form, receive_events, running, sandbox, webhooks  # noqa: F401 - fixtures

SECOND = timedelta(seconds=1)
NINE = at(25, 9)
LEFT = "Ana Ruiz has a deposit without an appointment"


@pytest.fixture
def cleaning(clock, sparkle):
    """Two hours of cleaning, for which customers pay 50 dollars ahead."""
    return service(sparkle, "Deep clean", minutes=120, price=18_000, guarantee=DEPOSIT, deposit=5_000)


@pytest.fixture
def windows(clock, sparkle):
    """An hour of windows, for which customers save a card."""
    return service(sparkle, "Windows", guarantee=CARD_ON_FILE)


def book(browser, chosen, contact) -> str:
    response = browser.post("/portal/book", choice(chosen, contact, NINE))
    assert response.status_code == 303
    return response.location


def settle(session):
    """Follow the deposits as the worker does: one job for each."""
    session.commit()
    settle_guarantees()
    session.commit()
    for job in session.scalars(select(Job).where(Job.name == "booking.settle")).all():
        settle_one(**job.args)
        session.delete(job)
        session.commit()


def of(session, kind):
    session.commit()
    return session.scalars(select(kind).order_by(kind.id)).one()


def pay(session, amount=5_000):
    Payment.record(of(session, Invoice), method=CHECK, amount=amount, by=BY_OLGA, at=MONDAY)
    session.commit()


def is_canceled(session) -> bool:
    session.commit()
    return session.scalars(select(Appointment)).one().canceled_at is not None


def test_the_customer_is_told_before_and_after_booking_and_nothing_is_said_to_be_booked(
    browser_of, ana, cleaning, session, outbox
):
    browser = browser_of(ana)
    for path in ("/portal/book", address("details", cleaning, ana, NINE)):
        assert "A deposit of $50.00 is due when you book." in browser.get(path).text
    text = browser.get(book(browser, cleaning, ana)).text
    assert "One more step" in text
    assert "Pay the deposit of $50.00 by 9:00\xa0AM to keep this time." in text
    assert 'href="/portal/invoices/1/pay"' in text
    assert outbox.subjects == []
    assert "Pay the deposit" in browser.get("/portal/appointments/1").text


def test_who_views_the_appointment_by_a_link_pays_the_deposit_without_a_sign_in(
    browser_of, visitor, ana, ben, cleaning, session
):
    book(browser_of(ana), cleaning, ana)
    link = DocumentLink.issue(ana, APPOINTMENT, 1).removeprefix("https://sparkle.sergio.test")
    session.commit()
    guest, path = visitor(ana.company), "/portal/appointments/1"
    guest.post(link, {"open": "yes"})
    assert f'action="{path}/deposit"' in guest.get(path).text
    assert guest.post(f"{path}/deposit").location == "/portal/invoices/1/pay"
    assert "$50.00" in guest.get("/portal/invoices/1/pay").text
    assert "/portal/sign-in" in guest.get("/portal/invoices").location
    assert browser_of(ben).post(f"{path}/deposit").status_code == 404
    assert visitor(ana.company).post(f"{path}/deposit").status_code == 401


def test_an_appointment_without_a_deposit_leads_to_itself(browser_of, ana, windows, session):
    book(browser_of(ana), windows, ana)
    assert browser_of(ana).post("/portal/appointments/1/deposit").location == "/portal/appointments/1"


def test_a_deposit_that_was_paid_books_it_once_and_both_sides_hear(browser_of, ana, cleaning, session, outbox):
    book(browser_of(ana), cleaning, ana)
    pay(session)
    settle(session)
    settle(session)
    assert [message.to for message in outbox.emails] == ["ana@example.com", "hello@sparkle.example"]
    assert "is booked" in outbox.subjects[0]
    assert of(session, AppointmentGuarantee).given_at == MONDAY


@pytest.mark.parametrize(("late", "given_up"), [(-SECOND, False), (timedelta(0), True)])
def test_without_a_deposit_the_time_is_given_up_after_an_hour(
    browser_of, clock, ana, cleaning, session, outbox, late, given_up
):
    book(browser_of(ana), cleaning, ana)
    clock.move_to(MONDAY + TO_GIVE + late)
    settle(session)
    assert is_canceled(session) is given_up
    assert (of(session, Invoice).status == "void") is given_up
    assert (session.scalars(select(AppointmentSlice)).all() == []) is given_up
    assert outbox.subjects == ["Your appointment on Wed, Nov 25, 2026, 9:00 AM was not booked"] * given_up


def test_why_it_was_not_booked_is_told_whatever_the_company_wrote(
    browser_of, clock, ana, cleaning, sparkle, session, outbox
):
    words = Words("Not booked", "Dear {contact_name},")
    EmailWording.change(sparkle, APPOINTMENT_NOT_BOOKED, words, by=BY_OLGA, at=MONDAY)
    book(browser_of(ana), cleaning, ana)
    clock.move_to(MONDAY + TO_GIVE)
    settle(session)
    [email] = [email for email in outbox.emails if email.subject == "Not booked"]
    for part in (email.text, email.html):
        assert "Dear Ana Ruiz," in part
        assert "The deposit was not paid in time." in part


def test_what_was_paid_just_before_the_end_is_booked_though_nobody_looked_in_time(
    browser_of, clock, ana, cleaning, session
):
    book(browser_of(ana), cleaning, ana)
    pay(session)
    clock.move_to(MONDAY + 2 * TO_GIVE)
    settle(session)
    assert not is_canceled(session)


def test_a_part_of_the_deposit_keeps_no_time_and_the_office_is_told_of_it(
    browser_of, clock, ana, cleaning, session, outbox
):
    browser = browser_of(ana)
    book(browser, cleaning, ana)
    pay(session, 2_000)
    assert "Pay the deposit of $30.00" in browser.get("/portal/appointments/1").text
    clock.move_to(MONDAY + TO_GIVE)
    settle(session)
    assert is_canceled(session)
    assert of(session, Invoice).due == 3_000
    assert LEFT in outbox.subjects


def test_customers_are_offered_no_part_of_a_deposit(browser_of, ana, cleaning, sparkle, session):
    sparkle.allows_part_payments, sparkle.part_payment_minimum = True, 100
    browser = browser_of(ana)
    book(browser, cleaning, ana)
    assert "Pay another amount" not in browser.get("/portal/invoices/1/pay").text
    deposit = of(session, Invoice)
    assert part_payments.why_not(deposit, 100) == "This invoice can only be paid in full: $50.00."
    deposit.secures_appointment = False
    session.commit()
    assert "Pay another amount" in browser.get("/portal/invoices/1/pay").text


def test_a_payment_that_comes_after_the_time_was_given_up_is_the_offices_to_refund(
    browser_of,
    clock,
    card_form,  # noqa: F811
    receive_events,  # noqa: F811
    ana,
    cleaning,
    session,
    outbox,
):
    book(browser_of(ana), cleaning, ana)
    form = card_form(ana)
    form.pay()
    clock.move_to(MONDAY + TO_GIVE)
    settle(session)
    receive_events()
    assert is_canceled(session)
    invoice = of(session, Invoice)
    assert (invoice.status, invoice.surplus) == ("overpaid", 5_000)
    assert "Ana Ruiz overpaid by $50.00" in outbox.subjects


def test_an_appointment_canceled_meanwhile_asks_for_nothing_more(browser_of, ana, cleaning, session, outbox):
    browser = browser_of(ana)
    book(browser, cleaning, ana)
    browser.post("/portal/appointments/1/cancel")
    settle(session)
    assert of(session, Invoice).status == "void"
    assert of(session, AppointmentGuarantee).ended_at == MONDAY
    assert not [subject for subject in outbox.subjects if "was not booked" in subject]


@pytest.mark.parametrize("given", ["paid", "credit", "processing"])
def test_a_deposit_of_an_appointment_canceled_at_once_stays_and_the_office_is_told(
    browser_of, ana, cleaning, session, outbox, given
):
    browser = browser_of(ana)
    book(browser, cleaning, ana)
    GIVE[given](session, ana)
    assert browser.post("/portal/appointments/1/cancel").status_code == 303
    settle(session)
    settle(session)
    deposit = session.scalars(select(Invoice).where(Invoice.number == 1)).one()
    assert deposit.voided_at is None
    assert of(session, AppointmentGuarantee).ended_at == MONDAY
    [email] = [email for email in outbox.emails if email.subject == LEFT]
    assert email.to == "hello@sparkle.example"
    assert "was canceled before it was booked" in email.text
    assert "invoice 1" in email.text


@pytest.mark.parametrize("is_paid", [True, False])
def test_the_office_hears_of_the_deposit_of_a_booked_appointment_that_is_canceled(
    browser_of, ana, cleaning, windows, session, outbox, is_paid
):
    """The control is an appointment without a deposit."""
    browser = browser_of(ana)
    book(browser, cleaning if is_paid else windows, ana)
    if is_paid:
        pay(session)
        settle(session)
    assert browser.post("/portal/appointments/1/cancel").status_code == 303
    [email] = [email for email in outbox.emails if "canceled the appointment" in email.subject]
    assert ("Its deposit, invoice 1, was paid or is processing." in email.text) is is_paid


def use_credit(session, ana):
    """Staff use for the deposit what was paid too much for another invoice."""
    other = builders.invoice(ana)
    session.commit()
    Payment.record(other, method=CHECK, amount=14_000, surplus=2_000, by=BY_OLGA, at=MONDAY)
    session.commit()
    deposit = session.scalars(select(Invoice).where(Invoice.number == 1)).one()
    MovedCredit.move(other.id, deposit.id, by=BY_OLGA, at=MONDAY)
    session.commit()


def process(session, ana):
    """A bank debit of it is on its way."""
    of(session, Invoice).mark_clearing(MONDAY)
    session.commit()


GIVE = {"paid": lambda session, _ana: pay(session), "credit": use_credit, "processing": process}


def test_one_that_cannot_be_followed_stops_no_other(browser_of, ana, ben, cleaning, session, monkeypatch, work):
    book(browser_of(ana), cleaning, ana)
    assert browser_of(ben).post("/portal/book", choice(cleaning, ben, at(25, 13))).status_code == 303
    for invoice in session.scalars(select(Invoice)).all():
        Payment.record(invoice, method=CHECK, amount=5_000, by=BY_OLGA, at=MONDAY)
    give, broken = AppointmentGuarantee.give, ana.customer_id

    def fail_for_one(needed, appointment, now):
        if appointment.customer_id == broken:
            raise Refused("This one is broken.")
        give(needed, appointment, now)

    monkeypatch.setattr(AppointmentGuarantee, "give", fail_for_one)
    enqueue("booking.settle_guarantees")
    session.commit()
    work()
    session.rollback()
    rows = session.scalars(select(AppointmentGuarantee).order_by(AppointmentGuarantee.id)).all()
    assert [row.given_at for row in rows] == [None, MONDAY]


def test_a_deposit_that_the_bank_takes_back_leaves_it_booked_and_staff_see_that(
    browser_of, ana, olga, cleaning, session
):
    book(browser_of(ana), cleaning, ana)
    process(session, ana)
    settle(session)
    office = browser_of(olga)
    assert not is_said_to_be_unpaid(office)
    of(session, Invoice).mark_clearing(None)
    session.commit()
    settle(session)
    assert not is_canceled(session)
    assert is_said_to_be_unpaid(office)


def is_said_to_be_unpaid(office) -> bool:
    return "The deposit is not paid any more." in office.get("/office/schedule/1").text


def test_a_deposit_that_staff_let_go_books_it(browser_of, ana, cleaning, session):
    book(browser_of(ana), cleaning, ana)
    of(session, Invoice).void(by=BY_OLGA, at=MONDAY)
    settle(session)
    assert not is_canceled(session)
    assert of(session, AppointmentGuarantee).given_at == MONDAY


def test_the_invoice_of_the_work_takes_the_deposit_off(browser_of, clock, ana, olga, cleaning, session):
    book(browser_of(ana), cleaning, ana)
    pay(session)
    settle(session)
    clock.move_to(at(25, 12))
    appointment = of(session, Appointment)
    appointment.complete(by=actor(olga), now=at(25, 12))
    draft = invoicing.draft([appointment], by=actor(olga), now=at(25, 12))
    assert [line.unit_price for line in draft.lines] == [18_000, -5_000]
    assert draft.lines[1].description == "Deposit, invoice 1"


def test_a_saved_card_is_enough_and_one_saved_later_too(browser_of, ana, ben, sparkle, windows, session, outbox):
    card(ana, sparkle)
    book(browser_of(ana), windows, ana)
    assert "is booked" in outbox.subjects[0]
    browser = browser_of(ben)
    text = browser.get(browser.post("/portal/book", choice(windows, ben, at(25, 11))).location).text
    assert "Save a card by 9:00\xa0AM to keep this time. It is not charged now." in text
    assert len(outbox.emails) == 2
    card(ben, sparkle)
    settle(session)
    assert len(outbox.emails) == 4


def card(contact, company):
    agreed = {"consent_version": "1", "consent_text": "Yes", "consented_at": MONDAY, "consent_name": contact.name}
    agreed |= {"consent_ip": "", "consent_browser": "", "stripe_id": f"pm_{contact.id}", "saved_at": MONDAY}
    added(SavedMethod(company=company, customer=contact.customer, contact=contact, account="acct_sparkle", **agreed))


def test_a_company_that_cannot_be_paid_by_card_asks_for_nothing(browser_of, ana, cleaning, sparkle, session, outbox):
    sparkle.charges_enabled = False
    book(browser_of(ana), cleaning, ana)
    assert "is booked" in outbox.subjects[0]
    assert session.scalars(select(Invoice)).all() == []


def test_staff_see_what_an_appointment_waits_for_and_set_it_for_a_service(browser_of, ana, olga, cleaning, session):
    book(browser_of(ana), cleaning, ana)
    browser = browser_of(olga)
    assert "still has to pay a deposit" in browser.get("/office/schedule/1").text
    form = {"name": "Deep clean", "minutes": ["2", "hours"], "buffer_minutes": ["0", "minutes"], "approval": "company"}
    form |= {"lead_minutes": ["", "hours"], "price_kind": "request", "bookable": "y", "guarantee": "deposit"}
    refused = browser.post("/office/settings/services/1", form | {"deposit": ""})
    assert refused.status_code == 422
    assert "Enter the amount of the deposit." in refused.text
    assert browser.post("/office/settings/services/1", form | {"deposit": "75"}).status_code == 303
    session.refresh(cleaning)
    assert (cleaning.guarantee, cleaning.deposit) == (DEPOSIT, 7_500)


def test_a_deposit_that_is_being_given_up_cannot_be_voided_over_a_payment(browser_of, ana, cleaning, session):
    """The control of the race above: what was paid is never voided."""
    book(browser_of(ana), cleaning, ana)
    pay(session)
    with pytest.raises(Refused):
        of(session, Invoice).void(by=BY_OLGA, at=MONDAY)
