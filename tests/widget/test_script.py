"""/portal/widget.js and /portal/widget.<digest>.js: what other websites load."""

import gzip
import re
from base64 import b64encode
from hashlib import sha384

import pytest

from sergio.audit.actor import BY_SYSTEM
from sergio.companies.plans import FREE
from sergio.lib import clock
from sergio.widget import notes
from sergio.widget.models import MOST_HOSTS, WidgetHost
from sergio.widget.script import Script
from tests import factories

SITE = {"Origin": "https://www.sparkle.example"}


@pytest.fixture(autouse=True)
def nothing_noted():
    """As in a new process."""
    notes._noted.clear()


@pytest.fixture
def site(visitor, sparkle):
    """A browser that loads the script from a page of another website, without any cookie."""
    return visitor(sparkle)


def recolor(company, color: str):
    company.change_settings("changed_colors", {"brand": color}, by=BY_SYSTEM, at=clock.now())


def hosts(session) -> list[str]:
    session.rollback()
    return [host for host, _day in session.execute(WidgetHost.lately(factories.people().sparkle, clock.now())).all()]


def test_any_website_may_load_the_script(site):
    response = site.get("/portal/widget.js", headers=SITE)
    assert (response.status_code, response.mimetype) == (200, "text/javascript")
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert response.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert response.headers["Cache-Control"] == "public, max-age=3600"
    assert "Set-Cookie" not in response.headers
    assert '"https://sparkle.sergio.test/portal/"' in response.text


def test_it_is_small(site):
    response = site.get("/portal/widget.js", headers={"Accept-Encoding": "gzip"})
    assert response.content_encoding == "gzip"
    assert len(response.get_data()) < 4000
    assert "customElements.define" in gzip.decompress(response.get_data()).decode()


def test_its_cookies_and_those_of_a_preview_change_nothing(browser_of, ana, site):
    signed_in = browser_of(ana)
    response = signed_in.get("/portal/widget.js")
    assert "Set-Cookie" not in response.headers
    signed_in.client.set_cookie("__Host-preview", "none", domain=signed_in.host, secure=True)
    assert signed_in.get("/portal/widget.js").get_data() == site.get("/portal/widget.js").get_data()


def test_the_fixed_script_is_the_same_and_kept_for_a_year(site, sparkle):
    path = Script.of(sparkle).path
    response = site.get(path)
    assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert response.get_data() == site.get("/portal/widget.js").get_data()
    digest = b64encode(sha384(response.get_data()).digest()).decode()
    assert Script.of(sparkle).integrity == f"sha384-{digest}"


def test_the_name_changes_with_the_colors_and_the_old_script_stays(site, sparkle, session):
    path = Script.of(sparkle).path
    before = site.get(path).get_data()
    recolor(sparkle, "#8a1c5b")
    session.commit()
    assert Script.of(sparkle).path != path
    assert site.get(path).get_data() == before
    assert b"#8a1c5b" in site.get(Script.of(sparkle).path).get_data()


def test_a_script_that_was_never_served_is_not_found(site, rival, sparkle):
    never = site.get("/portal/widget.0123456789abcdef.js")
    assert (never.status_code, never.text, "Set-Cookie" in never.headers) == (404, "", False)
    assert site.get(Script.of(rival).path).status_code == 404
    assert site.get("/portal/widget.js.js").status_code == 404


def test_the_browser_asks_again_with_a_digest(site):
    first = site.get("/portal/widget.js")
    again = site.get("/portal/widget.js", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.get_data()) == (304, b"")


@pytest.mark.parametrize("path", ["/portal/widget.js", "/portal/widget.0123456789abcdef.js"])
def test_without_a_portal_there_is_no_script(site, sparkle, session, path):
    sparkle.plan = FREE
    session.commit()
    response = site.get(path, headers=SITE)
    assert response.mimetype == "text/html"
    assert "Access-Control-Allow-Origin" not in response.headers
    assert response.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    posted = site.client.post("/portal/widget/link", base_url=site.base_url, data={"email": "ana@example.com"})
    assert posted.mimetype == "text/html"


def test_no_name_of_a_company_is_read_as_script(sparkle):
    sparkle.subdomain = "sparkle"
    script = Script.of(sparkle).content
    assert "</script" not in script
    assert re.search(r'\{"__proto__":null,"brand":\["#[0-9a-f]{6}"', script)


def test_the_websites_are_noted_by_host_only(site, session):
    site.get("/portal/widget.js", headers=SITE)
    site.get("/portal/widget.js", headers={"Referer": "https://blog.example:8443/a?name=Ana"})
    site.get("/portal/widget.js", headers={"Referer": "https://sparkle.sergio.test/office/settings/widget"})
    assert hosts(session) == ["blog.example", "www.sparkle.example"]


@pytest.mark.parametrize("origin", ["null", "https://a b.example", "https://[::1", "https://<b>.example", "x" * 3000])
def test_what_is_no_host_is_not_noted(site, session, origin):
    assert site.get("/portal/widget.js", headers={"Origin": origin, "Referer": origin}).status_code == 200
    assert hosts(session) == []


def test_a_host_is_written_once_a_day(site, statements):
    site.get("/portal/widget.js", headers=SITE)
    with statements() as seen:
        site.get("/portal/widget.js", headers=SITE)
    assert not [sql for sql in seen if not sql.lstrip().startswith("SELECT")]


def test_made_up_hosts_fill_no_table(site, sparkle, session):
    today = clock.now().date()
    session.add_all(WidgetHost(company=sparkle, host=f"h{n}.example", seen_on=today) for n in range(MOST_HOSTS))
    session.commit()
    site.get("/portal/widget.js", headers=SITE)
    assert len(hosts(session)) == MOST_HOSTS
