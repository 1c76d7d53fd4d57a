"""The form of the sign-up: what it guesses, suggests, refuses and keeps."""

import re
from dataclasses import replace

import pytest

from sergio.auth.models import HandOver
from sergio.companies.models import Company
from sergio.sign_up.models import SignUp
from tests.browser import SAME_ORIGIN
from tests.sign_up.conftest import FORM

HOSTILE = [
    "<script>alert(1)</script>",
    "{{7*7}} {customer_name}",
    "\u202eevil\u202c",
    "Bell\x07 & Co",
    "a\r\nBcc: x@y.example",
    "=HYPERLINK('http://evil.example')",
    "Ω" * 120,
    "🧹 Sweepers",
    "' OR 1=1 --",
]


def selected(page: str, field: str) -> str:
    """The option of a field that is selected."""
    options = re.search(rf'<select[^>]*name="{field}".*?</select>', page, re.DOTALL)[0]
    return re.search(r'<option selected value="([^"]+)"', options)[1]


def typed(page: str) -> str:
    """What the field for the address has."""
    return re.search(r'<input[^>]*id="subdomain"[^>]*value="([^"]*)"', page)[1]


@pytest.mark.parametrize(
    ("languages", "region"),
    [
        ("en-US,en;q=0.9", ("US", "America/New_York", "USD")),
        ("de-DE", ("DE", "Europe/Berlin", "EUR")),
        ("en-AU", ("AU", "Australia/Sydney", "AUD")),
        ("", ("US", "America/New_York", "USD")),
        ("\u00e9;;;q=x,,*", ("US", "America/New_York", "USD")),
    ],
)
def test_country_zone_and_currency_are_guessed_from_the_browsers_language(site, languages, region):
    page = site().get("/sign-up", headers={"Accept-Language": languages}).text
    assert tuple(selected(page, field) for field in ("country", "time_zone", "currency")) == region


def test_the_browsers_time_zone_tells_more_than_its_language(site):
    path, filled = "/sign-up/region-of-browser", "country=US&time_zone=America/New_York&currency=USD"
    for zone, region in (("Asia/Calcutta", ("IN", "Asia/Kolkata", "INR")), ("Mars", ("US", "America/New_York", "USD"))):
        page = site().get(f"{path}?{filled}&browser_zone={zone}", htmx=True).text
        assert tuple(selected(page, field) for field in ("country", "time_zone", "currency")) == region
        assert 'hx-trigger="load"' not in page
    assert f'hx-get="{path}"' in site().get("/sign-up").text


@pytest.mark.parametrize(
    ("query", "zone"),
    [
        ("country=US&browser_zone=America/Denver", "America/Denver"),
        ("country=CA&browser_zone=America/Denver", "America/Toronto"),
        ("country=XX&browser_zone=Mars", "America/New_York"),
    ],
)
def test_another_country_brings_its_zone_unless_the_browsers_is_there(site, query, zone):
    assert selected(site().get(f"/sign-up/region?{query}", htmx=True).text, "time_zone") == zone


def test_the_address_follows_the_name_until_somebody_types_an_own_one(site, world):
    browser = site()
    first = browser.get("/sign-up/suggestion?name=Sparkle&subdomain=&suggested=", htmx=True).text
    assert typed(first) == "sparkle-co"
    again = browser.get("/sign-up/suggestion?name=Bright&subdomain=sparkle-co&suggested=sparkle-co", htmx=True).text
    assert typed(again) == "bright"
    kept = browser.get("/sign-up/suggestion?name=Bright&subdomain=mine&suggested=sparkle-co", htmx=True).text
    assert typed(kept) == "mine"


@pytest.mark.parametrize(
    ("name", "words", "free"),
    [
        ("sparkle", "“sparkle” is already taken.", "bright-windows"),
        ("spark1e", "looks too much like an address that is taken", "bright-windows"),
        ("adm1n", "is reserved", "bright-windows"),
        ("-x-", "Start and end", "bright-windows"),
    ],
)
def test_an_address_that_cannot_be_had_is_refused_with_a_free_one(site, world, name, words, free):
    page = site().get(f"/sign-up/availability?subdomain={name}&name=Bright+Windows", htmx=True).text
    assert words in page
    assert f'value="{free}"' in page
    response = site().post("/sign-up", {**FORM, "subdomain": name})
    assert response.status_code == 422
    assert words in response.text
    assert f'name="use" value="{free}"' in response.text
    assert 'value="wanda@bright.example"' in response.text


def test_without_script_the_free_address_is_taken_by_its_button(site, world, ask, session):
    ask(site(), subdomain="sparkle", use="bright-windows")
    assert session.query(SignUp.subdomain).scalar() == "bright-windows"


def test_an_address_left_empty_is_made_from_the_name(site, world, ask, session):
    ask(site(), subdomain="", name="Sparkle")
    assert session.query(SignUp.subdomain).scalar() == "sparkle-co"


def test_availability_is_the_same_for_a_stranger_and_for_staff(site, world, browser_of, visitor):
    path = "/sign-up/availability?subdomain=sparkle"
    assert site().get(path, htmx=True).text == site().get(path, htmx=True).text
    assert browser_of(world.olga).get(path).status_code == 404
    assert visitor(world.sparkle).get("/sign-up").status_code == 404


def test_availability_is_limited(site):
    browser = site()
    path = "/sign-up/availability?subdomain=sparkle"
    statuses = [browser.get(path, htmx=True).status_code for _ in range(121)]
    assert statuses == [200] * 120 + [429]


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("name", "", "Enter your company&#39;s name."),
        ("name", "***", "Use at least one letter or digit."),
        ("name", "\u202e\u200b", "Enter your company&#39;s name."),
        ("name", "x" * 121, "Use up to 120 characters."),
        ("owner_name", "   ", "Enter your name."),
        ("owner_name", "...", "Use at least one letter or digit."),
        ("email", "", "Enter your email address."),
        ("email", "wanda", "Enter a valid email address"),
        ("email", "a@b.example,c@d.example", "Enter a valid email address"),
        ("email", "a@b.example\r\nBcc: c@d.example", "Enter a valid email address"),
        ("email", "x" * 300 + "@b.example", "Use up to 254 characters."),
        ("country", "XX", "Not a valid choice"),
        ("time_zone", "Mars/Base", "Not a valid choice"),
        ("currency", "XXX", "Not a valid choice"),
        ("subdomain", "x" * 64, "between 3 and 63"),
    ],
)
def test_bad_input_gets_a_sentence_and_loses_nothing(site, session, field, value, words):
    response = site().post("/sign-up", {**FORM, field: value})
    assert response.status_code == 422
    assert words in response.text
    for other in {"name", "owner_name", "email"} - {field}:
        assert f'value="{FORM[other]}"' in response.text
    assert session.query(SignUp).count() == 0


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_stays_text_everywhere(site, app, ask, session, work, mailbox, name):
    browser = site()
    link = ask(browser, name=name, owner_name=name, subdomain="safe-name")
    work()
    (email,) = mailbox.emails()
    assert name[:8] not in email.as_string()
    assert email["To"] == "wanda@bright.example"
    for page in (browser.get("/sign-up").text, site().get(link).text, browser.get(link).text):
        assert "<script>alert" not in page
        assert "\u202e" not in page
        assert "49 " not in page
    assert session.query(Company).one().name == " ".join(name.translate(dict.fromkeys([7, 0x202E, 0x202C])).split())


def test_extra_fields_of_a_hand_made_request_change_nothing(site, ask, session):
    ask(site(), plan="starter", company_id="1", used_at="2020-01-01", stripe_account="acct_x", role="owner")
    assert session.query(SignUp.used_at, SignUp.company_id).one() == (None, None)


@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "same-site"}, {"Sec-Fetch-Site": "cross-site"}, {}])
def test_a_form_of_another_site_is_refused(site, headers):
    browser = site()
    token = browser.csrf_token()
    response = browser.client.post(
        "/sign-up", base_url=browser.base_url, data={**FORM, "csrf_token": token}, headers=headers
    )
    assert response.status_code == 403


def test_a_form_with_an_old_token_comes_back_filled_in(site, session):
    browser = site()
    response = browser.client.post("/sign-up", base_url=browser.base_url, data=FORM, headers=SAME_ORIGIN)
    assert response.status_code == 422
    assert 'value="wanda@bright.example"' in response.text
    assert session.query(SignUp).count() == 0


@pytest.mark.parametrize("path", ["/sign-up", "/sign-up/sent", "/sign-up/x", "/sign-in"])
@pytest.mark.parametrize("host", ["sparkle.sergio.test", "nobody.sergio.test", "sergio.test.", "127.0.0.1"])
def test_the_sign_up_is_on_the_site_itself_only(app, world, session, host, path):
    session.commit()
    assert app.test_client().get(path, base_url=f"https://{host}/").status_code == 404


@pytest.mark.parametrize("host", ["SERGIO.test", "sergio.test:443"])
def test_the_site_is_found_however_its_host_is_written(app, host):
    assert app.test_client().get("/sign-up", base_url=f"https://{host}/").status_code == 200


def test_an_installation_of_one_company_has_no_sign_up(site, app, monkeypatch):
    monkeypatch.setitem(app.config, "SERGIO", replace(app.config["SERGIO"], company="sparkle"))
    assert site().get("/sign-up").status_code == 404
    assert "Create your portal" not in site().get("/").text


def test_the_landing_page_leads_to_the_sign_up_and_to_ones_portal(site, world):
    page = site().get("/").text
    assert 'href="/sign-up"' in page
    assert 'href="/sign-in"' in page
    for typed_address in ("sparkle", "Sparkle.sergio.test", "https://sparkle.sergio.test/portal/"):
        found = site().get("/sign-in", query_string={"address": typed_address})
        assert found.location == "https://sparkle.sergio.test/office/sign-in"
    missing = site().get("/sign-in?address=//evil.example")
    assert missing.status_code == 404
    assert "no portal at this address" in missing.text


def test_a_sign_up_alone_makes_no_company_and_no_sign_in(site, ask, session, companies):
    ask(site())
    assert companies() == 0
    assert session.query(HandOver).count() == 0
