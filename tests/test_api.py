"""The API: a token opens its own company, and nothing else opens anything."""

import pytest

from sergio import seeds
from sergio.auth.api_tokens import ApiToken
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
    row, secret = ApiToken.make(world.sparkle, "books")
    session.add(row)
    session.commit()
    return secret


def test_a_token_reads_its_companys_invoices(ask, secret):
    answer = ask(secret)
    assert answer.status_code == 200
    (invoice,) = answer.json["invoices"]
    assert (invoice["number"], invoice["total"], invoice["status"]) == (1, 30_595, "open")
    assert ask(secret, path="/api/v1/invoices?after=1").json == {"invoices": []}


@pytest.mark.parametrize("wrong", ["", "guess", "x" * 43])
def test_without_a_live_token_there_is_nothing(ask, secret, wrong):
    answer = ask(wrong)
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert "token" in answer.json["error"]


def test_a_token_opens_no_other_company(ask, secret):
    assert ask(secret, "rival").status_code == 401


def test_a_revoked_token_is_dead_at_once(ask, secret, session):
    session.scalar(ApiToken.matching(secret)).revoked_at = clock.now()
    session.commit()
    assert ask(secret).status_code == 401


def test_a_signed_in_browser_is_nobody_here(world, browser_of, secret):
    assert browser_of(world.olga).get("/api/v1/invoices").status_code == 401


def test_the_secret_is_not_in_the_database(secret, session):
    row = session.scalar(ApiToken.matching(secret))
    assert secret not in (row.digest, row.name)
