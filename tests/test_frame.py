"""What holds for every request: the host decides the company, security headers, plain error pages."""

import gzip
import re

import pytest
from flask import abort

from sergio.lib.refused import Refused
from sergio.web.assets import asset

HOSTS_THAT_ARE_NOBODYS = [
    "nobody.sergio.test",
    "a.sparkle.sergio.test",
    "sparkle.sergio.test.",
    "sparkle.sergio.test:8080",
    "sparkle.evil.example",
    "evil.example",
    "127.0.0.1",
    "sparklesergio.test",
]


def ask(app, host, path="/portal/sign-in", **kwargs):
    return app.test_client().get(path, base_url=f"https://{host}/", **kwargs)


@pytest.mark.parametrize("host", HOSTS_THAT_ARE_NOBODYS)
def test_an_unknown_host_gets_a_neutral_404_and_never_a_company(app, world, session, host):
    session.commit()
    response = ask(app, host)
    assert response.status_code == 404
    assert "Sparkle" not in response.text


def test_a_host_is_found_in_any_case(app, world, session):
    session.commit()
    assert "Sparkle" in ask(app, "SPARKLE.Sergio.TEST").text


def test_a_forwarded_host_is_not_trusted(app, world, session):
    session.commit()
    response = ask(app, "nobody.sergio.test", headers={"X-Forwarded-Host": "sparkle.sergio.test"})
    assert response.status_code == 404


def test_the_health_check_responds_on_any_host(app):
    assert ask(app, "10.0.0.7", "/up").status_code == 200


def test_a_company_root_leads_to_its_portal(app, world, session):
    session.commit()
    assert ask(app, "sparkle.sergio.test", "/").location == "/portal/"


@pytest.mark.parametrize(("path", "home"), [("/portal/nothing", "/"), ("/office/nothing", "/office/")])
def test_an_error_page_leads_home(app, world, session, path, home):
    session.commit()
    assert f'href="{home}">Go to the home page</a>' in ask(app, "sparkle.sergio.test", path).text
    assert "Go to the home page" not in ask(app, "nobody.sergio.test", "/").text


def test_the_portal_is_not_on_the_site_itself(app):
    assert ask(app, "sergio.test").status_code == 404
    assert ask(app, "sergio.test", "/").status_code == 200


PLACES = ["/portal/sign-in", "/no/such/page", "/static/app.css", "/static/no.css", "/up", "/brand.css", "/portal/"]


@pytest.mark.parametrize("path", PLACES)
def test_every_response_has_security_headers(app, world, session, path):
    session.commit()
    headers = ask(app, "sparkle.sergio.test", path).headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Strict-Transport-Security"].startswith("max-age=63072000")
    assert headers["Referrer-Policy"] in ("same-origin", "no-referrer")
    assert re.fullmatch("[0-9a-f]{12}", headers["X-Request-Id"])


@pytest.mark.parametrize(
    "path", ["/no/such/page", "/static/no.css", "/up", "/", "/portal/", "/portal/quotes", "/brand.css/"]
)
def test_responses_are_not_cached_by_default(app, world, session, path):
    session.commit()
    assert ask(app, "sparkle.sergio.test", path).headers["Cache-Control"] == "no-store"
    assert ask(app, "nobody.sergio.test", path).headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("status", [429, 503])
def test_a_429_or_503_says_when_to_try_again(app, world, session, monkeypatch, status):
    session.commit()
    monkeypatch.setitem(app.view_functions, "portal.auth.sign_in", lambda: abort(status))
    response = ask(app, "sparkle.sergio.test")
    assert response.status_code == status
    assert int(response.headers["Retry-After"]) > 0


def test_a_bug_shows_an_id_and_no_trace(app, world, session, monkeypatch):
    session.commit()

    def broken():
        raise RuntimeError("the secret detail")

    monkeypatch.setitem(app.view_functions, "portal.auth.sign_in", broken)
    response = ask(app, "sparkle.sergio.test")
    assert response.status_code == 500
    assert response.headers["X-Request-Id"] in response.text
    assert "secret detail" not in response.text
    assert "Traceback" not in response.text


def test_a_page_for_htmx_that_fails_is_the_same_plain_page(app, world, session):
    session.commit()
    response = ask(app, "sparkle.sergio.test", "/no/such/page", headers={"HX-Request": "true"})
    assert response.status_code == 404
    assert response.headers["X-Request-Id"] in response.text


def test_a_wrong_method_and_a_body_too_large_have_pages_too(app, world, session, visitor):
    session.commit()
    browser = visitor(world.sparkle)
    assert browser.post("/up").status_code == 405
    assert browser.post("/portal/sign-in", {"email": "x" * 5_000_000}).status_code == 413


def test_a_refusal_is_shown_on_the_page_the_person_came_from(app, world, visitor, monkeypatch):
    browser = visitor(world.sparkle)

    def refuse():
        raise Refused("That is not possible today.")

    monkeypatch.setitem(app.view_functions, "portal.auth.sign_in", refuse)
    origin = "https://sparkle.sergio.test"
    asked = browser.get("/portal/sign-in", headers={"Referer": f"{origin}/portal/quotes?page=2"})
    assert (asked.status_code, asked.location) == (303, "/portal/quotes?page=2")
    itself = browser.get("/portal/sign-in", headers={"Referer": f"{origin}/portal/sign-in"})
    assert itself.location == "/portal/"
    foreign = browser.get("/portal/sign-in", headers={"Referer": "https://evil.example/portal/quotes"})
    assert foreign.location == "/portal/"


def test_pages_are_compressed_and_never_cached(app, world, session):
    session.commit()
    response = ask(app, "sparkle.sergio.test", headers={"Accept-Encoding": "gzip"})
    assert b"<!doctype html>" in gzip.decompress(response.data).lower()
    assert response.headers["Cache-Control"] == "no-store"
    assert {"HX-Request", "Accept-Encoding"} <= set(response.vary)


def test_a_static_file_is_cached_for_a_year_only_with_its_fingerprint(app):
    url = asset("app.css")
    kept = ask(app, "sergio.test", url, headers={"Accept-Encoding": "br"})
    assert "immutable" in kept.headers["Cache-Control"]
    assert kept.headers["Content-Encoding"] == "br"
    for other in (url.partition("?")[0], url + "0", "/static/app.css?v=", "/static/app.css?v=x&v=y"):
        assert ask(app, "sergio.test", other).headers["Cache-Control"] == "public, max-age=300", other


@pytest.mark.parametrize("name", ["../config.py", "..%2fconfig.py", "%2e%2e/config.py", "css", "no.css", "css/../../x"])
def test_only_static_files_can_be_fetched_as_static(app, name):
    assert ask(app, "sergio.test", f"/static/{name}").status_code in (308, 404)


def test_the_company_colors_are_a_separate_stylesheet(app, world, session):
    session.commit()
    response = ask(app, "sparkle.sergio.test", "/brand.css")
    assert "--brand" in response.text
    assert ask(app, "sergio.test", "/brand.css").status_code == 404


def test_the_company_colors_are_cached_for_a_year_only_with_their_fingerprint(app, world, session):
    session.commit()
    page = ask(app, "sparkle.sergio.test", "/portal/sign-in").text
    url = re.search(r'"(/brand\.css\?v=\w+)"', page)[1]
    kept = [ask(app, "sparkle.sergio.test", path).headers["Cache-Control"] for path in (url, "/brand.css?v=other")]
    assert "immutable" in kept[0]
    assert sorted(kept[1].split(", ")) == ["max-age=300", "private"]


def test_a_company_on_the_free_plan_shows_a_neutral_page(visitor, world):
    response = visitor(world.solo).get("/portal/")
    assert response.status_code == 200
    assert "Solo Gardening" in response.text
    assert "upgrade" not in response.text.lower()
