"""`./dev bench`: the command."""

import signal
import sys
from contextlib import ExitStack

import click

from bench import budget, load, pages, report
from bench.measure import FULL, QUICK, Bench, medians
from bench.progress import Progress
from bench.site import POSTGRESQL, SQLITE, site, start_hello

DATABASES = (SQLITE, POSTGRESQL)


@click.command()
@click.option("--quick", is_flag=True, help="Two minutes: one database, fewer connections, short rounds.")
@click.option("--check", is_flag=True, help="Exit 1 and name each page that does not keep its budget.")
@click.option("--pages", "names", default="", help="Only these pages, such as home,invoice.")
@click.option("--database", type=click.Choice(DATABASES), help="Only this database.")
def main(quick: bool, check: bool, names: str, database: str | None):
    """Measure each page beside a bare Flask answer of the same server: A B A B, on one core each."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    if not load.is_wrk_there():
        raise click.ClickException(load.MISSING)
    try:
        chosen = pages.named(names)
    except ValueError as problem:
        raise click.ClickException(f"{problem}. There are: {', '.join(page.name for page in pages.PAGES)}") from None
    kinds = [database] if database else [SQLITE] if quick else DATABASES
    plan = QUICK if quick else FULL
    progress = Progress()
    complaints = []
    with ExitStack() as stack:
        hello = start_hello(stack)
        for kind in kinds:
            progress.say(f"{kind}: creating the demo's company")
            with site(kind) as made:
                measured = medians(Bench(made, hello).measure(chosen, plan, progress))
            progress.clear()
            click.echo(f"\n{kind}\n\n{report.pages_table(measured)}")
            complaints += budget.broken(kind, measured)
    for complaint in complaints:
        click.echo(complaint)
    click.echo(f"\nTook {progress.elapsed}.")
    sys.exit(1 if check and complaints else 0)


if __name__ == "__main__":
    main()
