"""`sergio company`: companies are created, listed and put on a plan; bad input is one sentence and exit code 2."""

import pytest
from click.testing import CliRunner
from sqlalchemy import select

import sergio
from sergio.audit.models import AuditEntry
from sergio.billing.models import Subscription
from sergio.commands import company as command
from sergio.companies.models import Company
from sergio.companies.plans import PLANS
from sergio.lib import clock
from sergio.staff.models import OWNER, StaffMember
from tests.browser import Browser, read_email

CREATE = ("create", "Bright Windows", "--owner-email", "wanda@bright.example")


@pytest.fixture
def run(app, session, monkeypatch):
    """`run("list")`: a command on the database of this test; its exit code and output."""
    monkeypatch.setattr(command, "checked_config", lambda: None)
    monkeypatch.setattr(sergio, "create_app", lambda config: app)

    def invoke(*arguments):
        session.commit()
        result = CliRunner().invoke(command.company, arguments)
        session.rollback()
        return result.exit_code, result.output.strip()

    return invoke


def test_a_company_is_created_and_its_owner_can_sign_in(run, app, session):
    options = ["--owner-name", "Wanda Bright", "--country", "de", "--subdomain", "Bright"]
    code, output = run(*CREATE, *options)
    assert code == 0
    assert output.endswith("wanda@bright.example can sign in at https://bright.sergio.test/office/sign-in")
    company = session.scalars(select(Company)).one()
    kept = (company.name, company.country, company.time_zone, company.currency, company.plan)
    assert kept == ("Bright Windows", "DE", "Europe/Berlin", "EUR", PLANS[-1])
    owner = session.scalars(select(StaffMember)).one()
    assert (owner.name, owner.role) == ("Wanda Bright", OWNER)
    assert session.scalars(select(AuditEntry)).one().actor_name == "the operator"
    session.commit()
    browser = Browser(app, "bright")
    browser.post("/office/sign-in", {"email": "wanda@bright.example"})
    assert browser.get(read_email(app).link).location == "/office/"


def test_what_is_left_out_is_made_from_the_name_the_email_and_the_country(run, session):
    assert run(*CREATE)[0] == 0
    company = session.scalars(select(Company)).one()
    assert (company.subdomain, company.country, company.currency) == ("bright-windows", "US", "USD")
    assert session.scalars(select(StaffMember.name)).one() == "wanda"


def test_region_and_plan_can_be_chosen(run, session):
    options = ["--time-zone", "Europe/Kiev", "--currency", "chf", "--plan", "free"]
    assert run(*CREATE, *options)[0] == 0
    company = session.scalars(select(Company)).one()
    assert (company.time_zone, company.currency, company.plan) == ("Europe/Kyiv", "CHF", "free")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--owner-email", "wanda"], "wanda is not an email address."),
        (["--subdomain", "sparkle"], "sparkle: “sparkle” is already taken. bright-windows is available."),
        (["--subdomain", "adm1n"], "reserved"),
        (["--subdomain", "x" * 64], "between 3 and 63"),
        (["--country", "XX"], "XX is not the code of a country, such as US."),
        (["--time-zone", "Mars"], "Mars is not a time zone, such as America/New_York."),
        (["--currency", "XXX"], "XXX is not the code of a currency, such as USD."),
        (["--plan", "gold"], "gold is not a plan. Choose one of free, starter, pro."),
        (["--color", "red"], "No such option"),
    ],
)
def test_bad_input_is_one_sentence_and_exit_code_2(run, world, session, options, words):
    before = session.query(Company).count()
    code, output = run(*CREATE, *options)
    assert code == 2
    assert words in output
    assert "Traceback" not in output
    assert session.query(Company).count() == before


@pytest.mark.parametrize("name", ["", "   ", "\u202e"])
def test_a_company_needs_a_name(run, session, name):
    code, output = run("create", name, "--owner-email", "wanda@bright.example")
    assert (code, session.query(Company).count()) == (2, 0)
    assert "The company needs a name." in output


def test_a_name_without_latin_letters_needs_a_subdomain(run, session):
    code, output = run("create", "クリーン", "--owner-email", "wanda@bright.example")
    assert code == 2
    assert "--subdomain: Use between 3 and 63 characters." in output
    assert run("create", "クリーン", "--owner-email", "wanda@bright.example", "--subdomain", "kurin")[0] == 0


def test_companies_are_listed(run, world):
    assert run("list") == (
        0,
        "rival  starter  Rival Plumbing\nsolo  free  Solo Gardening\nsparkle  starter  Sparkle Cleaning",
    )


def test_an_empty_list_says_what_to_do(run):
    assert "sergio company create" in run("list")[1]


def test_a_plan_is_changed(run, world, session):
    assert run("plan", "solo", "starter") == (0, "solo is on the plan starter.")
    assert session.get(Company, world.solo.id).plan == "starter"
    assert session.scalars(select(AuditEntry.action)).all() == ["changed_plan"]


@pytest.mark.parametrize(
    ("arguments", "words"), [(("nobody", "free"), "no company at nobody"), (("solo", "x"), "not a plan")]
)
def test_a_plan_of_nobody_or_an_unknown_one_is_refused(run, world, arguments, words):
    code, output = run("plan", *arguments)
    assert code == 2
    assert words in output


def test_a_company_that_pays_by_subscription_is_left_alone(run, session, world):
    now = clock.now()
    row = Subscription(company=world.solo, plan="starter", amount=2_900, currency="USD", key="a", status="active")
    row.created_at = row.checked_at = now
    session.add(row)
    session.commit()
    code, output = run("plan", "solo", "pro")
    assert (code, "Solo Gardening has a subscription" in output) == (2, True)
    assert session.get(Company, world.solo.id).plan == "free"
