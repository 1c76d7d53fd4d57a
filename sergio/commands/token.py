"""`sergio token`: a key to a company's API."""

import click

from sergio.commands import checked_config


@click.command()
@click.argument("subdomain")
@click.option("--name", default="api", help="What the token is for.")
def token(subdomain: str, name: str):
    """Make a token with which another program may read a company's data over /api/v1."""
    from sergio import create_app
    from sergio.auth.models import ApiToken
    from sergio.companies.models import Company
    from sergio.extensions import db

    app = create_app(checked_config())
    with app.app_context():
        company = db.session.scalar(Company.at(subdomain))
        if company is None:
            raise click.ClickException(f"There is no company at {subdomain}.")
        row, secret = ApiToken.make(company, name)
        db.session.add(row)
        db.session.commit()
    click.echo(secret)
