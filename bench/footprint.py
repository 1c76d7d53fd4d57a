"""What Sergio takes: time to load, memory of a web worker, bytes of pages and of a first visit, the first PDF."""

import re
import subprocess
import sys
from statistics import median
from typing import NamedTuple

from bench.load import SERVER_CORE, on_core
from bench.measure import Bench
from bench.pages import PAGES, Page
from bench.processes import children, cpu_seconds, memory
from bench.progress import Progress
from bench.site import COMPANY_HOST, PORTAL, Hello, Site
from tests.faults.program import ROOT, ask, environment

LOADING = """
import time
started = time.process_time()
from sergio import create_app
create_app()
print(time.process_time() - started)
"""
ASSET = re.compile(r'<(?:link|script|img|use)\b[^>]*?(?:href|src)="(/[^"#]+)')
REQUESTS = 1_000
GETS = [page for page in PAGES if not page.posts and not page.with_sandbox]


class Footprint(NamedTuple):
    """CPU seconds to load; bytes of a worker (RSS and PSS); compressed bytes by page and of a first visit; CPU
    milliseconds of the first PDF after a start.
    """

    loading: float
    rss: int
    pss: int
    weights: dict[Page, int]
    first_visit: int
    cold_pdf: float


def measured(site: Site, hello: Hello, progress: Progress) -> Footprint:
    progress.say("loading the application")
    loading = median(seconds_to_load(site) for _ in range(5))
    bench = Bench(site, hello)
    progress.say("the first PDF")
    cold = first_pdf(bench)
    progress.say("weights of pages")
    weights = {page: len(body(bench, page)) for page in GETS if page.door == PORTAL and page.name != "pdf"}
    first = first_visit(bench)
    progress.say(f"memory after {REQUESTS:,} requests")
    for n in range(REQUESTS):
        bench.get(GETS[n % len(GETS)])
    rss, pss = max(memory(worker) for worker in children(bench.web.pid))
    return Footprint(loading, rss, pss, weights, first, cold)


def seconds_to_load(site: Site) -> float:
    """CPU seconds from a new interpreter to an application that can respond."""
    with on_core(SERVER_CORE):
        command = [sys.executable, "-c", LOADING]
        done = subprocess.run(
            command, env=environment(site.config), cwd=ROOT, capture_output=True, text=True, check=True
        )
    return float(done.stdout)


def first_pdf(bench: Bench) -> float:
    """In a worker that has shown the invoice, but printed nothing yet."""
    invoice, pdf = (next(page for page in PAGES if page.name == name) for name in ("invoice", "pdf"))
    bench.get(invoice)
    before = cpu_seconds(bench.web.pid)
    bench.get(pdf)
    return (cpu_seconds(bench.web.pid) - before) * 1000


def body(bench: Bench, page: Page) -> bytes:
    return fetched(bench, bench.path(page), bench.headers(page))


def fetched(bench: Bench, path: str, headers: dict[str, str]) -> bytes:
    """The bytes of a response as they are sent."""
    return ask(bench.web.port, "GET", path, COMPANY_HOST, headers=headers).body


def first_visit(bench: Bench) -> int:
    """Compressed bytes of the home page, and of everything it loads: styles, scripts, icons."""
    home = next(page for page in PAGES if page.name == "home")
    headers = bench.headers(home)
    plain = fetched(bench, bench.path(home), {**headers, "Accept-Encoding": "identity"}).decode()
    return len(body(bench, home)) + sum(len(fetched(bench, url, headers)) for url in assets(plain))


def assets(html: str) -> set[str]:
    """The URLs of the files that a page loads from its own host."""
    return set(ASSET.findall(html))
