"""`sergio doctor`: checks the consistency of the data."""

import sys
from itertools import chain

import click

from sergio.commands import app_with_its_tables


@click.command()
def doctor():
    """Compare what rows repeat with its source. Prints each difference and exits 1 if there is one."""
    app = app_with_its_tables()
    from sergio.booking import photo_check
    from sergio.invoices import ledger_check, open_sums, owed, paid_sums
    from sergio.quotes import attachment_check, outcome_check, version_check

    checks = ledger_check, open_sums, paid_sums, owed, version_check, outcome_check
    checks += attachment_check, photo_check
    with app.app_context():
        found = 0
        for difference in chain.from_iterable(check.differences() for check in checks):
            click.echo(difference)
            found += 1
    click.echo(f"{found} differences." if found else "Everything agrees.")
    sys.exit(1 if found else 0)
