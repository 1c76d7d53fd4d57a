"""Asking for a link: one answer for everybody, few letters for a mailbox, and never a letter to the wrong one."""

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


def same_but_for_nonces(answer) -> str:
    """What a stranger can tell one answer from another by: all but nonces, instants and their own brake."""
    headers = [f"{name}: {value}" for name, value in answer.headers if not name.startswith(("X-R", "Retry-After"))]
    text = re.sub(r'(csrf_token"[^>]*value="|"X-CSRFToken": ")[^"]+', r"\1", answer.text)
    return "\n".join([answer.status, *re.sub(r"=[\w.-]{40,}|Expires=[^;]+", "", "\n".join(headers)).split("\n"), text])


def links(session) -> int:
    session.rollback()
    return session.scalar(select(func.count()).select_from(MagicLink))


def test_the_email_goes_to_the_contact_of_this_company(visitor, sparkle, ana, work, outbox):
    answer = visitor(sparkle).post(ASK, {"email": " ANA@example.com "}, follow_redirects=True)
    assert "If there's an account for ANA@example.com, we emailed a sign-in link." in answer.text
    work()
    (letter,) = outbox.letters
    assert (letter.to, letter.subject) == ("ana@example.com", "Sign in to Sparkle Cleaning")


@pytest.mark.parametrize("email", ["nobody@example.com", "cleo@example.com", "olga@sparkle.example"])
def test_an_unknown_address_gets_no_email(visitor, sparkle, world, work, outbox, email):
    visitor(sparkle).post(ASK, {"email": email})
    work()
    assert outbox.letters == []


def test_staff_request_a_link_at_the_office(visitor, sparkle, olga, work, outbox):
    visitor(sparkle).post("/office/sign-in", {"email": "olga@sparkle.example"})
    work()
    assert "/office/sign-in/" in outbox.letters[0].text or outbox.letters[0].sent_at


def test_a_contact_who_left_gets_no_email(visitor, sparkle, ana, work, outbox):
    ana.left_at = clock.now()
    visitor(sparkle).post(ASK, {"email": "ana@example.com"})
    work()
    assert outbox.letters == []


def test_a_look_alike_character_does_not_redirect_the_email_to_another_mailbox(visitor, sparkle, world, work, outbox):
    factories.contact(sparkle, "Mike", "mike@example.com")
    visitor(sparkle).post(ASK, {"email": "mi\u212ae@example.com"})
    work()
    assert {letter.to for letter in outbox.letters} <= {"mike@example.com"}


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
    answer = visitor(sparkle).post(ASK, {"email": email})
    assert answer.status_code == 422
    assert re.search(rf'id="email-error" role="alert">.*{re.escape(sentence)}', answer.text, re.DOTALL)
    assert links(session) == 0


def test_the_response_is_the_same_for_known_and_unknown(visitor, sparkle, ana, session, statements):
    told = []
    for email in ("ana@example.com", "eve@example.com"):
        browser = visitor(sparkle)
        token = {"csrf_token": browser.csrf_token(), "email": email}
        with statements() as seen:
            asked = browser.post(ASK, token)
        page = browser.get("/portal/sign-in/sent")
        wrong = browser.post("/portal/sign-in/code", {"code": "ABCD-EFGH"})
        texts = [same_but_for_nonces(answer) for answer in (asked, page, wrong)]
        told.append(("\n".join(texts).replace(email, ""), seen))
    assert told[0] == told[1]
    session.rollback()
    assert [len(job.args) for job in session.scalars(select(Job))] == [1, 1]


def test_the_response_is_the_same_when_there_were_too_many(visitor, sparkle, ana):
    told = []
    for email in ("ana@example.com", "eve@example.com"):
        for _ in range(4):
            answer = visitor(sparkle).post(ASK, {"email": email})
        told.append(same_but_for_nonces(answer).replace(email, ""))
    assert told[0] == told[1]
    assert told[0].startswith("429")
    assert answer.headers["Retry-After"] == "900"


def test_a_mailbox_gets_three_emails_in_fifteen_minutes_and_ten_a_day(visitor, sparkle, ana, session):
    at = clock.now()
    answers = []
    for minute in range(0, 24 * 60, 6):
        with time_machine.travel(at + timedelta(minutes=minute), tick=False):
            answers.append(visitor(sparkle).post(ASK, {"email": "ana@example.com"}).status_code)
    assert answers[:7] == [303, 303, 303, 303, 303, 303, 303]
    assert answers.count(303) == 10
    with time_machine.travel(at + timedelta(hours=24, minutes=1), tick=False):
        assert visitor(sparkle).post(ASK, {"email": "ana@example.com"}).status_code == 303


def test_all_spellings_of_a_mailbox_count_together(visitor, sparkle, session):
    spellings = ["Ana.Ruiz@gmail.com", "anaruiz+x@googlemail.com", "a.n.a.ruiz@GMAIL.com", "ANARUIZ@gmail.com"]
    answers = [visitor(sparkle).post(ASK, {"email": email}).status_code for email in spellings]
    assert answers == [303, 303, 303, 429]


def test_the_fourth_of_many_concurrent_requests_is_refused(visitor, sparkle, session, all_at_once):
    browsers = [visitor(sparkle) for _ in range(8)]
    answers = all_at_once(browsers, ASK, {"email": "ana@example.com"})
    assert sorted(answer.status_code for answer in answers) == [303] * 3 + [429] * 5
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
    answers = [browser.post(ASK, {"email": f"a{n}@example.com", "csrf_token": token}) for n in range(41)]
    assert [answer.status_code for answer in answers] == [303] * 40 + [429]
    assert int(answers[-1].headers["Retry-After"]) > 0


def test_a_second_run_of_the_job_sends_no_second_email(app, visitor, sparkle, ana, work, session):
    visitor(sparkle).post(ASK, {"email": "ana@example.com"})
    work()
    session.add(Job(name="auth.send_link", args={"link_id": session.scalars(select(MagicLink.id)).one()}))
    session.commit()
    work()
    assert session.scalar(select(func.count()).select_from(OutgoingEmail)) == 1


def test_an_email_that_would_come_too_late_is_not_sent_and_the_office_can_see_it(
    visitor, sparkle, ana, work, outbox
):
    visitor(sparkle).post(ASK, {"email": "ana@example.com"})
    with time_machine.travel(clock.now() + timedelta(minutes=15, seconds=1)):
        work()
    (letter,) = outbox.letters
    assert (letter.to, letter.text, letter.sent_at) == ("ana@example.com", "", None)
    assert letter.refusal == "Not sent: it would have arrived too late."


def test_only_digests_are_stored(visitor, sparkle, ana, session, ask):
    browser = visitor(sparkle)
    letter = ask(browser, "ana@example.com")
    link = session.scalars(select(MagicLink)).one()
    kept = str(vars(link))
    assert letter.link.rpartition("/")[2] not in kept
    assert letter.code.replace("-", "") not in kept
    assert browser.cookie("__Host-asking") not in kept


def test_the_free_plan_has_an_office_but_no_portal_to_sign_in_to(visitor, world, session):
    assert 'type="email"' not in visitor(world.solo).get("/portal/sign-in").text
    assert 'type="email"' in visitor(world.solo).get("/office/sign-in").text
