"""`sergio plan`: the operator puts a company on a plan."""

import pytest
from click.testing import CliRunner

from sergio.billing.models import Subscription
from sergio.commands import plan as command
from sergio.companies.models import Company
from sergio.extensions import db
from sergio.lib import clock


@pytest.fixture
def run(app, world, session, monkeypatch):
    """`run(subdomain, plan)`: the command's output, on this test's database."""
    session.commit()
    monkeypatch.setattr(command, "app_with_its_tables", lambda: app)
    return lambda *args: CliRunner().invoke(command.plan, args)


def plan_of(session, subdomain):
    session.rollback()
    return session.scalars(Company.at(subdomain)).one().plan


def test_a_company_is_put_on_a_plan(run, session):
    assert run("solo", "starter").output == "Solo Gardening is on the starter plan.\n"
    assert plan_of(session, "solo") == "starter"


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        (("nobody", "pro"), "no company at nobody"),
        (("solo", "gold"), "gold is not one of the plans: free, starter, pro"),
    ],
)
def test_a_mistake_is_one_line(run, session, args, sentence):
    result = run(*args)
    assert (result.exit_code, sentence in result.output) == (1, True)
    assert plan_of(session, "solo") == "free"


def test_a_company_that_pays_by_subscription_is_left_alone(run, session, world):
    now = clock.now()
    row = Subscription(company=world.solo, plan="starter", amount=2_900, currency="USD", key="a", status="active")
    row.created_at = row.checked_at = now
    session.add(row)
    session.commit()
    assert "Solo Gardening has a subscription" in run("solo", "pro").output
    assert plan_of(session, "solo") == "free"
    assert db.session.scalar(Subscription.of(world.solo.id))
