"""`sergio token`: a token is made, works, and is revoked; the company's activity log says so."""

import pytest
from click.testing import CliRunner
from sqlalchemy import select

import sergio
from sergio.audit.models import AuditEntry
from sergio.auth.models import ApiToken
from sergio.commands import token as command


@pytest.fixture
def run(app, sparkle, session, monkeypatch):
    """`run("sparkle")`: a command on the database of this test, its output without the line's end."""
    monkeypatch.setattr(command, "checked_config", lambda: None)
    monkeypatch.setattr(sergio, "create_app", lambda config: app)

    def invoke(*arguments):
        session.commit()
        output = CliRunner().invoke(command.token, arguments).output
        session.rollback()
        return output.strip()

    return invoke


def test_a_token_is_created_works_and_is_revoked(run, session, sparkle):
    secret = run("sparkle", "--name", "books")
    assert session.scalar(ApiToken.matching(sparkle, secret)).name == "books"
    assert run("sparkle", "--revoke", "shop") == "0 revoked."
    assert session.scalar(ApiToken.matching(sparkle, secret))
    assert run("sparkle", "--revoke", "books") == "1 revoked."
    assert session.scalar(ApiToken.matching(sparkle, secret)) is None
    entries = session.scalars(select(AuditEntry).where(AuditEntry.subject == "api_token").order_by(AuditEntry.id))
    found = [(entry.action, entry.company_id, entry.actor_name) for entry in entries]
    assert found == [("created", sparkle.id, "the operator"), ("revoked", sparkle.id, "the operator")]


def test_there_is_no_token_for_an_unknown_company(run):
    assert "There is no company at nowhere." in run("nowhere")
