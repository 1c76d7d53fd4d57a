"""The widget asks for a sign-in link from any website: the same answer for every address, within the limits."""

from contextvars import Context

import pytest
from sqlalchemy import func, select

from sergio.auth.models import MagicLink, SignIn
from sergio.auth.ways import WIDGET, way_in
from tests.browser import read_email, settle

PATH = "/portal/widget/link"
SITE = {"Origin": "https://www.sparkle.example", "Sec-Fetch-Site": "cross-site"}


@pytest.fixture
def ask(visitor, sparkle):
    """`ask(email)`: the answer to a page of another website."""
    site = visitor(sparkle)

    def post(email, path=PATH):
        settle()
        facts = {"base_url": site.base_url, "data": {"email": email}, "headers": SITE}
        return Context().run(site.client.post, path, **facts)  # apart from the test's own context, as `Browser`

    return post


def test_the_answer_is_the_same_for_every_address(ask, ana, session, work, outbox):
    known, unknown = ask("ana@example.com"), ask("nobody@example.com")
    assert known.status_code == unknown.status_code == 202
    assert known.get_data() == unknown.get_data()
    assert {*known.headers.keys()} == {*unknown.headers.keys()}
    assert known.headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in known.headers
    assert "Set-Cookie" not in known.headers
    work()
    assert len(outbox.subjects) == 1


def test_the_link_signs_nobody_in_without_a_press(ask, ana, app, visitor, sparkle, session):
    ways = select(SignIn.way).where(SignIn.company_id == sparkle.id)
    ask("ana@example.com")
    browser = visitor(sparkle)
    link = read_email(app).link
    assert browser.get(link).status_code == 200
    assert session.scalars(ways).all() == []
    assert browser.post(link).location == "/portal/?from=widget"
    assert session.scalars(ways).all() == [WIDGET]


def test_a_bad_address_is_refused(ask):
    assert ask("ana@").status_code == 422
    assert ask("").headers["Access-Control-Allow-Origin"] == "*"


def test_a_mailbox_gets_no_more_than_from_the_sign_in_page(ask, ana, sparkle, session):
    for email in ("ana@example.com", "nobody@example.com"):
        assert [ask(email).status_code for _ in range(4)] == [202, 202, 202, 429]
    assert session.scalar(select(func.count()).where(MagicLink.company_id == sparkle.id)) == 6


def test_a_network_asks_no_more_than_at_the_sign_in_page(ask):
    answers = [ask("no address").status_code for _ in range(41)]
    assert set(answers[:40]) == {422}
    assert answers[40] == 429
    assert ask("no address").headers["Access-Control-Allow-Origin"] == "*"


def test_no_other_form_takes_requests_from_other_websites(ask):
    posted = ask("ana@example.com", "/portal/sign-in")
    assert posted.status_code == 403
    assert "Access-Control-Allow-Origin" not in posted.headers


def test_a_way_is_one_of_ours():
    assert way_in("/portal/?from=qr") == "qr"
    assert way_in("/portal/book?a=1&from=sms") == "sms"
    assert [way_in(path) for path in ("", "/portal/", "/portal/?from=evil", "/portal/?from=", "//[")] == [""] * 5


def test_the_mark_of_a_link_is_kept_on_the_sign_in(visitor, sparkle, ana, app, session):
    session.commit()
    browser = visitor(sparkle)
    sign_in = browser.get("/portal/?from=qr").location
    assert sign_in == "/portal/sign-in?next=/portal/?from%3Dqr"
    browser.get(sign_in)
    browser.post("/portal/sign-in", {"email": ana.email, "next": "/portal/?from=qr"})
    assert browser.get(read_email(app).link).location == "/portal/?from=qr"
    assert session.scalars(select(SignIn.way).where(SignIn.company_id == sparkle.id)).all() == ["qr"]
