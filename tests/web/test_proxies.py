"""Behind proxies: IP address, scheme and host are those that trusted proxies added, and no others."""

import pytest
from flask import Flask, jsonify, request
from sqlalchemy import select

from sergio.auth.models import SignIn
from sergio.jobs import worker
from sergio.jobs.models import Job
from sergio.outbox.models import OutgoingEmail
from sergio.web import proxies
from sergio.web.proxies import client_network
from tests.browser import newest, read_email, taken
from tests.quotes.builders import acceptance, sent


@pytest.fixture
def seen():
    """`seen(hops, headers)`: address, scheme and host of a request from the proxy 10.0.0.1, as views see them."""

    def ask(hops: int, headers: dict):
        app = Flask("seen")
        proxies.init_app(app, hops)
        app.add_url_rule("/", "look", lambda: jsonify([request.remote_addr, request.scheme, request.host]))
        facts = {"base_url": "http://sparkle.sergio.test/", "environ_base": {"REMOTE_ADDR": "10.0.0.1"}}
        return app.test_client().get("/", headers=headers, **facts).json

    return ask


FORWARDED = {"X-Forwarded-For": "192.0.2.7", "X-Forwarded-Proto": "https", "X-Forwarded-Host": "rival.sergio.test"}


def test_without_proxies_forwarded_headers_change_nothing(seen):
    assert seen(0, FORWARDED) == ["10.0.0.1", "http", "sparkle.sergio.test"]


def test_one_proxy_is_trusted(seen):
    assert seen(1, FORWARDED) == ["192.0.2.7", "https", "rival.sergio.test"]


@pytest.mark.parametrize(
    ("hops", "forwarded", "address"),
    [
        (1, "6.6.6.6, 192.0.2.7", "192.0.2.7"),
        (2, "6.6.6.6, 192.0.2.7, 10.0.0.2", "192.0.2.7"),
        (2, "192.0.2.7", "10.0.0.1"),
        (1, "", "10.0.0.1"),
        (1, "192.0.2.7:41234", "192.0.2.7"),
        (1, "2001:db8::7", "2001:db8::7"),
        (1, "[2001:db8::7]:41234", "2001:db8::7"),
        (1, '"[2001:db8::7]"', "2001:db8::7"),
        (1, "::ffff:192.0.2.7", "192.0.2.7"),
        (1, "fe80::1%eth0", "fe80::1"),
        (1, "unknown", "10.0.0.1"),
        (1, "192.0.2.7, <script>", "10.0.0.1"),
        (1, "999.1.1.1", "10.0.0.1"),
    ],
)
def test_only_what_trusted_proxies_added_counts(seen, hops, forwarded, address):
    assert seen(hops, {"X-Forwarded-For": forwarded})[0] == address


def test_a_forged_scheme_or_host_further_left_is_ignored(seen):
    forged = {"X-Forwarded-Proto": "http, https", "X-Forwarded-Host": "rival.sergio.test, sparkle.sergio.test"}
    assert seen(1, forged)[1:] == ["https", "sparkle.sergio.test"]
    assert seen(3, forged)[1:] == ["http", "sparkle.sergio.test"]
    assert seen(1, {"X-Forwarded-Proto": "javascript"})[1] == "http"


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("192.0.2.8", "192.0.2.8"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::", "2001:db8:1:3::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", "unknown"),
        (None, "unknown"),
        ("unix:", "unknown"),
        ("x" * 10_000, "unknown"),
        ("1:2:3", "unknown"),
    ],
)
def test_a_client_is_an_ipv4_address_or_an_ipv6_network(address, network):
    assert client_network(address) == network


@pytest.fixture
def behind_a_proxy(app, monkeypatch):
    """The app of this test behind one proxy."""
    monkeypatch.setattr(app, "wsgi_app", app.wsgi_app)
    proxies.init_app(app, 1)


def test_evidence_and_devices_have_the_persons_ip_address(behind_a_proxy, app, visitor, sparkle, ana, session):
    quote = sent(ana)
    browser = visitor(sparkle)
    person = {"X-Forwarded-For": "6.6.6.6, 192.0.2.7:4711"}
    browser.post("/portal/sign-in", {"email": ana.email})
    browser.get(read_email(app).link, headers=person)
    assert browser.post("/portal/quotes/1/acceptance", acceptance(quote), headers=person).status_code == 303
    session.rollback()
    session.refresh(quote)
    assert (quote.acceptance.ip_address, session.scalars(select(SignIn.ip_address)).one()) == ("192.0.2.7", "192.0.2.7")


def test_links_in_emails_have_the_stored_host(behind_a_proxy, visitor, sparkle, ana, session):
    odd = {"X-Forwarded-Host": "SPARKLE.Sergio.TEST", "X-Forwarded-Proto": "http"}
    assert visitor(sparkle).post("/portal/sign-in", {"email": ana.email}, headers=odd).status_code == 303
    session.rollback()
    worker.run(taken(newest(Job, name="auth.send_link")))
    assert "https://sparkle.sergio.test/portal/sign-in/" in newest(OutgoingEmail).text
