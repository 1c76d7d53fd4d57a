"""Before a request: the body is read before a connection opens, and the host is normalized."""

import io

import pytest
from flask import request
from sqlalchemy import update

from sergio.companies.models import Company
from sergio.config import Config
from sergio.extensions import db
from sergio.web.request import allow_writing, forbid_writing, largest_body_at, normalize_host

HERE = "https://sparkle.sergio.test"


class Unread(io.BytesIO):
    """A body that notes how many database connections are in use while it is read."""

    def __init__(self, body: bytes, engines):
        super().__init__(body)
        self.engines = engines
        self.in_use = []

    def readable(self):
        return True

    def _note(self):
        self.in_use.append(sum(engine.pool.checkedout() for engine in self.engines))

    def read(self, *args):
        self._note()
        return super().read(*args)

    def readinto(self, buffer):
        self._note()
        return super().readinto(buffer)


def test_nothing_is_opened_while_a_body_arrives(app, world, session, visitor, sparkle):
    browser = visitor(sparkle)
    form = f"email=ana%40example.com&csrf_token={browser.csrf_token()}".encode()
    session.remove()
    body = Unread(form, list(db.engines.values()))
    response = browser.client.post(
        "/portal/sign-in",
        base_url=HERE,
        headers={"Origin": HERE, "Content-Type": "application/x-www-form-urlencoded"},
        input_stream=body,
        content_length=len(form),
    )
    assert response.status_code == 303
    assert body.in_use
    assert set(body.in_use) == {0}


def ask(app, host, path="/portal/sign-in", scheme="https", **kwargs):
    """The proxy in front may speak http to us, whatever the browser speaks: the Host is sent as it stands."""
    environ = {"HTTP_HOST": host, "wsgi.url_scheme": scheme}
    return app.test_client().open(path, environ_overrides=environ, **kwargs)


@pytest.mark.parametrize("scheme", ["https", "http"])
@pytest.mark.parametrize("host", ["sparkle.sergio.test", "sparkle.sergio.test:443", "SPARKLE.sergio.test:443"])
def test_a_host_with_the_default_port_is_the_same_host(app, world, session, host, scheme):
    session.commit()
    assert "Sparkle" in ask(app, host, scheme=scheme).text


@pytest.mark.parametrize(
    ("scheme", "given"), [("https", "A.test"), ("https", "a.test:443"), ("http", "a.test:80"), ("http", "a.TEST:80")]
)
def test_a_host_is_normalized(app, scheme, given):
    with app.test_request_context(environ_overrides={"HTTP_HOST": given}):
        normalize_host(Config(scheme=scheme))
        assert request.host == "a.test"


@pytest.mark.parametrize("host", ["sparkle.sergio.test:80", "sparkle.sergio.test:8443"])
def test_any_other_port_is_another_host(app, world, session, host):
    session.commit()
    assert ask(app, host).status_code == 404


def test_a_form_is_our_own_whether_or_not_the_host_has_its_port(app, world, visitor, sparkle):
    browser = visitor(sparkle)
    form = {"email": "ana@example.com", "csrf_token": browser.csrf_token()}
    response = browser.client.post(
        "/portal/sign-in",
        base_url=HERE,
        data=form,
        headers={"Origin": HERE},
        environ_overrides={"HTTP_HOST": "sparkle.sergio.test:443", "wsgi.url_scheme": "http"},
    )
    assert response.status_code == 303


@pytest.mark.parametrize(("length", "status"), [(900_000, 422), (1_100_000, 413)])
def test_a_form_larger_than_any_of_ours_is_not_parsed(app, world, session, visitor, sparkle, length, status):
    page = visitor(sparkle).post("/portal/sign-in", data={"email": "a" * length})
    assert page.status_code == status


def test_only_photos_attachments_and_files_to_import_may_be_large(app):
    megabyte = 1024 * 1024
    assert largest_body_at(app, "POST", "/office/customers/import") == 6 * megabyte
    assert largest_body_at(app, "POST", "/office/quotes/7/attachments") == 11 * megabyte
    assert largest_body_at(app, "POST", "/office/schedule/7/photos") == 16 * megabyte
    for method, path in (("POST", "/office/schedule/7/notes"), ("GET", "/office/schedule/7/photos"), ("POST", "/x")):
        assert largest_body_at(app, method, path) == 4 * megabyte


def rename_company() -> str:
    """A view that writes."""
    db.session.execute(update(Company).where(Company.subdomain == "sparkle").values(name="Renamed"))
    db.session.commit()
    return "done"


def rename_after_all() -> str:
    allow_writing()
    return rename_company()


def rename_all_the_same() -> str:
    forbid_writing()
    return rename_company()


@pytest.mark.parametrize(("view", "status"), [(rename_company, 500), (rename_after_all, 200)])
def test_a_get_writes_only_after_allow_writing(app, visitor, sparkle, monkeypatch, view, status):
    browser = visitor(sparkle)
    monkeypatch.setitem(app.view_functions, "portal.auth.sign_in", view)
    assert browser.get("/portal/sign-in").status_code == status


@pytest.mark.parametrize(("view", "status"), [(rename_company, 200), (rename_all_the_same, 503)])
def test_a_post_writes_unless_it_is_forbidden(app, visitor, sparkle, monkeypatch, view, status):
    browser = visitor(sparkle)
    monkeypatch.setitem(app.view_functions, "portal.auth.request_link", view)
    assert browser.post("/portal/sign-in").status_code == status
