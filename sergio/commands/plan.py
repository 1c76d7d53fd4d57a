"""`sergio plan`: the operator puts a company on a plan."""

import click

from sergio.commands import app_with_its_tables


@click.command()
@click.argument("subdomain")
@click.argument("plan", metavar="free|starter|pro")
def plan(subdomain: str, plan: str):
    """Put a company on a plan without a subscription, at no charge."""
    from sergio.audit.actor import BY_OPERATOR
    from sergio.billing.models import Subscription
    from sergio.companies.models import Company
    from sergio.extensions import db
    from sergio.lib import clock
    from sergio.lib.refused import Refused

    with app_with_its_tables().app_context():
        company = db.session.scalar(Company.at(subdomain).with_for_update())
        if company is None:
            raise click.ClickException(f"There is no company at {subdomain}.")
        if db.session.scalar(Subscription.of(company.id)):
            raise click.ClickException(f"{company.name} has a subscription. Its owner or Stripe has to end that first.")
        try:
            company.change_plan(plan, by=BY_OPERATOR, at=clock.now())
        except Refused as refusal:
            raise click.ClickException(str(refusal)) from None
        db.session.commit()
        click.echo(f"{company.name} is on the {plan} plan.")
