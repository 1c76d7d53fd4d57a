"""`sergio token`: tokens for a company's API."""

import click

from sergio.commands import checked_config


@click.command()
@click.argument("subdomain")
@click.option("--name", default="api", help="What the token is for.")
@click.option("--revoke", metavar="NAME", help="Revoke the tokens of that name instead of making one.")
def token(subdomain: str, name: str, revoke: str | None):
    """Create a token that lets another program read a company's data over /api/v1."""
    from sergio import create_app
    from sergio.audit.actor import BY_OPERATOR
    from sergio.auth.models import ApiToken
    from sergio.companies.models import Company
    from sergio.extensions import db
    from sergio.lib import clock

    app = create_app(checked_config())
    with app.app_context():
        company = db.session.scalar(Company.at(subdomain))
        if company is None:
            raise click.ClickException(f"There is no company at {subdomain}.")
        if revoke is not None:
            active = db.session.scalars(ApiToken.active(company, revoke)).all()
            for row in active:
                row.revoke(by=BY_OPERATOR, now=clock.now())
            message = f"{len(active)} revoked."
        else:
            _row, message = ApiToken.make(company, name, by=BY_OPERATOR, now=clock.now())
        db.session.commit()
    click.echo(message)
