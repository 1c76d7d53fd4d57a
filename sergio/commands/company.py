"""`sergio company`: the companies of an installation, for those who run it."""

import click

from sergio.commands import checked_config

PLAN = "What the company may use; by default everything."


@click.group()
def company():
    """Create and list companies, and change their plans."""


@company.command()
@click.argument("name")
@click.option("--owner-email", required=True, help="Email address of the owner, who signs in with it.")
@click.option("--owner-name", default="", help="Name of the owner; by default the first part of the address.")
@click.option("--subdomain", default="", help="Address of the portal; by default made from the name.")
@click.option("--country", default="US", help="Two letters, such as US.")
@click.option("--time-zone", default="", help="Such as America/New_York; by default the country's.")
@click.option("--currency", default="", help="Such as USD; by default the country's.")
@click.option("--plan", default="", help=PLAN)
def create(name: str, owner_email: str, owner_name: str, subdomain: str, plan: str, **region: str):
    """Create a company with its owner, and print where to sign in."""
    from sergio.audit.actor import BY_OPERATOR
    from sergio.companies import portal_address, subdomains
    from sergio.extensions import db
    from sergio.lib import clock
    from sergio.lib.email_addresses import well_formed
    from sergio.lib.refused import Refused
    from sergio.lib.text import plain_name
    from sergio.sign_up.founding import NewCompany, found

    email = well_formed(owner_email) or wrong(f"{owner_email} is not an email address.")
    name = plain_name(name)[:120] or wrong("The company needs a name.")
    owner = plain_name(owner_name)[:120] or email.partition("@")[0]
    where, plan = checked_region(**region), checked_plan(plan)
    with app_context():
        now = clock.now()
        subdomain = subdomains.normalized(subdomain) or portal_address.suggested(name, now=now)
        facts = NewCompany(name, subdomain, **where)
        try:
            member = found(facts, owner_name=owner, email=email, plan=plan, by=BY_OPERATOR, at=now)
        except Refused as refusal:
            free = portal_address.suggested(name, now=now)
            wrong(f"{subdomain or '--subdomain'}: {refusal}" + (f" {free} is available." if free else ""))
        url = member.company.url("/office/sign-in")
        db.session.commit()
    click.echo(f"Created {name}. {email} can sign in at {url}")


@company.command("list")
def list_():
    """List the companies: address, plan, name."""
    from sqlalchemy import select

    from sergio.companies.models import Company
    from sergio.extensions import db

    with app_context():
        rows = db.session.scalars(select(Company).order_by(Company.subdomain)).all()
        for row in rows:
            click.echo(f"{row.subdomain}  {row.plan}  {row.name}")
        if not rows:
            click.echo("There are no companies. Create one with: sergio company create")


@company.command()
@click.argument("subdomain")
@click.argument("plan")
def plan(subdomain: str, plan: str):
    """Put a company on a plan without a subscription, at no charge. Nothing it has entered is lost."""
    from sergio.audit.actor import BY_OPERATOR
    from sergio.billing.models import Subscription
    from sergio.companies.models import Company
    from sergio.extensions import db
    from sergio.lib import clock

    plan = checked_plan(plan)
    with app_context():
        row = db.session.scalar(Company.at(subdomain).with_for_update()) or wrong(
            f"There is no company at {subdomain}."
        )
        if db.session.scalar(Subscription.of(row.id)):
            wrong(f"{row.name} has a subscription. Its owner or Stripe has to end that first.")
        row.change_plan(plan, by=BY_OPERATOR, at=clock.now())
        db.session.commit()
    click.echo(f"{subdomain} is on the plan {plan}.")


def checked_region(country: str, time_zone: str, currency: str) -> dict[str, str]:
    """The three, completed by what the country has."""
    from sergio.lib import countries

    country = country.upper()
    if country not in dict(countries.names()):
        wrong(f"{country} is not the code of a country, such as US.")
    zone = countries.current_zone(time_zone or countries.main_zone(country))
    currency = currency.upper() or countries.currency_of(country)
    if currency not in dict(countries.currencies()):
        wrong(f"{currency} is not the code of a currency, such as USD.")
    return {
        "country": country,
        "time_zone": zone or wrong(f"{time_zone} is not a time zone, such as America/New_York."),
        "currency": currency,
    }


def checked_plan(plan: str) -> str:
    from sergio.companies.plans import PLANS

    plan = plan or PLANS[-1]
    return plan if plan in PLANS else wrong(f"{plan} is not a plan. Choose one of {', '.join(PLANS)}.")


def wrong(sentence: str):
    """End the program with a sentence about its input, and exit code 2."""
    raise click.UsageError(sentence)


def app_context():
    from sergio import create_app

    return create_app(checked_config()).app_context()
