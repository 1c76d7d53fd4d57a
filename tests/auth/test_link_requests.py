"""Requesting a link: one response for everybody, few emails to a mailbox, and never to the wrong one."""

import re
from datetime import timedelta
from threading import Barrier

import pytest
import time_machine
from sqlalchemy import func, select

from sergio.auth.models import MagicLink
from sergio.database import locks
from sergio.jobs.models import Job
from sergio.lib import clock
from sergio.outbox.models import OutgoingEmail
from tests import factories

ASK = "/portal/sign-in"


def same_but_for_nonces(response) -> str:
    """A response without nonces, times and rate limits, which differ anyway."""
    headers = [f"{name}: {value}" for name, value in response.headers if not name.startswith(("X-R", "Retry-After"))]
    text = re.sub(r'(csrf_token"[^>]*value="|"X-CSRFToken": ")[^"]+', r"\1", response.text)
    return "\n".join(
        [response.status, *re.sub(r"=[\w.-]{40,}|Expires=[^;]+", "", "\n".join(headers)).split("\n"), text]
    )


def links(session) -> int:
    session.rollback()
    return session.scalar(select(func.count()).select_from(MagicLink))


def test_the_email_goes_to_the_contact_of_this_company(visitor, sparkle, ana, work, outbox):
    response = visitor(sparkle).post(ASK, {"email": " ANA@example.com "}, follow_redirects=True)
    assert "If there's an account for ANA@example.com, we emailed a sign-in link." in response.text
    work()
    (message,) = outbox.emails
    assert (message.to, message.subject) == ("ana@example.com", "Sign in to Sparkle Cleaning")


@pytest.mark.parametrize("email", ["nobody@example.com", "cleo@example.com", "olga@sparkle.example"])
def test_an_unknown_address_gets_no_email(visitor, sparkle, world, work, outbox, email):
    visitor(sparkle).post(ASK, {"email": email})
    work()
    assert outbox.emails == []


def test_staff_request_a_link_at_the_office(visitor, sparkle, olga, work, outbox):
    visitor(sparkle).post("/office/sign-in", {"email": "olga@sparkle.example"})
    work()
    assert "/office/sign-in/" in outbox.emails[0].text or outbox.emails[0].sent_at


def test_a_contact_who_left_gets_no_email(visitor, sparkle, ana, work, outbox):
    ana.left_at = clock.now()
    visitor(sparkle).post(ASK, {"email": "ana@example.com"})
    work()
    assert outbox.emails == []


def test_a_look_alike_character_does_not_redirect_the_email_to_another_mailbox(visitor, sparkle, world, work, outbox):
    factories.contact(sparkle, "Mike", "mike@example.com")
    visitor(sparkle).post(ASK, {"email": "mi\u212ae@example.com"})
    work()
    assert {message.to for message in outbox.emails} <= {"mike@example.com"}


@pytest.mark.parametrize(
    ("email", "sentence"),
    [
        ("", "Enter your email address."),
        ("ana", "Enter a valid email address, such as name@example.com."),
        ("ana@@example.com", "Enter a valid email address"),
        ("a@b.example,c@d.example", "Enter a valid email address"),
        ("a@b.example\r\nBcc: c@d.example", "Enter a valid email address"),
        ("x" * 300 + "@example.com", "This is too long."),
        ("\0", "Enter a valid email address"),
    ],
)
def test_bad_input_gets_a_sentence_beside_the_field(visitor, sparkle, session, email, sentence):
    response = visitor(sparkle).post(ASK, {"email": email})
    assert response.status_code == 422
    assert re.search(rf'id="email-error" role="alert">.*{re.escape(sentence)}', response.text, re.DOTALL)
    assert links(session) == 0


def test_the_response_is_the_same_for_known_and_unknown(visitor, sparkle, ana, session, statements):
    responses = []
    for email in ("ana@example.com", "eve@example.com"):
        browser = visitor(sparkle)
        token = {"csrf_token": browser.csrf_token(), "email": email}
        with statements() as seen:
            sent = browser.post(ASK, token)
        page = browser.get("/portal/sign-in/sent")
        wrong = browser.post("/portal/sign-in/code", {"code": "ABCD-EFGH"})
        texts = [same_but_for_nonces(response) for response in (sent, page, wrong)]
        responses.append(("\n".join(texts).replace(email, ""), seen))
    assert responses[0] == responses[1]
    session.rollback()
    assert [len(job.args) for job in session.scalars(select(Job))] == [1, 1]


def test_the_response_is_the_same_when_there_were_too_many(visitor, sparkle, ana):
    responses = []
    for email in ("ana@example.com", "eve@example.com"):
        for _ in range(4):
            response = visitor(sparkle).post(ASK, {"email": email})
        responses.append(same_but_for_nonces(response).replace(email, ""))
    assert responses[0] == responses[1]
    assert responses[0].startswith("429")
    assert response.headers["Retry-After"] == "900"


def test_a_mailbox_gets_three_emails_in_fifteen_minutes_and_ten_a_day(visitor, sparkle, ana, session):
    at = clock.now()
    responses = []
    for minute in range(0, 24 * 60, 6):
        with time_machine.travel(at + timedelta(minutes=minute), tick=False):
            responses.append(visitor(sparkle).post(ASK, {"email": "ana@example.com"}).status_code)
    assert responses[:7] == [303, 303, 303, 303, 303, 303, 303]
    assert responses.count(303) == 10
    with time_machine.travel(at + timedelta(hours=24, minutes=1), tick=False):
        assert visitor(sparkle).post(ASK, {"email": "ana@example.com"}).status_code == 303


def test_all_spellings_of_a_mailbox_count_together(visitor, sparkle, session):
    spellings = ["Ana.Ruiz@gmail.com", "anaruiz+x@googlemail.com", "a.n.a.ruiz@GMAIL.com", "ANARUIZ@gmail.com"]
    responses = [visitor(sparkle).post(ASK, {"email": email}).status_code for email in spellings]
    assert responses == [303, 303, 303, 429]


def test_the_fourth_of_many_concurrent_requests_is_refused(visitor, sparkle, session, all_at_once):
    browsers = [visitor(sparkle) for _ in range(8)]
    responses = all_at_once(browsers, ASK, {"email": "ana@example.com"})
    assert sorted(response.status_code for response in responses) == [303] * 3 + [429] * 5
    assert links(session) == 3


def test_control_without_the_lock_too_many_are_accepted(app, visitor, sparkle, session, all_at_once, monkeypatch):
    if not app.config["SERGIO"].database_url:
        pytest.skip("SQLite's writers take turns anyway")
    together = Barrier(8)
    monkeypatch.setattr(locks, "lock_until_commit", lambda session, key: together.wait(10))
    all_at_once([visitor(sparkle) for _ in range(8)], ASK, {"email": "ana@example.com"})
    assert links(session) > 3


def test_requests_of_one_ip_address_are_limited(visitor, sparkle, session):
    browser = visitor(sparkle)
    token = browser.csrf_token()
    responses = [browser.post(ASK, {"email": f"a{n}@example.com", "csrf_token": token}) for n in range(41)]
    assert [response.status_code for response in responses] == [303] * 40 + [429]
    assert int(responses[-1].headers["Retry-After"]) > 0


def test_a_second_run_of_the_job_sends_no_second_email(app, visitor, sparkle, ana, work, session):
    visitor(sparkle).post(ASK, {"email": "ana@example.com"})
    work()
    session.add(Job(name="auth.send_link", args={"link_id": session.scalars(select(MagicLink.id)).one()}))
    session.commit()
    work()
    assert session.scalar(select(func.count()).select_from(OutgoingEmail)) == 1


def test_an_email_that_would_come_too_late_is_not_sent_and_the_office_can_see_it(visitor, sparkle, ana, work, outbox):
    visitor(sparkle).post(ASK, {"email": "ana@example.com"})
    with time_machine.travel(clock.now() + timedelta(minutes=15, seconds=1)):
        work()
    (message,) = outbox.emails
    assert (message.to, message.text, message.sent_at) == ("ana@example.com", "", None)
    assert message.refusal == "Not sent: it would have arrived too late."


def test_only_digests_are_stored(visitor, sparkle, ana, session, request_link):
    browser = visitor(sparkle)
    message = request_link(browser, "ana@example.com")
    link = session.scalars(select(MagicLink)).one()
    kept = str(vars(link))
    assert message.link.rpartition("/")[2] not in kept
    assert message.code.replace("-", "") not in kept
    assert browser.cookie("__Host-sign-in-request") not in kept


def test_the_free_plan_has_an_office_but_no_portal_to_sign_in_to(visitor, world, session):
    assert 'type="email"' not in visitor(world.solo).get("/portal/sign-in").text
    assert 'type="email"' in visitor(world.solo).get("/office/sign-in").text
