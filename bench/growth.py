"""Growth: what a page costs in a large company, compared with a small one."""

from statistics import median
from typing import NamedTuple

from bench.measure import Bench
from bench.pages import Page
from bench.progress import Progress
from bench.site import Hello, site
from sergio.big_world import BIG

ROUNDS, SECONDS = 3, 1


class Growth(NamedTuple):
    """CPU of a request in the small and in the large company, in milliseconds, and the median of their ratios."""

    page: Page
    small: float
    big: float
    ratio: float


def measured(kind: str, pages: list[Page], hello: Hello, progress: Progress) -> list[Growth]:
    """Load each page at both companies in turn, on one connection."""
    progress.say(f"{kind}: creating a small company and one with 50,000 invoices")
    with site(kind) as small, site(kind, BIG) as big:
        benches = [Bench(small, hello), Bench(big, hello)]
        found = []
        for page in pages:
            progress.say(f"{kind}: growth of {page.name}")
            for bench in benches if not page.posts else ():
                bench.require(page)
            pairs = [[bench.sample(page, 1, SECONDS, 0).cpu for bench in benches] for _ in range(ROUNDS)]
            smalls, bigs = zip(*pairs, strict=True)
            found.append(Growth(page, median(smalls), median(bigs), median(b / s for s, b in pairs)))
        return found
