"""Limits: each at its number, for its own company and client, with a plain page and the seconds to wait."""

from datetime import timedelta
from threading import Thread

import pytest
import time_machine
from sqlalchemy import func, select

from sergio.audit.actor import BY_SYSTEM
from sergio.auth.jobs import delete_expired
from sergio.auth.models import ApiToken
from sergio.extensions import db
from sergio.lib import clock
from sergio.web.limits import RateLimitWindow

ASK = "/portal/sign-in"


@pytest.fixture
def ask(visitor):
    """`ask(company, times, address)`: the statuses of that many requests for a link from an IP address."""

    def ask(company, times=41, address="192.0.2.7"):
        browser = visitor(company)
        token = browser.csrf_token()
        origin = {"REMOTE_ADDR": address}
        responses = [
            browser.post(ASK, {"csrf_token": token, "email": f"a{n}@example.com"}, environ_overrides=origin)
            for n in range(times)
        ]
        return [response.status_code for response in responses].count(303)

    return ask


@pytest.fixture
def storage(app):
    """The storage of the limits, in an app context."""
    with app.app_context():
        yield app.extensions["limits"].storage


def test_a_flood_at_one_company_uses_up_nothing_at_another(ask, sparkle, rival):
    assert [ask(sparkle), ask(sparkle, 1), ask(rival, 1)] == [40, 0, 1]


def test_an_ipv6_network_is_one_client(ask, sparkle):
    assert ask(sparkle, 40, "2001:db8:1:2::1") == 40
    assert ask(sparkle, 1, "2001:db8:1:2:ffff::9") == 0
    assert ask(sparkle, 1, "2001:db8:1:3::1") == 1


def test_a_429_says_when_to_try_again(visitor, ask, sparkle):
    ask(sparkle, 40, "127.0.0.1")
    response = visitor(sparkle).post(ASK, {"email": "ana@example.com"})
    assert response.status_code == 429
    assert "Try again in a few minutes." in response.text
    assert 0 < int(response.headers["Retry-After"]) <= 61
    with time_machine.travel(clock.now() + timedelta(seconds=int(response.headers["Retry-After"]) + 1), tick=False):
        assert visitor(sparkle).post(ASK, {"email": "ana@example.com"}).status_code == 303


def test_a_refused_request_writes_nothing(visitor, ask, sparkle, statements):
    ask(sparkle, 40, "127.0.0.1")
    browser = visitor(sparkle)
    token = browser.csrf_token()
    with statements() as seen:
        assert browser.post(ASK, {"email": "ana@example.com", "csrf_token": token}).status_code == 429
    assert not [statement for statement in seen if not statement.startswith("SELECT")]


def test_links_and_codes_have_their_own_limits(visitor, sparkle):
    browser = visitor(sparkle)
    token = {"csrf_token": browser.csrf_token()}
    for path in (f"{ASK}/none", f"{ASK}/code"):
        responses = [browser.post(path, {**token, "code": "ABCDEFGH"}).status_code for _ in range(41)]
        assert [status == 429 for status in responses] == [False] * 40 + [True]
    assert browser.post(ASK, {**token, "email": "ana@example.com"}).status_code == 303


def test_places_are_counted_for_each_contact(browser_of, ana, ben, session):
    statuses = {}
    for person in (ana, ben):
        browser = browser_of(person)
        token = {"csrf_token": browser.csrf_token()}
        times = 61 if person is ana else 1
        statuses[person] = [browser.post("/portal/book/place?service=1", token).status_code for _ in range(times)]
    assert statuses[ana] == [404] * 60 + [429]
    assert statuses[ben] == [404]


def test_the_api_is_counted_for_each_token_and_without_one_for_each_network(app, sparkle, session):
    tokens = [ApiToken.make(sparkle, name, by=BY_SYSTEM, now=clock.now()) for name in ("books", "shop")]
    session.add_all(row for row, _secret in tokens)
    session.commit()

    def ask(secret: str, times: int) -> list[int]:
        headers = {"Authorization": f"Bearer {secret}"}
        client = app.test_client()
        base = "https://sparkle.sergio.test/"
        return [client.get("/api/v1/invoices", base_url=base, headers=headers).status_code for _ in range(times)]

    assert ask("guess", 121) == [401] * 120 + [429]
    books, shop = (secret for _row, secret in tokens)
    assert ask(books, 121) == [200] * 120 + [429]
    assert ask(shop, 1) == [200]
    response = app.test_client().get("/api/v1/invoices", base_url="https://sparkle.sergio.test/")
    assert response.json.keys() == {"error", "request_id"}
    assert int(response.headers["Retry-After"]) > 0


def test_a_window_ends_and_a_new_one_begins(storage):
    start = clock.now()
    with time_machine.travel(start, tick=False):
        assert [storage.incr("key", 60) for _ in range(3)] == [1, 2, 3]
        assert storage.get_expiry("key") == pytest.approx((start + timedelta(seconds=60)).timestamp())
    with time_machine.travel(start + timedelta(seconds=60), tick=False):
        assert (storage.get("key"), storage.incr("key", 60)) == (0, 1)


def test_concurrent_threads_count_every_hit(app, storage):
    def hits():
        with app.app_context():
            for _ in range(10):
                storage.incr("key", 60)

    threads = [Thread(target=hits) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert storage.get("key") == 80


def test_keys_are_cleared_one_by_one_or_all(storage):
    for key in ("one", "two", "three"):
        storage.incr(key, 60)
    storage.clear("one")
    assert (storage.get("one"), storage.get("two"), storage.check()) == (0, 1, True)
    assert storage.reset() == 2
    db.session.rollback()  # reads again
    assert storage.get("two") == 0


def test_only_digests_are_stored_and_only_until_they_expire(storage, session):
    storage.incr("192.0.2.7", 60)
    storage.incr("later", 3600)
    assert all(len(row.key) == 64 for row in session.scalars(select(RateLimitWindow)))
    session.rollback()
    with time_machine.travel(clock.now() + timedelta(minutes=2)):
        delete_expired()
        session.commit()
    assert db.session.scalar(select(func.count()).select_from(RateLimitWindow)) == 1
