"""Settings -> Company profile, and what all settings forms share."""

import json
import re
from html import unescape

import pytest
from sqlalchemy import select

from sergio.audit.models import AuditEntry
from sergio.invoices.models import Invoice
from tests.invoices import builders

PAGE = "/office/settings/company"
PROFILE = {
    "name": "Sparkle Cleaning",
    "email": "hello@sparkle.example",
    "phone": "(207) 555-0100",
    "country": "US",
    "street": "12 Harbor Street",
    "city": "Portland",
    "region": "ME",
    "postal_code": "04101",
}


@pytest.fixture
def office(browser_of, olga):
    return browser_of(olga)


def seen(browser) -> str:
    """The hidden field of the first form of the page, as a browser would send it back."""
    return unescape(re.search(r'name="seen"[^>]* value="([^"]*)"', browser.get(PAGE).text)[1])


def entries(session, action):
    session.expire_all()
    return session.scalars(select(AuditEntry).where(AuditEntry.action == action)).all()


def test_a_profile_is_saved_and_shown_to_customers_at_once(office, browser_of, ana, sparkle, session):
    response = office.post(PAGE, PROFILE | {"name": "Sparkle & Sons", "phone": "207.555.0199"}, follow_redirects=True)
    assert "Your company profile is saved." in response.text
    session.expire_all()
    assert (sparkle.name, sparkle.phone) == ("Sparkle & Sons", "+12075550199")
    home = browser_of(ana).get("/portal/account").text
    assert "Sparkle &amp; Sons" in home
    assert 'href="tel:+12075550199"' in home
    assert "(207) 555-0199" in home
    [entry] = entries(session, "changed_profile")
    assert entry.before == {"name": "Sparkle Cleaning", "phone": "+12075550100"}
    assert entry.after == {"name": "Sparkle & Sons", "phone": "+12075550199"}


def test_saving_without_a_change_leaves_no_entry(office, sparkle, session):
    assert office.post(PAGE, PROFILE).status_code == 303
    assert entries(session, "changed_profile") == []


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("name", "  ", "Enter your company&#39;s name."),
        ("email", "hello@", "Enter a valid email address, such as name@example.com."),
        ("phone", "555", "Enter a valid phone number, including the area code."),
        ("country", "XX", "Not a valid choice."),
        ("postal_code", "9999", "Enter a ZIP code, such as 95014."),
        ("street", "", "Enter the street address."),
        ("region", "Bavaria", "Check the state: it does not fit this country."),
        ("name", "x" * 121, "Field cannot be longer than 120 characters."),
    ],
)
def test_bad_input_keeps_what_was_typed_and_says_what_is_wrong(office, sparkle, session, field, value, sentence):
    response = office.post(PAGE, PROFILE | {"city": "Bath", field: value})
    assert response.status_code == 422
    assert sentence in response.text
    assert 'value="Bath"' in response.text
    session.expire_all()
    assert (sparkle.name, sparkle.city) == ("Sparkle Cleaning", "Portland")


def test_an_address_may_be_left_out_as_a_whole(office, sparkle, session):
    nothing = dict.fromkeys(("street", "city", "region", "postal_code"), "")
    assert office.post(PAGE, PROFILE | nothing).status_code == 303
    session.expire_all()
    assert sparkle.address_lines == []
    assert "2 of 4 contact details filled in" in office.get(PAGE).text


def test_another_country_has_other_fields_and_arranges_its_address(office, sparkle, session):
    fields = office.get(f"{PAGE}/address?country=DE&city=Leipzig", htmx=True).text
    assert "Postal code" in fields
    assert 'value="Leipzig"' in fields
    assert 'name="region"' not in fields
    german = {"country": "DE", "street": "Markt 1", "city": "Leipzig", "postal_code": "04109", "phone": "0341 1230"}
    assert office.post(PAGE, PROFILE | german).status_code == 303
    session.expire_all()
    assert sparkle.address_lines == ["Markt 1", "04109 Leipzig"]
    assert (sparkle.region, sparkle.national_phone) == ("", "0341 1230")


def test_two_people_who_change_different_fields_both_keep_theirs(office, sparkle, session):
    before = seen(office)
    office.post(PAGE, PROFILE | {"email": "new@sparkle.example"})
    assert office.post(PAGE, PROFILE | {"street": "1 Bay Street", "seen": before}).status_code == 303
    session.expire_all()
    assert (sparkle.email, sparkle.street) == ("new@sparkle.example", "1 Bay Street")


def test_a_field_that_both_have_changed_shows_the_others_value_and_is_saved_the_next_time(office, sparkle, session):
    before = seen(office)
    office.post(PAGE, PROFILE | {"name": "Sparkle Ltd"})
    mine = PROFILE | {"name": "Sparkle Inc"}
    response = office.post(PAGE, mine | {"seen": before})
    assert response.status_code == 422
    assert "Someone else just changed this to “Sparkle Ltd”. Save again to keep yours." in response.text
    assert 'value="Sparkle Inc"' in response.text
    session.expire_all()
    assert sparkle.name == "Sparkle Ltd"
    now_seen = unescape(re.search(r'name="seen"[^>]* value="([^"]*)"', response.text)[1])
    assert office.post(PAGE, mine | {"seen": now_seen}).status_code == 303
    session.expire_all()
    assert sparkle.name == "Sparkle Inc"


@pytest.mark.parametrize("seen", ["", "{", "[]", "[" * 100_000, json.dumps({"name": {"a": 1}, "nothing": 2})])
def test_a_forged_memory_of_the_page_does_no_harm(office, sparkle, seen):
    assert office.post(PAGE, PROFILE | {"name": "Other", "seen": seen}).status_code in (303, 422)


def test_extra_fields_are_ignored_and_audited(office, sparkle, session):
    extra = {"plan": "pro", "id": "2", "stripe_account": "acct_mine", "subdomain": "rival"}
    assert office.post(PAGE, PROFILE | extra).status_code == 303
    assert office.post(PAGE, PROFILE | extra | {"email": "no"}).status_code == 422
    session.expire_all()
    assert (sparkle.plan, sparkle.subdomain, sparkle.stripe_account) == ("starter", "sparkle", "acct_sparkle")
    first, second = entries(session, "sent_extra_fields")
    assert first.after == second.after == {"fields": ["id", "plan", "stripe_account", "subdomain"]}
    assert first.actor_name == "Olga Petrova"


def test_a_technician_has_no_settings(browser_of, theo, sparkle, session):
    browser = browser_of(theo)
    assert browser.get("/office/settings/").status_code == 403
    assert browser.post(PAGE, PROFILE | {"name": "Theo's"}).status_code == 403
    session.expire_all()
    assert sparkle.name == "Sparkle Cleaning"
    assert "Settings" not in browser.get("/office/").text


def test_the_time_zone_decides_the_companys_day(office, sparkle, session):
    response = office.post(f"{PAGE}/region", {"time_zone": "Asia/Tokyo", "currency": "USD"}, follow_redirects=True)
    assert "Time zone, currency, and language are saved." in response.text
    session.expire_all()
    assert sparkle.time_zone == "Asia/Tokyo"
    assert office.post(f"{PAGE}/region", {"time_zone": "Mars/Base", "currency": "USD"}).status_code == 422
    assert office.post(f"{PAGE}/region", {"time_zone": "Asia/Tokyo", "currency": "XXX"}).status_code == 422


def test_the_currency_is_fixed_once_there_is_money(office, ana, sparkle, session):
    builders.draft(ana)
    response = office.post(f"{PAGE}/region", {"time_zone": "Asia/Tokyo", "currency": "EUR"}, follow_redirects=True)
    assert "your currency can no longer be changed" in response.text
    session.expire_all()
    assert (sparkle.time_zone, sparkle.currency) == ("America/New_York", "USD")
    assert session.scalar(select(Invoice.currency)) == "USD"


def test_only_an_owner_changes_time_zone_and_currency(browser_of, nora, sparkle):
    browser = browser_of(nora)
    assert browser.post(f"{PAGE}/region", {"time_zone": "Asia/Tokyo", "currency": "USD"}).status_code == 403
    assert "Time zone, currency, and language" not in re.sub(r"(?s)<nav.*?</nav>", "", browser.get(PAGE).text)


def test_a_choice_that_both_have_changed_is_shown_by_its_name(office, sparkle):
    before = seen(office)
    office.post(PAGE, PROFILE | {"country": "CA", "region": "QC", "postal_code": "H3Z 2Y7", "phone": ""})
    clash = office.post(PAGE, PROFILE | {"country": "DE", "phone": "", "seen": before})
    assert "Someone else just changed this to “Canada”. Save again to keep yours." in clash.text


@pytest.mark.parametrize("name", ["n\0ul", "x" * 100_000, "\u202eevil"])
def test_names_of_extra_fields_are_kept_short_and_plain(office, session, name):
    assert office.post(PAGE, PROFILE | {name: "1"}).status_code == 303
    [entry] = entries(session, "sent_extra_fields")
    assert len(entry.after["fields"][0]) <= 60
    assert entry.after["fields"][0].isprintable()


def test_an_old_page_with_extra_fields_gets_its_form_back(office, session):
    form = PROFILE | {"name": "Typed for an hour", "csrf_token": "old", "plan": "pro"}
    response = office.post(PAGE, form)
    assert response.status_code == 422
    assert "Typed for an hour" in response.text
    assert entries(session, "sent_extra_fields") == []
