"""The large company of `sergio demo --big`: grown in one go, and consistent."""

import pytest
from sqlalchemy import func, select

from sergio import big_world, seeds
from sergio.big_world import Size
from sergio.big_world.history import FIRST
from sergio.booking.models import Appointment
from sergio.booking.slices import AppointmentSlice, quarters
from sergio.commands.demo import add_big_world
from sergio.customers.models import Customer
from sergio.invoices import ledger_check
from sergio.invoices.models import Invoice, LedgerEntry
from sergio.payments.models import Payment
from sergio.quotes import version_check
from sergio.quotes.models import Quote
from tests.browser import Browser


@pytest.fixture
def big(world, once):
    """Sparkle, grown to a hundredth of what `--big` makes."""

    def add():
        seeds.service(world.sparkle, 0, "Clean", "", 60, 10_000)
        big_world.grow(world.sparkle, Size(customers=200, invoices=500, quotes=250, appointments=1_000))

    once("big", add)
    return world.sparkle


def test_it_has_as_much_as_was_asked_for(big, session):
    counts = {
        table: session.scalar(select(func.count()).where(table.id >= FIRST)) for table in (Customer, Invoice, Quote)
    }
    assert counts == {Customer: 200, Invoice: 500, Quote: 250}
    assert session.scalar(select(func.count()).where(Appointment.id >= FIRST)) == 1_000
    assert big_world.has_grown(big)


def test_no_other_company_has_grown(big, rival):
    assert not big_world.has_grown(rival)


def test_its_invoices_agree_with_their_ledgers_and_documents(big):
    assert list(ledger_check.differences()) == []


def test_its_quotes_are_what_was_sent_and_signed(big):
    assert list(version_check.differences()) == []


def test_what_is_due_is_the_sum_of_the_ledger_and_what_came_are_its_payments(big, session):
    assert session.scalar(select(func.sum(Invoice.due))) == session.scalar(select(func.sum(LedgerEntry.amount)))
    came = -session.scalar(select(func.sum(LedgerEntry.amount)).where(LedgerEntry.kind == "payment"))
    assert session.scalar(select(func.sum(Payment.amount))) == came > 0


def test_an_appointment_takes_its_quarter_hours(big, session):
    appointment = session.get_one(Appointment, FIRST + 7)
    taken = session.scalars(select(AppointmentSlice.quarter_hour).where(AppointmentSlice.appointment_id == FIRST + 7))
    assert sorted(taken) == list(quarters(appointment))


def test_a_demo_lets_the_company_grow_once(world, session, monkeypatch):
    seeds.service(world.sparkle, 0, "Clean", "", 60, 10_000)
    monkeypatch.setattr(big_world, "BIG", Size(20, 20, 20, 20))
    add_big_world()
    add_big_world()
    assert session.scalar(select(func.count()).where(Customer.id >= FIRST)) == 20


def test_progress_ends_with_all_rows(world, session):
    seeds.service(world.sparkle, 0, "Clean", "", 60, 10_000)
    seen = []
    big_world.grow(world.sparkle, Size(20, 20, 20, 20), progress=lambda done, total: seen.append((done, total)))
    assert seen == sorted(seen)
    assert seen[-1][0] == seen[-1][1]


@pytest.mark.parametrize(
    "path",
    ["", f"customers/{FIRST}", f"invoices/{FIRST}", f"schedule/{FIRST}", *(f"quotes/{FIRST + n}" for n in range(10))],
)
def test_the_office_shows_it(app, big, olga, path):
    browser = Browser(app, "sparkle")
    browser.be(olga)
    assert browser.get(f"/office/{path}").status_code == 200
