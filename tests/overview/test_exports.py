"""The CSV files of payments and appointments."""

import csv
import io
from datetime import timedelta

from sergio.audit.actor import BY_SYSTEM
from sergio.booking import export as appointments
from sergio.payments import export as payments
from sergio.payments.methods import CASH
from sergio.payments.models import Payment
from tests.booking import builders as booking
from tests.booking.builders import MONDAY
from tests.factories import by
from tests.invoices import builders as invoices


def rows(answer) -> list[list[str]]:
    """The rows of a file without the headings."""
    assert answer.mimetype == "text/csv"
    _headings, *rest = csv.reader(io.StringIO(answer.data.decode("utf-8-sig"), newline=""))
    return rest


def test_payments_are_listed_with_amounts_as_numbers(browser_of, ana, olga, world, session, monkeypatch):
    monkeypatch.setattr(payments, "BATCH", 1)
    payments.batch.cache_clear()
    ana.customer.name = "=Ana"
    for number in (1, 2):
        Payment.record(
            invoices.invoice(ana, at=MONDAY), method=CASH, by=by(olga), at=MONDAY + number * timedelta(days=1)
        )
    Payment.record(invoices.invoice(world.cleo, at=MONDAY), method=CASH, by=BY_SYSTEM, at=MONDAY)
    session.commit()
    found = rows(browser_of(olga).get("/office/payments.csv"))
    assert [row[0] for row in found] == ["2", "1"]
    assert found[0][1:4] == ["2026-11-25 08:00", "'=Ana", "2"]
    assert found[0][5:] == ["Cash", "USD", "120.00", "0.00", "", "", "", ""]
    payments.batch.cache_clear()


def test_appointments_are_listed_in_the_companys_time(browser_of, ana, olga, theo, sparkle, session, monkeypatch):
    monkeypatch.setattr(appointments, "BATCH", 1)
    appointments.batch.cache_clear()
    service = booking.service(sparkle, "Deep clean", price=10_000)
    for days in (7, 8):
        booking.appointment(service, ana, theo, MONDAY + timedelta(days=days))
    session.commit()
    found = rows(browser_of(olga).get("/office/schedule.csv"))
    assert [row[1] for row in found] == ["2026-12-01 08:00", "2026-11-30 08:00"]
    assert found[0][3:7] == ["Deep clean", "Ana Ruiz", "7 Pine Road, Portland", "Theo Laurent"]
    appointments.batch.cache_clear()


def test_only_the_office_is_offered_the_file_of_all_appointments(browser_of, olga, theo):
    offered = {
        person.name: "/office/schedule.csv" in browser_of(person).get("/office/schedule?view=list").text
        for person in (olga, theo)
    }
    assert offered == {"Olga Petrova": True, "Theo Laurent": False}
