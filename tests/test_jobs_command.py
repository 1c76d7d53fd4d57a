"""`sergio jobs`: the operator lists, retries and discards failed jobs."""

import pytest
from click.testing import CliRunner
from sqlalchemy import select

import sergio
from sergio.audit.models import AuditEntry
from sergio.commands import jobs as command
from sergio.jobs import outages
from sergio.lib import clock
from tests import factories


@pytest.fixture
def run(app, session, monkeypatch):
    """`run("retry", 3)`: a command on the database of this test."""
    monkeypatch.setattr(command, "checked_config", lambda: None)
    monkeypatch.setattr(sergio, "create_app", lambda config: app)

    def invoke(*arguments):
        session.commit()
        result = CliRunner().invoke(command.jobs, [str(each) for each in arguments])
        session.rollback()
        return result.output

    return invoke


@pytest.fixture
def given_up(session, sparkle):
    """A payment of Sparkle's and the platform's own, both given up."""
    rows = factories.job("payments.check", company=sparkle, attempt_id=1), factories.job("jobs.delete_expired")
    for row in rows:
        row.failed_at = clock.now()
        row.error = "Unavailable: too slow"
    session.flush()
    return rows


def test_it_lists_failed_jobs_of_all_companies_and_of_the_platform(run, given_up):
    output = run("list")
    assert "sparkle  Checking a card payment in Stripe (payments.check attempt_id=1)  Unavailable: too slow" in output
    assert "-  Deleting old background work (jobs.delete_expired)" in output


def test_it_says_which_server_is_down(run, session):
    outages.begin_or_extend(outages.SMTP, "refused", clock.now())
    output = run("list")
    assert "smtp has been unreachable since" in output
    assert "No failed jobs." in output


def test_a_job_is_tried_again_or_discarded(run, given_up):
    check, delete_expired = given_up
    assert (run("retry", check.id), run("discard", delete_expired.id)) == ("", "")
    assert (check.failed_at, delete_expired.discarded_by) == (None, "the operator")
    assert "No failed jobs." in run("list")
    assert f"There is no failed job {check.id}." in run("retry", check.id)


def test_what_the_operator_did_to_a_companys_job_is_in_its_activity_log(run, given_up, session):
    check, delete_expired = given_up
    run("retry", check.id)
    run("discard", delete_expired.id)
    (entry,) = session.scalars(select(AuditEntry)).all()
    assert (entry.actor_kind, entry.actor_name) == ("system", "the operator")
    assert (entry.company_id, entry.action, entry.subject_id) == (check.company_id, "retried", check.id)
