"""The portal's home: open tasks, the next appointment and the welcome message; and the page without a portal."""

import pytest
import time_machine

from sergio.companies.plans import FREE, STARTER
from sergio.invoices.ledger import PAYMENT
from sergio.lib.variables import filled
from tests.booking.builders import MONDAY, actor, at
from tests.factories import by
from tests.invoices.builders import BY_OLGA
from tests.overview import builders

DAY = builders.DAY


@pytest.fixture(autouse=True)
def monday():
    with time_machine.travel(MONDAY, tick=False) as clock:
        yield clock


def home_of(browser_of, person) -> str:
    response = browser_of(person).get("/portal/")
    assert response.status_code == 200
    return response.text


def order_of(text, *parts) -> list[str]:
    """The parts in the order they stand in a text; each must be there."""
    assert not [part for part in parts if part not in text]
    return sorted(parts, key=text.index)


def test_the_most_urgent_task_comes_first(browser_of, ana):
    builders.quote(ana, "Carpets", days=3)
    builders.invoice(ana, "Fresh", due_in=14)
    builders.invoice(ana, "Late", due_in=-1)
    builders.invoice(ana, "Very late", due_in=-9)
    change_requested = builders.quote(ana, "Kitchen")
    change_requested.ask_for_changes(ana, "Without the hood, please.", version=1, by=by(ana), at=MONDAY)
    tasks = ["Very late", "Late ·", "Fresh", "Carpets", "Kitchen"]
    page = home_of(browser_of, ana)
    assert order_of(page, *tasks) == tasks
    for words in ("9 days overdue", "1 day overdue", "3 days left", "Changes requested", "$120.00", "$420.00"):
        assert words in page


@pytest.mark.parametrize(
    ("due_in", "words"), [(-2, "2 days overdue"), (0, "Due today"), (1, "Due in 1 day"), (30, "Unpaid")]
)
def test_an_invoice_says_when_it_is_due(browser_of, ana, due_in, words):
    builders.invoice(ana, due_in=due_in)
    assert words in home_of(browser_of, ana)


def test_the_last_day_of_a_quote_is_in_the_companys_time_zone(browser_of, ana, monday):
    builders.quote(ana, days=0)
    monday.move_to(at(23, 23, 59))
    assert "Expires today" in home_of(browser_of, ana)
    monday.move_to(at(24, 0, 1))
    assert "You're all caught up" in home_of(browser_of, ana)


def test_settled_and_processing_invoices_are_no_tasks(browser_of, ana, session):
    builders.pay(builders.invoice(ana))
    builders.invoice(ana).void(at=MONDAY, by=BY_OLGA)
    builders.invoice(ana).mark_clearing(MONDAY)
    builders.accept(builders.quote(ana), ana)
    declined = builders.quote(ana)
    declined.decline(ana, "Too dear", version=1, by=by(ana), at=MONDAY)
    assert "You're all caught up" in home_of(browser_of, ana)


def test_the_rest_of_a_partly_paid_invoice_is_due(browser_of, ana):
    invoice = builders.invoice(ana)
    invoice.enter(PAYMENT, -5_000, at=MONDAY, source="check")
    assert "$70.00" in home_of(browser_of, ana)


def test_the_next_appointment_is_the_one_that_is_not_over(browser_of, ana, theo):
    builders.appointment(ana, theo, MONDAY - DAY, "Yesterdays")
    builders.appointment(ana, theo, at(26, 9), "Thursdays")
    builders.appointment(ana, theo, at(30, 9), "Next weeks")
    canceled = builders.appointment(ana, theo, at(24, 9), "Called off")
    canceled.cancel(by=actor(theo), now=MONDAY)
    page = home_of(browser_of, ana)
    for words in ("Thursdays", "In 3 days", "with Theo", "7 Pine Road, Portland", "<b>26</b>", "Nov"):
        assert words in page
    for words in ("Yesterdays", "Next weeks", "Called off"):
        assert words not in page


def test_without_tasks_the_page_says_so(browser_of, ana):
    page = home_of(browser_of, ana)
    assert "You're all caught up" in page
    assert "No upcoming appointments" in page
    assert "(207) 555-0100" in page
    assert "/portal/book" in page


def test_without_online_booking_the_page_says_to_call(browser_of, ana, sparkle):
    sparkle.booking_open = False
    page = home_of(browser_of, ana).partition("<main")[2]
    assert "Book an appointment" not in page
    assert "Call or email us" in page


def test_it_shows_nothing_of_another_customer_or_company(browser_of, ana, ben, cleo, theo, world):
    for other in (ben, cleo):
        builders.quote(other, "needle quote")
        builders.invoice(other, "needle invoice")
    builders.appointment(ben, theo, at(26, 9), "needle appointment")
    page = home_of(browser_of, ana)
    assert "needle" not in page
    assert "You're all caught up" in page


@pytest.mark.parametrize("count", [1, 30])
def test_the_page_takes_three_statements(browser_of, ana, theo, statements, count):
    builders.a_bit_of_all(ana, theo, count)
    browser = browser_of(ana)
    with statements() as seen:
        assert browser.get("/portal/").status_code == 200
    assert len(seen) == 3


def test_the_greeting_follows_the_companys_time_zone(browser_of, ana, monday):
    for hour, words in ((0, "Good morning, Ana"), (11, "Good morning"), (12, "Good afternoon"), (18, "Good evening")):
        monday.move_to(at(23, hour))
        assert words in home_of(browser_of, ana)


def test_the_welcome_message_fills_in_names(browser_of, ana, sparkle):
    sparkle.welcome = "Hello {first_name} ({customer_name})!\n{company_name}, {company_phone}, {company_email}"
    words = "Hello Ana (Ana Ruiz)!\nSparkle Cleaning, (207) 555-0100, hello@sparkle.example"
    assert words in home_of(browser_of, ana)


def test_without_a_welcome_message_there_is_a_default(browser_of, ana, sparkle):
    sparkle.welcome = "  "
    assert "Your quotes, invoices, and appointments are all here." in home_of(browser_of, ana)


AS_TYPED = [
    "{customer_name.__class__}",
    "{{7*7}}",
    "{0}",
    "%s %(name)s",
    "{ customer_name }",
    "{CUSTOMER_NAME}",
    "{unknown}",
    "{",
    "}{",
    "{customer_name!r}",
    "{customer_name:>9}",
]


@pytest.mark.parametrize("text", AS_TYPED)
def test_other_text_in_braces_is_unchanged(browser_of, ana, sparkle, text):
    sparkle.welcome = text
    assert f'<p class="prose">{text}</p>' in home_of(browser_of, ana).replace("&gt;", ">")


def test_variables_in_values_are_not_replaced(browser_of, ana, sparkle):
    ana.name = "{company_name}"
    sparkle.welcome = "Dear {{customer_name}}"
    assert "Dear {{company_name}}" in home_of(browser_of, ana)


def test_a_hundred_kilobytes_of_braces_are_quick(monday):
    braces = "{" * 100_000 + "customer_name" + "}" * 100_000
    values = dict.fromkeys(("customer_name", "first_name", "company_name", "company_phone", "company_email"), "x")
    assert filled(braces, values) == "{" * 99_999 + "x" + "}" * 99_999


def test_hostile_text_is_escaped(browser_of, ana, sparkle):
    evil = "<script>alert(1)</script>"
    ana.name = ana.customer.name = evil
    sparkle.welcome = f"{evil} {{customer_name}}"
    builders.quote(ana, evil)
    builders.invoice(ana, evil)
    page = home_of(browser_of, ana)
    assert "<script>alert" not in page
    assert page.count("&lt;script&gt;") >= 5


def test_a_contact_without_a_name_is_greeted_as_the_customer(browser_of, ana):
    ana.name = ""
    assert "Good morning, Ana" in home_of(browser_of, ana)


def test_a_company_without_the_plan_shows_how_to_call_it(browser_of, ana, sparkle):
    browser = browser_of(ana)
    sparkle.plan = FREE
    for path in ("/portal/", "/portal/quotes/1", "/portal/sign-in", "/portal/account"):
        response = browser.get(path)
        assert response.status_code == 200
        assert "not available online" in response.text
        assert "tel:+12075550100" in response.text
        assert not [word for word in ("plan", "upgrade", "Ana Ruiz") if word in response.text.lower()]
    sparkle.plan = STARTER
    assert "You're all caught up" in browser.get("/portal/").text


def test_without_the_plan_nothing_can_be_changed(browser_of, ana, sparkle):
    browser = browser_of(ana)
    token = browser.csrf_token()
    sparkle.plan = FREE
    form = {"csrf_token": token, "name": "Someone Else", "phone": ""}
    assert "not available online" in browser.post("/portal/account", form).text
    assert ana.name == "Ana Ruiz"


def test_the_site_itself_says_what_it_is_and_shows_no_company(app, world, session):
    session.commit()
    page = app.test_client().get("/", base_url="https://sergio.test/").text
    assert "Sergio" in page
    assert "your-company.sergio.test/portal" in page
    assert "Sparkle" not in page
