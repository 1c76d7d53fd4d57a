"""A contact's own account page."""

import pytest
from sqlalchemy import select

from sergio.customers.models import Contact, Customer, Property
from sergio.outbox.models import OutgoingEmail

ACCOUNT = "/portal/account"


def save(browser_of, person, name="Ana Ruiz", phone="", **kwargs):
    return browser_of(person).post(ACCOUNT, {"name": name, "phone": phone}, **kwargs)


def test_the_account_shows_what_is_known(browser_of, ana):
    ana.phone = "+12075550142"
    page = browser_of(ana).get(ACCOUNT).text
    for words in (
        "Ana Ruiz",
        "(207) 555-0142",
        "ana@example.com",
        "7 Pine Road",
        "/portal/account/devices",
        "Sign out",
    ):
        assert words in page
    assert "Switch account" not in page


def test_name_and_phone_are_changed_and_the_office_gets_an_email(browser_of, ana, outbox):
    ana.phone = "+12075550142"
    response = save(browser_of, ana, " Ana  Ruiz-Okafor ", "207-555-0199", follow_redirects=True)
    assert "Your details are saved." in response.text
    assert (ana.name, ana.phone) == ("Ana Ruiz-Okafor", "+12075550199")
    message = outbox.emails[0]
    assert (message.to, message.subject) == ("hello@sparkle.example", "Ana Ruiz-Okafor changed their contact details")
    for words in ("Ana Ruiz -> Ana Ruiz-Okafor", "+12075550142 -> +12075550199", "/office/customers/1"):
        assert words in message.text


def test_saving_without_changes_sends_no_email(browser_of, ana, outbox):
    ana.phone = "+12075550142"
    save(browser_of, ana, phone="(207) 555-0142")
    assert outbox.subjects == []


def test_a_phone_number_can_be_removed(browser_of, ana, outbox):
    ana.phone = "+12075550142"
    save(browser_of, ana)
    assert ana.phone == ""
    assert "+12075550142 -> (empty)" in outbox.emails[0].text


def test_a_local_number_is_of_the_company_country(browser_of, ana, sparkle):
    sparkle.country = "GB"
    save(browser_of, ana, phone="020 7946 0018")
    assert ana.phone == "+442079460018"


@pytest.mark.parametrize("kwargs", [{}, {"htmx": True}])
@pytest.mark.parametrize(
    ("name", "phone", "says"),
    [
        ("", "", "Enter your name."),
        ("   ", "", "Enter your name."),
        ("x" * 121, "", "120"),
        ("Ana Ruiz", "555-0100", "Enter a valid phone number"),
        ("Ana Ruiz", "call me", "Enter a valid phone number"),
        ("Ana Ruiz", "1" * 41, "40"),
    ],
)
def test_an_invalid_value_has_an_error_beside_the_field(browser_of, ana, outbox, name, phone, says, kwargs):
    response = save(browser_of, ana, name, phone, **kwargs)
    assert response.status_code == 422
    assert says in response.text
    assert 'aria-invalid="true"' in response.text
    assert ("<html" in response.text) is not bool(kwargs)
    assert (ana.name, ana.phone, outbox.subjects) == ("Ana Ruiz", "", [])


def test_only_name_and_phone_can_be_changed(browser_of, ana, ben):
    other = {"email": "evil@example.com", "customer_id": str(ben.customer_id), "id": str(ben.id), "company_id": "2"}
    before = ana.customer_id
    browser_of(ana).post(ACCOUNT, {"name": "Ana R.", "phone": "", **other})
    assert (ana.name, ana.email, ana.customer_id, ben.name) == ("Ana R.", "ana@example.com", before, "Ben Okafor")


def test_the_customer_keeps_its_name_on_documents(browser_of, ana):
    save(browser_of, ana, "Someone Else")
    assert ana.customer.name == "Ana Ruiz"


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "{{ 7*7 }}", 'O\'Brien & Søn "x"', "Ana\0Ruiz", "名前"])
def test_any_name_is_escaped(browser_of, ana, outbox, name):
    browser = browser_of(ana)
    browser.post(ACCOUNT, {"name": name, "phone": ""})
    assert ana.name == name.replace("\0", "")
    page = browser.get(ACCOUNT).text
    assert "<script>alert" not in page
    assert "<script>alert" not in outbox.emails[0].html


def test_a_line_break_in_a_name_reaches_no_header(browser_of, ana, outbox):
    save(browser_of, ana, "Ana\r\nBcc: evil@example.com")
    assert outbox.subjects[0] == "Ana Bcc: evil@example.com changed their contact details"


def test_a_company_without_an_email_gets_none(browser_of, ana, sparkle, session):
    sparkle.email = ""
    assert save(browser_of, ana, "Ana R.").status_code == 303
    assert [email.to for email in session.scalars(select(OutgoingEmail))] == ["ana@example.com"]


def test_another_customers_places_are_not_shown(browser_of, ana, ben, cleo):
    for other in (ben, cleo):
        other.customer.properties[0].street = "1 Needle Street"
        other.phone = "+12075550177"
    page = browser_of(ana).get(ACCOUNT).text
    assert "Needle" not in page
    assert "0177" not in page


def test_a_contact_of_several_customers_can_switch(browser_of, ana, sparkle, session):
    second = Customer(company=sparkle, number=sparkle.next_number("customer"), name="Ruiz Rentals")
    second.contacts = [Contact(company=sparkle, name="Ana Ruiz", email="ANA@example.com")]
    browser = browser_of(ana)
    session.add(second)
    page = browser.get(ACCOUNT).text
    assert "Switch account" in page
    assert 'href="/portal/sign-in/customer"' in page


PARTS = ("email", "emails", "people", "devices", "links", "addresses/new")


@pytest.mark.parametrize("path", ["payment-methods", *(f"account/{part}" for part in PARTS)])
def test_its_parts_lead_back_to_it_and_mark_it_in_the_navigation(browser_of, ana, path):
    page = browser_of(ana).get(f"/portal/{path}").text
    assert '<a href="/portal/account" aria-current="page">' in page
    assert page.count('aria-current="page"') == 1
    assert '<a href="/portal/account">' in page


def test_the_page_is_for_those_signed_in(visitor, sparkle):
    response = visitor(sparkle).get(ACCOUNT)
    assert response.status_code == 303
    assert "/portal/sign-in" in response.location


@pytest.mark.parametrize("count", [1, 30])
def test_the_page_takes_two_statements(browser_of, ana, sparkle, statements, count):
    for _ in range(count):
        place = Property(company=sparkle, number=sparkle.next_number("property"), street="9 Bond Street")
        ana.customer.properties.append(place)
    browser = browser_of(ana)
    with statements() as seen:
        assert browser.get(ACCOUNT).status_code == 200
    assert len(seen) == 2
