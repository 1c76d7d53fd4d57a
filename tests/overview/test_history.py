"""The service history: everything that happened, the latest first, by place, with its documents."""

import re

import pytest

from sergio.customers.models import Property
from sergio.invoices.ledger import REFUND
from tests.booking import builders as booking
from tests.booking.builders import MONDAY, actor, at
from tests.invoices.builders import BY_OLGA
from tests.overview import builders

HISTORY = "/portal/history"
DAY = builders.DAY
NOON = "2026-11-23 12:00:00%2B00:00"


@pytest.fixture
def cottage(sparkle, ana):
    """Ana's second place."""
    place = Property(company=sparkle, number=sparkle.next_number("property"), street="9 Bond Street")
    ana.customer.properties.append(place)
    return place


def history_of(browser_of, person, query="") -> str:
    response = browser_of(person).get(f"{HISTORY}{query}")
    assert response.status_code == 200
    return response.text


def test_everything_that_happened_is_there_latest_first(browser_of, ana, theo):
    appointment = builders.appointment(ana, theo, MONDAY - 40 * DAY)
    builders.accept(builders.quote(ana), ana, at=MONDAY - 10 * DAY)
    builders.pay(builders.invoice(ana), at=MONDAY - DAY)
    page = history_of(browser_of, ana)
    titles = ["Payment for invoice 1", "Quote 1 accepted", ">Invoice 1<", "Deep clean"]
    assert sorted(titles, key=page.index) == titles
    for words in ("November 2026", "October 2026", "with Theo", "by Ana Ruiz", "$120.00", "$420.00"):
        assert words in page
    documents = (
        "payments/1/receipt.pdf",
        "quotes/1.pdf",
        "invoices/1.pdf",
        f"appointments/{appointment.number}",
        "book?again=",
    )
    for path in documents:
        assert f'href="/portal/{path}' in page


def test_upcoming_appointments_are_not_history(browser_of, ana, theo):
    builders.appointment(ana, theo, at(26, 9))
    builders.quote(ana)
    assert "No service history yet" in history_of(browser_of, ana)


def test_a_canceled_appointment_is_shown_as_canceled(browser_of, ana, theo):
    builders.appointment(ana, theo, at(26, 9)).cancel(by=actor(theo), now=MONDAY)
    assert "Deep clean, canceled" in history_of(browser_of, ana)


def test_an_appointment_is_history_from_its_end_on(browser_of, ana, theo, monday):
    appointment = builders.appointment(ana, theo, at(23, 9))
    monday.move_to(appointment.ends_at - DAY / 1440)
    assert "Deep clean" not in history_of(browser_of, ana)
    monday.move_to(appointment.ends_at)
    assert "Deep clean" in history_of(browser_of, ana)


def test_a_service_that_cannot_be_booked_is_not_offered_again(browser_of, ana, theo):
    builders.appointment(ana, theo, MONDAY - DAY).service.bookable = False
    assert "Book again" not in history_of(browser_of, ana)


def test_without_online_booking_nothing_is_offered_again(browser_of, ana, theo, sparkle):
    builders.appointment(ana, theo, MONDAY - DAY)
    sparkle.booking_open = False
    assert "Book again" not in history_of(browser_of, ana)


def test_refunds_and_voided_invoices_are_listed(browser_of, ana):
    paid = builders.invoice(ana)
    builders.pay(paid)
    paid.enter(REFUND, 4_000, at=MONDAY, source="a refund")
    builders.invoice(ana).void(at=MONDAY, by=BY_OLGA)
    page = history_of(browser_of, ana)
    for words in ("Refund for invoice 1", "$40.00", "Invoice 2 voided"):
        assert words in page


def test_one_place_shows_only_its_own_history(browser_of, ana, theo, cottage):
    builders.appointment(ana, theo, MONDAY - DAY, "At home")
    service = booking.service(ana.company, "At the cottage")
    booking.Appointment.schedule(service, ana, cottage, MONDAY - 2 * DAY, [theo.id], by=actor(ana), now=MONDAY)
    builders.invoice(ana, "Cottage invoice", place=cottage)
    builders.accept(builders.quote(ana, "Cottage quote", place=cottage), ana)
    everywhere, there = (history_of(browser_of, ana, query) for query in ("", f"?show={cottage.number}"))
    for words in ("At home", "At the cottage", "Cottage invoice", "Cottage quote"):
        assert words in everywhere
    assert "At home" not in there
    for words in ("At the cottage", "Cottage invoice", "Cottage quote"):
        assert words in there


def test_another_customers_place_shows_nothing_of_theirs(browser_of, ana, ben, cleo, theo):
    for other in (ben, cleo):
        builders.invoice(other, "needle invoice", place=other.customer.properties[0])
        builders.pay(builders.invoice(other, "needle payment"))
        builders.accept(builders.quote(other, "needle quote"), other)
    builders.appointment(ben, theo, MONDAY - DAY, "needle appointment")
    browser = browser_of(ana)
    for number in range(5):
        page = browser.get(f"{HISTORY}?show={number}").text
        assert "needle" not in page
        assert "No service history yet" in page


def test_long_histories_are_paged(browser_of, ana):
    for n in range(45):
        invoice = builders.invoice(ana, f"Title {n}.")
        assert invoice.number == n + 1
    pages = browser_of(ana).pages(HISTORY)
    assert [page.count("<strong>Invoice ") for page in pages] == [20, 20, 5]
    titles = re.findall(r"Title (\d+)\.", "".join(pages))
    assert titles == [str(n) for n in reversed(range(45))]
    assert 'rel="next"' not in pages[-1]


@pytest.mark.parametrize(
    "query",
    [
        "?after=0",
        "?after=-1~x",
        "?after=0~x~x~1",
        f"?after=0~{NOON}~void~{10**30}",
        "?show=%27",
        "?show=-1",
        "?place=9",
    ],
)
def test_an_invalid_query_string_gets_a_page(browser_of, ana, query):
    builders.pay(builders.invoice(ana))
    history_of(browser_of, ana, query)


def test_htmx_gets_only_the_list(browser_of, ana, cottage):
    builders.invoice(ana)
    page = browser_of(ana).get(HISTORY, htmx=True).text
    assert page.lstrip().startswith('<div id="history"')


def test_hostile_text_is_escaped(browser_of, ana, theo):
    evil = "<img src=x onerror=alert(1)>"
    builders.appointment(ana, theo, MONDAY - DAY, evil)
    builders.invoice(ana, evil)
    ana.name = evil
    builders.accept(builders.quote(ana, evil), ana)
    page = history_of(browser_of, ana)
    assert "<img" not in page
    assert page.count("&lt;img") >= 4


@pytest.mark.parametrize("count", [1, 30])
def test_the_page_takes_three_statements(browser_of, ana, theo, statements, count):
    builders.a_bit_of_all(ana, theo, count)
    browser = browser_of(ana)
    with statements() as seen:
        assert browser.get(HISTORY).status_code == 200
    assert len(seen) == 3
