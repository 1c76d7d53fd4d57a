"""The page of failed emails and jobs: who sees it, who may retry or discard, and what happens then."""

import pytest
from sqlalchemy import select

from sergio import outbox
from sergio.audit.actor import STAFF, Actor
from sergio.audit.models import AuditEntry
from sergio.extensions import db
from sergio.jobs.models import Job
from sergio.lib import clock
from sergio.outbox.models import OutgoingEmail
from sergio.outbox.wording import Words
from tests import factories

PAGE = "/office/problems"


def refused(company, to="ana@example.com", **more) -> OutgoingEmail:
    facts = {"words": Words("Quote 3", "Hello"), "link": "x", "code": "x", "until": clock.now()}
    email = outbox.send(company, to, "auth/email/sign_in", "Quote 3", **facts, **more)
    job_of(email).finish(clock.now())
    email.mark_refused("550 no such user", clock.now())
    db.session.flush()
    return email


def job_of(email) -> Job:
    jobs_of_email = select(Job).where(Job.args["email_id"].as_integer() == email.id).order_by(Job.id.desc())
    return db.session.scalars(jobs_of_email).first()


def given_up(name="payments.check", company=None, **args) -> Job:
    job = factories.job(name, company=company, **args)
    job.failed_at = clock.now()
    job.error = "Unavailable: Stripe took too long."
    db.session.flush()
    return job


def page_of(browser) -> str:
    response = browser.get(PAGE)
    assert response.status_code == 200
    return " ".join(response.text.split())


@pytest.fixture
def olgas(browser_of, olga):
    return browser_of(olga)


def test_it_says_what_failed_to_whom_and_why(olgas, sparkle):
    refused(sparkle)
    given_up(company=sparkle, attempt_id=1)
    page = page_of(olgas)
    for words in ("Quote 3", "Email to ana@example.com", "550 no such user", "Checking a card payment in Stripe"):
        assert words in page
    assert "Stripe took too long." in page
    assert "payments.check" not in page
    assert "Unavailable" not in page


def test_a_filter_shows_only_the_emails_and_their_customers(olgas, sparkle, ana):
    refused(sparkle, customer=ana.customer)
    given_up(company=sparkle, attempt_id=1)
    page = " ".join(olgas.get(f"{PAGE}?show=emails").text.split())
    assert "550 no such user" in page
    assert "Checking a card payment in Stripe" not in page
    assert f'href="{ana.customer.office_path}"' in page
    assert 'href="/office/problems?show=emails" aria-current="page"' in page
    assert 'href="/office/problems" aria-current="page"' in page_of(olgas)


def test_without_problems_it_says_so(olgas):
    assert "No problems" in page_of(olgas)


def test_it_shows_nothing_of_a_rival_or_of_the_platform(olgas, rival):
    refused(rival)
    given_up(company=rival, attempt_id=1)
    given_up("jobs.delete_expired")
    assert "No problems" in page_of(olgas)


def test_an_email_is_tried_again(olgas, sparkle, work, session):
    email = refused(sparkle)
    assert olgas.post(f"{PAGE}/emails/{email.id}/retry").status_code == 303
    assert "No problems" in page_of(olgas)
    work()
    session.rollback()
    assert email.sent_at


def test_a_job_is_tried_again(olgas, sparkle, session):
    job = given_up(company=sparkle, attempt_id=1)
    assert olgas.post(f"{PAGE}/jobs/{job.id}/retry").status_code == 303
    session.rollback()
    assert (job.failed_at, job.attempts) == (None, 0)


def test_a_second_press_changes_nothing(olgas, sparkle, session):
    email = refused(sparkle)
    job = given_up(company=sparkle, attempt_id=1)
    for path in (f"emails/{email.id}", f"jobs/{job.id}"):
        for _ in range(2):
            assert olgas.post(f"{PAGE}/{path}/retry").status_code == 303
    deliveries = select(Job).where(Job.args["email_id"].as_integer() == email.id, Job.finished_at.is_(None))
    assert len(session.scalars(deliveries).all()) == 1


def test_a_discarded_problem_disappears_and_keeps_who_discarded_it(olgas, olga, sparkle, session):
    rows = refused(sparkle), given_up(company=sparkle, attempt_id=1)
    for path, row in zip(("emails", "jobs"), rows, strict=True):
        assert olgas.post(f"{PAGE}/{path}/{row.id}/discard").status_code == 303
    assert "No problems" in page_of(olgas)
    session.rollback()
    assert {row.discarded_by for row in rows} == {"Olga Petrova"}
    assert all(row.discarded_at for row in rows)
    entries = session.scalars(select(AuditEntry).where(AuditEntry.action == "discarded")).all()
    assert {(entry.actor_kind, entry.actor_id, entry.subject, entry.subject_id) for entry in entries} == {
        ("staff", olga.id, row.__tablename__, row.id) for row in rows
    }


def test_the_first_who_discarded_it_is_kept(olgas, sparkle, session):
    job = given_up(company=sparkle, attempt_id=1)
    job.discard(by=Actor(STAFF, "Somebody"), now=clock.now())
    olgas.post(f"{PAGE}/jobs/{job.id}/discard")
    session.rollback()
    assert job.discarded_by == "Somebody"


def test_a_sign_in_email_cannot_be_sent_again(olgas, sparkle):
    email = refused(sparkle, expires_at=clock.now())
    page = page_of(olgas)
    assert f"/emails/{email.id}/discard" in page
    assert f"/emails/{email.id}/retry" not in page
    olgas.post(f"{PAGE}/emails/{email.id}/retry")
    assert "550 no such user" in page_of(olgas)


def test_only_an_owner_can_retry_or_discard(browser_of, nora, sparkle, session):
    email = refused(sparkle)
    noras = browser_of(nora)
    page = page_of(noras)
    assert "550 no such user" in page
    assert "/discard" not in page
    for verb in ("retry", "discard"):
        response = noras.post(f"{PAGE}/emails/{email.id}/{verb}")
        assert response.status_code == 403
        assert "Only an owner can do this." in response.text
    session.rollback()
    assert (email.refused_at is not None, email.discarded_at) == (True, None)


def test_a_rivals_problems_are_not_found(olgas, rival):
    email = refused(rival)
    job = given_up(company=rival, attempt_id=1)
    for path in (f"emails/{email.id}", f"jobs/{job.id}"):
        for verb in ("retry", "discard"):
            assert olgas.post(f"{PAGE}/{path}/{verb}").status_code == 404


@pytest.mark.parametrize("count", [1, 30])
def test_the_page_takes_three_statements(olgas, sparkle, statements, count):
    for _ in range(count):
        refused(sparkle)
    page_of(olgas)
    with statements() as seen:
        page_of(olgas)
    assert len(seen) <= 3
