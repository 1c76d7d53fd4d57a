"""The reverse proxy of deploy/nginx, started for real in front of two web processes."""

import ssl
import time
from contextlib import ExitStack
from pathlib import Path

import pytest
from sqlalchemy import select

from sergio.auth.models import SignIn
from tests.browser import read_email
from tests.faults.program import ROOT, Client, ask
from tests.faults.proxy import running_nginx
from tests.servers import needed

pytestmark = pytest.mark.usefixtures("one_database")

HALF = (
    b"POST /webhooks/stripe HTTP/1.1\r\nHost: sparkle.sergio.test\r\nContent-Type: application/json\r\n"
    b"Content-Length: 1000\r\n\r\n{"
)
FORGED = {
    "X-Forwarded-For": "203.0.113.9",
    "X-Forwarded-Host": "rival.sergio.test",
    "X-Forwarded-Proto": "http",
    "X-Forwarded-Port": "1",
    "X-Forwarded-Prefix": "/evil",
    "Forwarded": "for=203.0.113.9;host=rival.sergio.test;proto=http",
}


@pytest.fixture
def webs(serve):
    return [serve(proxies=1), serve(proxies=1)]


@pytest.fixture
def proxy(webs, tmp_path):
    upstream = (ROOT / "deploy/nginx/upstream.conf").read_text()
    for port, web in zip(("8001", "8002"), webs, strict=True):
        upstream = upstream.replace(port, str(web.port))
    with running_nginx(needed("nginx"), tmp_path / "nginx", upstream) as proxy:
        yield proxy


class ThroughProxy(Client):
    """A browser at the proxy, on a machine of its own: 127.0.0.2."""

    def __init__(self, proxy, host: str, cookies: dict | None = None):
        super().__init__(proxy.port, host, cookies)
        self.proxy = proxy

    def _send(self, method: str, path: str, **kwargs):
        return self.proxy.ask(method, path, self.host, source="127.0.0.2", **kwargs)


def test_a_customer_works_over_tls_1_3_whatever_a_request_forges(proxy, webs, world, client_of):
    with proxy.connect() as connection:
        assert connection.version() == "TLSv1.3"
    with pytest.raises(ssl.SSLError):
        proxy.connect(newest=ssl.TLSVersion.TLSv1_2)
    with pytest.raises(ssl.SSLError):
        proxy.connect("elsewhere.example")
    plain = ask(proxy.plain, "GET", "/portal/invoices/7?page=2", "sparkle.sergio.test")
    assert plain.status == 308
    assert plain.headers["Location"] == "https://sparkle.sergio.test/portal/invoices/7?page=2"

    ana = ThroughProxy(proxy, "sparkle.sergio.test", client_of(webs[0], world.ana).cookies)
    for headers in ({}, FORGED):
        home = ana.get("/portal/", headers=headers)
        assert "Good" in home.text
        assert home.headers.get_all("Strict-Transport-Security") == ["max-age=63072000; includeSubDomains"]
        assert "evil" not in home.text + str(home.headers)
        signing_in = proxy.ask("GET", "/portal/", headers=headers)
        assert signing_in.status == 303
        assert signing_in.headers["Location"].removeprefix("https://sparkle.sergio.test").startswith("/portal/sign-in")


def test_a_sign_in_keeps_the_address_of_the_person_and_not_a_forged_one(app, proxy, world, visitor, session):
    pytest.importorskip("sergio.web.proxies")
    visitor(world.sparkle).post("/portal/sign-in", {"email": world.ana.email})
    link = read_email(app).link
    ana = ThroughProxy(proxy, "sparkle.sergio.test")
    assert ana.get(link).status == 200
    assert ana.post(link, headers=FORGED).status == 303
    session.rollback()
    assert session.scalars(select(SignIn.ip_address).order_by(SignIn.id)).all()[-1] == "127.0.0.2"


def test_a_hundred_half_sent_bodies_block_nobody(proxy, webs, world):
    with ExitStack() as stack:
        for _ in range(100):
            stack.enter_context(proxy.connect()).sendall(HALF)
        started = time.monotonic()
        assert proxy.ask("GET", "/up").status == 200
        assert time.monotonic() - started < 1
        assert proxy.ask("GET", "/portal/sign-in").status == 200
        assert established(webs[0].port) + established(webs[1].port) < 10  # the rest wait in the proxy


def established(port: int) -> int:
    """How many connections are open at a port of this machine (proc(5), net/tcp; state 01)."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return sum(row[1].endswith(f":{port:04X}") and row[3] == "01" for row in rows)


def test_a_web_process_that_dies_costs_no_page_and_without_any_there_is_an_error_page(proxy, webs, world):
    webs[0].kill()
    assert [proxy.ask("GET", "/portal/sign-in").status for _ in range(10)] == [200] * 10
    webs[1].kill()
    response = proxy.ask("GET", "/portal/sign-in/needle-token?email=needle@example.com")
    assert (response.status, response.headers["Retry-After"]) == (503, "5")
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers.get_all("Strict-Transport-Security") == ["max-age=63072000; includeSubDomains"]
    assert "try again" in response.text
    assert "needle" not in proxy.written
