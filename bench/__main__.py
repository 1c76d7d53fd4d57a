"""`./dev bench`: the command."""

import os
import signal
import sys
import tempfile
from contextlib import ExitStack

import click

from bench import load
from bench.pages import PAGES, Page
from bench.run import Run
from bench.site import POSTGRESQL, SQLITE

DATABASES = (SQLITE, POSTGRESQL)


def pages_of(context, option, names: str | None) -> list[Page]:
    """The pages with these names, all without any."""
    there = {page.name: page for page in PAGES}
    wanted = names.split(",") if names else list(there)
    if unknown := [name for name in wanted if name not in there]:
        raise click.BadParameter(f"No page is called {', '.join(unknown)}. There are: {', '.join(there)}.")
    return [there[name] for name in wanted]


def keep_bytecode(stack: ExitStack):
    """Let the programs that are measured load compiled modules, as installed ones do, whatever the shell says."""
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.environ["PYTHONPYCACHEPREFIX"] = stack.enter_context(tempfile.TemporaryDirectory())


@click.command()
@click.option("--quick", is_flag=True, help="Two minutes: one database, fewer connections, short rounds, pages only.")
@click.option("--growth", is_flag=True, help="Only the growth from a small company to a large one.")
@click.option("--bookings", is_flag=True, help="Only the free times, and many customers who book at once.")
@click.option("--peers", is_flag=True, help="Also other programs, installed from PyPI, which takes minutes.")
@click.option("--pages", "chosen", callback=pages_of, help="Only these pages, such as home,invoice.")
@click.option("--database", type=click.Choice(DATABASES), help="Only this database.")
@click.option("--check", is_flag=True, help="Exit 1 and name each page that does not keep its budget.")
def main(quick: bool, growth: bool, bookings: bool, peers: bool, chosen: list[Page], database: str | None, check: bool):
    """Measure each page beside a bare Flask answer of the same server: A B A B, on one core each.

    Everything, without options, takes half an hour and is written to bench/RESULTS.md.
    """
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    if missing := load.what_is_missing():
        raise click.ClickException(missing)
    kinds = [database] if database else [SQLITE] if quick else DATABASES
    with ExitStack() as stack:
        keep_bytecode(stack)
        run = Run(stack, chosen, quick=quick)
        if growth:
            run.measure_growth(kinds)
        elif bookings:
            run.measure_booking(kinds)
        elif quick:
            run.measure_pages(kinds)
        else:
            run.measure_everything(kinds)
        if peers:
            run.measure_peers()
        if not (growth or bookings or quick or database) and len(chosen) == len(PAGES):
            run.write()
    for complaint in run.complaints:
        click.echo(complaint)
    click.echo(f"\nTook {run.progress.elapsed}.")
    sys.exit(1 if check and run.complaints else 0)


if __name__ == "__main__":
    main()
