"""What a contact may do in the portal by their role: over every page, in the navigation, and in emails."""

import re

import pytest
import time_machine
from sqlalchemy import select

from sergio.booking.models import Appointment
from sergio.customers.roles import BILLING, BOOKING, FULL, LIMITED, READ, ROLES
from sergio.permissions.of_contacts import PORTAL_NEEDED, may_use
from sergio.portal import SIGN_IN
from sergio.quotes.models import Quote
from tests import factories
from tests.booking.builders import MONDAY
from tests.overview import builders
from tests.overview.builders import DAY
from tests.quotes import builders as quotes

LOOKING = {
    *("portal.home.index", "portal.devices.index", "portal.account.show", "portal.links_sent.own"),
    *("portal.invoices.index", "portal.invoices.show", "portal.invoices.download", "portal.payments.receipt"),
    *("portal.payment_history.index", "portal.payment_history.show"),
    *("portal.payments.show", "portal.statement.show", "portal.statement.download"),
}
OWN_ACCESS = {
    *("portal.account.edit_emails", "portal.account.update_emails", "portal.seen.note"),
    *("portal.devices.end", "portal.devices.end_all", "portal.links_sent.revoke_own"),
}
WORK = {
    *("portal.quotes.index", "portal.quotes.show", "portal.quotes.total", "portal.quotes.preview"),
    *("portal.quotes.attachment", "portal.quotes.small_attachment"),
    "portal.quotes.look",
    *("portal.quotes.download", "portal.history.show", "portal.appointments.index", "portal.appointments.show"),
    *("portal.appointments.confirmation", "portal.appointments.download"),
    *("portal.appointments.large_photo", "portal.appointments.small_photo"),
}
PAYING = {
    *("portal.payments.new", "portal.payments.create", "portal.pay.new", "portal.pay.create"),
    *(f"portal.payment_methods.{view}" for view in ("index", "create", "edit", "show", "choose", "remove")),
    *(f"portal.automatic_payments.{view}" for view in ("show", "create", "end", "skip")),
    "portal.deposits.pay",
}
BOOKING_PAGES = {
    *(f"portal.appointments.{view}" for view in ("choose", "withdraw", "edit", "review", "reschedule", "cancel")),
    *(f"portal.appointments.{view}" for view in ("new_change_request", "ask")),
    *(f"portal.booking.{view}" for view in ("index", "place", "new_place", "time", "details", "create")),
    *("portal.booking.hold", "portal.booking.keep"),
    *(f"portal.booking.{view}" for view in ("add_photos", "remove_photo", "large_photo", "small_photo")),
    *(f"portal.own_photos.{view}" for view in ("index", "add", "remove")),
    *(f"portal.waitlist.{view}" for view in ("show", "offer", "new", "create", "accept", "decline", "leave")),
    *(f"portal.places.{view}" for view in ("new", "create", "edit", "update", "archive", "withdraw")),
}
DETAILS = {"portal.account.update", *(f"portal.email_change.{view}" for view in ("edit", "update", "withdraw"))}
PEOPLE = {f"portal.people.{view}" for view in ("index", "new", "create", "edit", "update", "invite_again", "remove")}
EXPECTED = {
    READ: LOOKING | OWN_ACCESS | WORK,
    BILLING: LOOKING | OWN_ACCESS | PAYING | DETAILS,
    BOOKING: LOOKING | OWN_ACCESS | WORK | DETAILS | BOOKING_PAGES,
    LIMITED: set(PORTAL_NEEDED) - PEOPLE - {"portal.automatic_payments.create"},
    FULL: set(PORTAL_NEEDED),
}


@pytest.fixture(autouse=True)
def monday():
    with time_machine.travel(MONDAY, tick=False) as clock:
        yield clock


@pytest.fixture
def carla(ana, theo, session):
    """Ana's colleague; their customer has a quote, an invoice and an appointment, each with the number 1."""
    builders.quote(ana, "Carpets")
    builders.invoice(ana, "Spring clean")
    builders.appointment(ana, theo, MONDAY + DAY)
    carla = ana.customer.add_contact("Carla Ruiz", email="carla@example.com", by=factories.by(theo), at=MONDAY)
    session.commit()
    return carla


ENDING = {"portal.devices.end_all", "portal.people.remove"}
"""Their effect would be that the others are refused."""


def give(contact, role: str):
    contact.role = role
    if role == LIMITED:
        contact.daily_limit, contact.limit_currency = 50_000, "USD"


def portal_rules(app):
    """The pages behind the sign-in."""
    rules = [rule for rule in app.url_map.iter_rules() if rule.endpoint.startswith("portal.")]
    return [rule for rule in rules if rule.endpoint.rpartition(".")[0] not in SIGN_IN]


def test_every_page_of_the_portal_is_in_the_table(app):
    assert {rule.endpoint for rule in portal_rules(app)} == set(PORTAL_NEEDED)


@pytest.mark.parametrize("role", EXPECTED)
def test_each_role_opens_its_own_pages_and_no_others(app, browser_of, carla, session, role):
    give(carla, role)
    session.commit()
    browser = browser_of(carla)
    refused = {}
    for rule in portal_rules(app):
        if rule.endpoint in ENDING:
            continue
        for method in rule.methods & {"GET", "POST"}:
            path = re.sub(r"<(?:int:)?(\w+)>", "1", rule.rule)
            response = browser.get(path) if method == "GET" else browser.post(path)
            refused[rule.endpoint] = response.status_code == 403
            says_who = b"Ana can do this for Ana Ruiz." in response.data
            assert says_who == refused[rule.endpoint], (rule, response.status)
    assert {name for name, is_refused in refused.items() if not is_refused} == EXPECTED[role] - ENDING


def test_a_page_that_is_not_listed_is_for_the_full_role_only():
    assert [role for role in ROLES if may_use(role, "portal.news.index")] == [FULL]


@pytest.mark.parametrize(
    ("role", "sections", "tasks"),
    [
        (
            FULL,
            ["", "quotes", "invoices", "appointments", "history", "account"],
            ["/portal/invoices/1", "/portal/quotes/1"],
        ),
        (BILLING, ["", "invoices", "account"], ["/portal/invoices/1"]),
        (READ, ["", "quotes", "invoices", "appointments", "history", "account"], []),
    ],
)
def test_navigation_and_home_show_only_what_the_role_can_do(browser_of, carla, session, role, sections, tasks):
    carla.role = role
    session.commit()
    html = browser_of(carla).get("/portal/").text
    nav = re.search(r"<nav class=\"mainnav\".*?</nav>", html, re.DOTALL)[0]
    assert re.findall(r'href="/portal/([a-z]*)"', nav) == sections
    assert re.findall(r'class="task".*?href="([^"]+)"', html) == tasks
    assert ("/portal/book" in html) == (role == FULL)
    assert ("Next appointment" in html) == (role != BILLING)


def test_who_may_only_read_is_told_who_can_respond_instead_of_forms(browser_of, carla, session):
    carla.role = READ
    session.commit()
    browser = browser_of(carla)
    for path, action in (("quotes/1", "/acceptance"), ("invoices/1", "/pay"), ("appointments/1", "/cancel")):
        page = browser.get(f"/portal/{path}").text
        assert "Ana can respond." in page
        assert f"{path}{action}" not in page


def test_a_quote_goes_to_who_may_accept_it_and_a_receipt_to_who_pays(ana, carla, session, outbox):
    carla.role = BILLING
    quote = quotes.sent(carla, contact=carla)
    builders.pay(builders.invoice(ana))
    session.commit()
    to = {message.subject.partition(":")[0].partition(" of ")[0]: message.to for message in outbox.emails}
    assert to[f"Quote {quote.number}"] == "ana@example.com"
    assert ana.customer.contact_for(None).email == "ana@example.com"


def test_emails_go_to_present_contacts_with_an_address_in_the_order_of_the_roles(ana, carla):
    customer = ana.customer
    carla.role = BILLING
    assert customer.contact_for(None, (BILLING, FULL)) is carla
    assert customer.contact_for(carla, (FULL,)) is ana
    ana.email = ""
    assert ana.email_key is None
    assert customer.contact is None
    carla.role = READ
    assert customer.contact is carla
    assert customer.main_contact is ana
    carla.left_at = MONDAY
    assert customer.contact is None


def test_who_only_pays_gets_no_email_about_quotes_and_appointments(ana, carla, session, olga, outbox):
    quote, appointment = session.scalars(select(Quote)).one(), session.scalars(select(Appointment)).one()
    quote.ask_for_changes(carla, "Blue, please.", version=1, by=factories.by(carla), at=MONDAY)
    appointment.contact, before = carla, len(outbox.emails)
    carla.role = BILLING
    quote.reply("Gladly.", by=factories.by(olga), at=MONDAY)
    appointment.cancel(by=factories.by(olga), now=MONDAY, reason="", message="Sorry.")
    session.commit()
    written = outbox.emails[before:]
    assert len(written) == 2
    assert {each.to for each in written} == {"ana@example.com"}
