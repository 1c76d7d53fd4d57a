"""The budget of the product, and what falls under it."""

from collections.abc import Iterator, Mapping

from bench.footprint import Footprint
from bench.growth import Growth
from bench.measure import Sample
from bench.pages import DETAIL, FRAME, LIST, REPEAT, TIMES, Page
from tests.faults.booking_load import Outcome

SHARES = {FRAME: 0.50, LIST: 0.06, DETAIL: 0.08, TIMES: 0.06, REPEAT: 0.50}
"""The least share of hello, by kind of page."""
CROWD = 1.2
"""How much more a request may cost at 16 connections than at one."""
TAIL = 2.0
"""How much longer than half of the requests 99 % of them may take, at 16 and 64 connections."""
GROWTH = 1.3
PAGE_BYTES, FIRST_VISIT_BYTES = 6 * 1024, 35 * 1024
IMPORT_SECONDS = 0.75
MB = 1024 * 1024
WORKER_BYTES = 80 * MB
"""PSS: memory that the processes of the server share is counted once, not in each."""
BOOKING_MS = 500
"""Within how many milliseconds 99 % of 64 customers who book at once have their appointment."""
FAILED = 0.01
"""At most so many requests may fail: of many payment pages at once, some do not wait for Stripe."""
ENOUGH = 200
"""Below this number of requests, the slowest 1 % are too few to judge by."""

Medians = dict[tuple[Page, int], Sample]


def broken(kind: str, measured: Medians) -> Iterator[str]:
    """A sentence for each budget that a page does not keep on that kind of database."""
    for (page, connections), sample in measured.items():
        name = f"{page.name} ({kind})"
        if sample.failed > FAILED * sample.requests:
            yield f"{name} failed {sample.failed:.0f} of {sample.requests:.0f} times at {connections} connections."
        least = SHARES.get(page.budget, 0)
        if connections == 1 and sample.share < least:
            yield f"{name} is at {sample.share:.1%} of hello, its budget is {least:.0%}."
        alone = measured.get((page, 1))
        if connections == 16 and alone and page.budget and sample.cpu > CROWD * alone.cpu:
            yield f"{name} costs {sample.cpu / alone.cpu:.2f} times as much at 16 connections, its budget is {CROWD}."
        if connections > 1 and page.budget and sample.requests >= ENOUGH and sample.p99 > TAIL * sample.p50:
            found = f"{sample.p99 / sample.p50:.1f} times its p50"
            yield f"{name} has a p99 of {found} at {connections} connections, its budget is {TAIL:.0f}."


def outgrown(kind: str, growths: list[Growth]) -> Iterator[str]:
    for growth in growths:
        if growth.ratio > GROWTH:
            name = f"{growth.page.name} ({kind})"
            yield f"{name} costs {growth.ratio:.2f} times as much in a large company, its budget is {GROWTH}."


def overweight(found: Footprint) -> Iterator[str]:
    for page, size in found.weights.items():
        if size > PAGE_BYTES:
            yield f"{page.name} has {size:,} bytes, its budget is {PAGE_BYTES:,}."
    if found.first_visit > FIRST_VISIT_BYTES:
        yield f"A first visit has {found.first_visit:,} bytes, its budget is {FIRST_VISIT_BYTES:,}."
    if found.loading > IMPORT_SECONDS:
        yield f"Loading takes {found.loading:.2f} s of CPU, its budget is {IMPORT_SECONDS} s."
    if found.pss > WORKER_BYTES:
        yield f"A worker takes {found.pss / MB:.0f} MB, its budget is {WORKER_BYTES / MB:.0f} MB."


def slow_bookings(outcomes: Mapping[str, Outcome]) -> Iterator[str]:
    for kind, each in outcomes.items():
        if each.p99 > BOOKING_MS:
            yield f"Bookings ({kind}) have a p99 of {each.p99:.0f} ms, their budget is {BOOKING_MS}."
        if each.doubles:
            yield f"{each.doubles} bookings ({kind}) overlap with another one."
