"""The API: a token opens its own company, and nothing else opens anything."""

from urllib.parse import urlencode

import pytest

from sergio import seeds
from sergio.audit.actor import BY_SYSTEM
from sergio.auth.models import ApiToken
from sergio.lib import clock


@pytest.fixture
def ask(app):
    """ask(secret, subdomain): the invoices over the API."""

    def ask(secret: str, subdomain: str = "sparkle", path: str = "/api/v1/invoices"):
        headers = {"Authorization": f"Bearer {secret}"} if secret else {}
        return app.test_client().get(path, base_url=f"https://{subdomain}.sergio.test/", headers=headers)

    return ask


@pytest.fixture
def secret(world, session) -> str:
    """A token of Sparkle, which has one invoice."""
    seeds.bill(world.ana, "Deep clean", [("Deep clean", 29_000)], clock.now())
    row, secret = ApiToken.make(world.sparkle, "books", by=BY_SYSTEM, now=clock.now())
    session.add(row)
    session.commit()
    return secret


def test_a_token_reads_its_companys_invoices(ask, secret):
    response = ask(secret)
    assert response.status_code == 200
    (invoice,) = response.json["invoices"]
    assert (invoice["number"], invoice["total"], invoice["status"]) == (1, 30_595, "open")
    assert ask(secret, path="/api/v1/invoices?after=1").json == {"invoices": []}


@pytest.mark.parametrize("wrong", ["", "guess", "x" * 43])
def test_without_a_valid_token_it_is_a_401(ask, secret, wrong):
    response = ask(wrong)
    assert (response.status_code, response.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert "token" in response.json["error"]


def test_a_token_works_for_no_other_company(ask, secret):
    assert ask(secret, "rival").status_code == 401


def test_a_revoked_token_is_refused_at_once(ask, secret, session, sparkle):
    session.scalar(ApiToken.matching(sparkle, secret)).revoked_at = clock.now()
    session.commit()
    assert ask(secret).status_code == 401


def test_a_sign_in_does_not_open_the_api(world, browser_of, secret):
    assert browser_of(world.olga).get("/api/v1/invoices").status_code == 401


def test_the_secret_is_not_in_the_database(secret, session, sparkle):
    row = session.scalar(ApiToken.matching(sparkle, secret))
    assert secret not in (row.digest, row.name)


@pytest.mark.parametrize(
    "after", ["", "-1", "x", "1.0", "1_0", "٣", "²", "0x1", "\0", "2147483648", "9" * 20, "9" * 5000]
)
def test_an_impossible_number_gets_a_sentence(ask, secret, after):
    response = ask(secret, path=f"/api/v1/invoices?{urlencode({'after': after})}")
    assert response.status_code == 400
    assert "after" in response.json["error"]


@pytest.mark.parametrize("after", ["0", "007", "2147483647"])
def test_a_possible_number_is_accepted(ask, secret, after):
    response = ask(secret, path=f"/api/v1/invoices?after={after}")
    assert (response.status_code, len(response.json["invoices"])) == (200, int(after == "0"))


def is_plain(response) -> bool:
    """Whether an error is JSON, with its sentence and the id of its request."""
    said = response.json or {}
    return bool(said.get("error")) and said.get("request_id") == response.headers["X-Request-Id"]


@pytest.mark.parametrize(
    "path", ["/api", "/api/", "/api/v1", "/api/v1/nothing", "/api/v2/invoices", "/api/v1/invoices/x"]
)
def test_an_unknown_path_is_json_too(ask, secret, path):
    response = ask(secret, path=path)
    assert response.status_code == 404
    assert is_plain(response)


def test_every_other_error_is_json(app, ask, secret, monkeypatch):
    assert is_plain(ask("", "nobody"))
    assert is_plain(ask(""))
    base = "https://sparkle.sergio.test/"
    posted = app.test_client().post("/api/v1/invoices", base_url=base, headers={"Sec-Fetch-Site": "same-origin"})
    assert (posted.status_code, "GET" in posted.headers["Allow"], is_plain(posted)) == (405, True, True)
    assert is_plain(app.test_client().post("/api/v1/invoices", base_url=base))

    def broken():
        raise RuntimeError("the secret detail")

    monkeypatch.setitem(app.view_functions, "api.invoices.index", broken)
    response = ask(secret)
    assert (response.status_code, is_plain(response), "secret" in response.text) == (500, True, False)


def test_other_paths_keep_their_pages(ask):
    assert ask("", path="/apiary").mimetype == "text/html"
