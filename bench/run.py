"""One run of the bench: what was measured so far, printed as it comes, and the budgets that are not kept."""

from collections.abc import Sequence
from contextlib import ExitStack

import click

from bench import budget, footprint, growth, report, slots
from bench.measure import FULL, QUICK, Bench, medians
from bench.pages import Page
from bench.peers import free_times, orders
from bench.progress import Progress
from bench.site import SQLITE, site, start_hello
from tests.faults import booking_load

NAMES = {"sqlite": "SQLCipher", "postgresql": "PostgreSQL"}
BOOKINGS = {"clients": 64, "presses": 1_000, "workers": 2}


class Run:
    """`sections` are titles and tables, `complaints` sentences about budgets."""

    def __init__(self, stack: ExitStack, pages: list[Page], *, quick: bool):
        self.pages, self.plan = pages, QUICK if quick else FULL
        self.progress = Progress()
        self.sections: list[tuple[str, str]] = []
        self.complaints: list[str] = []
        self.hello = start_hello(stack)

    def measure_everything(self, kinds: Sequence[str]):
        self.measure_pages(kinds)
        self.measure_growth(kinds)
        self.measure_footprint()
        self.measure_booking(kinds)

    def measure_pages(self, kinds: Sequence[str]):
        for kind in kinds:
            self.progress.say(f"{kind}: creating a company")
            with site(kind) as made:
                measured = medians(Bench(made, self.hello).measure(self.pages, self.plan, self.progress))
            self.add(f"Pages on {NAMES[kind]}", report.pages_table(measured))
            self.complaints += budget.broken(kind, measured)

    def measure_growth(self, kinds: Sequence[str]):
        for kind in kinds:
            found = growth.measured(kind, self.pages, self.hello, self.progress)
            self.add(f"Growth on {NAMES[kind]}", report.growth_table(found))
            self.complaints += budget.outgrown(kind, found)

    def measure_footprint(self):
        with site(SQLITE) as made:
            found = footprint.measured(made, self.hello, self.progress)
        self.add("Memory, weights, and the first PDF", report.footprint_table(found))
        self.complaints += budget.overweight(found)

    def measure_booking(self, kinds: Sequence[str]):
        self.progress.say("the slot engine")
        self.add("Free times of ten staff in thirty days", report.slots_table(slots.compared()))
        self.progress.say("64 customers who book at once")
        outcomes = {kind: booking_load.load(kind, **BOOKINGS) for kind in kinds}
        self.add("64 customers who book at once, two workers on both cores", report.bookings_table(outcomes))
        self.complaints += budget.slow_bookings(outcomes)

    def measure_peers(self):
        found = [each for peer in (free_times, orders) for each in peer.measured(self.hello, self.progress)]
        self.add("Other programs, on one connection", report.peers_table(found))

    def add(self, title: str, table: str):
        self.progress.clear()
        click.echo(f"\n{title}\n\n{table}\n")
        self.sections.append((title, table))

    def write(self):
        report.write(self.sections, self.complaints, self.progress.elapsed)
