"""Pages and the hello in turn: what a request costs the processor, how many a second, and how long they take."""

import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import NamedTuple

from bench.load import Load, Target, press
from bench.pages import Page, again
from bench.posts import VARIED, prepared
from bench.processes import cpu_seconds
from bench.progress import Progress
from bench.site import COMPANY_HOST, Hello, Site
from tests.faults.program import HOST, Client, Response, Web, ask

FORWARDED = {"X-Forwarded-For": "192.0.2.1", "X-Forwarded-Proto": "https", "Accept-Encoding": "gzip, deflate, br, zstd"}
QUIET = 0.05
LOGGED = b" sergio.requests "


class Plan(NamedTuple):
    """How thoroughly: how many rounds for each number of connections, the seconds of each load, and for which numbers
    of connections the hello is measured again beside each page.
    """

    rounds: dict[int, int]
    seconds: int
    beside: tuple[int, ...]


LONGER = 3
"""A pause of 40 ms in a second of repeat views is felt by one request in a hundred: how many times as long their loads
are, so that no single pause decides their p99.
"""
FULL = Plan({1: 2, 16: 1, 64: 1}, seconds=1, beside=(1, 16, 64))
QUICK = Plan({1: 2, 16: 1}, seconds=1, beside=(1,))


class Sample(NamedTuple):
    """One load on a page: CPU of a request and of a hello beside it, in milliseconds, and what the client saw."""

    cpu: float
    hello: float
    rate: float
    p50: float
    p99: float
    requests: float
    failed: float = 0

    @property
    def share(self) -> float:
        """The page's speed as a share of the hello's."""
        return self.hello / self.cpu if self.cpu else 0.0


Samples = dict[tuple[Page, int], list[Sample]]
"""By page and number of connections."""


class Bench:
    """The servers of one site, and the hello."""

    def __init__(self, site: Site, hello: Hello):
        self.site, self.hello = site, hello
        self.web = site.start()
        self.cookies = {door: self.visit(door, cookie) for door, cookie in site.cookies.items()}
        self.hellos: dict[int, float] = {}
        self._with_sandbox: Web | None = None

    def visit(self, door: str, cookie: str) -> str:
        """The cookies of a browser that has seen a page: the sign-in's, and the session's with its CSRF token."""
        name, _, secret = cookie.partition("=")
        browser = Client(self.web.port, COMPANY_HOST, {name: secret})
        browser.get(f"/{door}/", headers=FORWARDED)
        return "; ".join(f"{name}={value}" for name, value in browser.cookies.items())

    def server_of(self, page: Page) -> Web:
        if not page.with_sandbox:
            return self.web
        self._with_sandbox = self._with_sandbox or self.site.start(with_sandbox=True)
        return self._with_sandbox

    def measure(self, pages: list[Page], plan: Plan, progress: Progress) -> Samples:
        """Load the pages one after the other, each with the hello before it, in rounds."""
        pages = [variant for page in pages for variant in self.variants(page)]
        samples: Samples = {(page, connections): [] for page in pages for connections in plan.rounds}
        for turn in range(max(plan.rounds.values())):
            for page, connections in samples:
                if turn < plan.rounds[connections]:
                    progress.say(f"{self.site.kind}: {page.name}, {connections} at once, round {turn + 1}")
                    hello = self.hello_beside(connections, plan)
                    seconds = plan.seconds * (LONGER if page.repeated and connections > 1 else 1)
                    samples[page, connections].append(self.sample(page, connections, seconds, hello))
        return samples

    def variants(self, page: Page) -> Iterator[Page]:
        """The page, and its repeat view if it has an ETag."""
        yield page
        if not page.posts and "ETag" in self.require(page).headers and self.get(again(page)).status == 304:
            yield again(page)

    def require(self, page: Page) -> Response:
        """The page's response; RuntimeError if it is another one, such as a redirect, which would be measured too."""
        response = self.get(page)
        if response.status != 200:
            raise RuntimeError(f"{page.name} answers {response.status}, so it cannot be measured")
        return response

    def get(self, page: Page) -> Response:
        return ask(self.server_of(page).port, "GET", self.path(page), COMPANY_HOST, headers=self.headers(page))

    def path(self, page: Page) -> str:
        return page.path.format(**self.site.numbers)

    def headers(self, page: Page) -> dict[str, str]:
        cookie = {"Cookie": self.cookies[page.door]} if page.door else {}
        return {**FORWARDED, **cookie, **self.known(page)}

    def known(self, page: Page) -> dict[str, str]:
        """The tag of a page that the browser has; asked for each time, because any write may change it."""
        if not page.repeated:
            return {}
        return {"If-None-Match": self.require(page._replace(repeated=False)).headers["ETag"]}

    def sample(self, page: Page, connections: int, seconds: int, hello: float) -> Sample:
        """With several connections after a second that does not count: each connection to PostgreSQL plans a statement
        anew the first seven times, so that of 400 requests 20 would measure that.
        """
        web = self.server_of(page)
        target = self.target(page, web, seconds)
        if connections > 1 and not page.posts:
            press(target, connections=connections, seconds=1)
            settle(web.pid)
        before, position = cpu_seconds(web.pid), web.path.stat().st_size
        load = press(target, connections=connections, seconds=seconds)
        settle(web.pid)
        spent = cpu_seconds(web.pid) - before
        # The server with the sandbox writes no log.
        answered = answers_since(web.path, position) or load.requests + connections
        cpu = spent / answered * 1000
        return Sample(cpu, hello, load.requests / load.seconds, load.p50, load.p99, load.requests, load.failed)

    def hello_beside(self, connections: int, plan: Plan) -> float:
        if connections in plan.beside or connections not in self.hellos:
            self.hellos[connections] = self.load_hello(connections)
        return self.hellos[connections]

    def load_hello(self, connections: int) -> float:
        """CPU of a hello in milliseconds. It finishes the requests that wrk no longer waits for."""
        before = cpu_seconds(self.hello.pid)
        load: Load = press(Target(f"http://{HOST}:{self.hello.port}/up", {}), connections=connections, seconds=1)
        settle(self.hello.pid)
        return (cpu_seconds(self.hello.pid) - before) / (load.requests + connections) * 1000

    def target(self, page: Page, web: Web, seconds: int) -> Target:
        url = f"http://{HOST}:{web.port}{self.path(page)}"
        headers = {"Host": COMPANY_HOST, **self.headers(page)}
        if not page.posts:
            return Target(url, headers)
        more, lines = prepared(page.posts, web, seconds)
        bodies = self.site.folder / "bodies"
        bodies.write_text("".join(f"{line}\n" for line in lines))
        headers.pop(VARIED[page.posts], None)
        return Target(url, {**headers, **more}, bodies, VARIED[page.posts])


def settle(pid: int):
    """Wait until a server has finished what it was sent: it goes on when the client has left."""
    before = cpu_seconds(pid)
    time.sleep(QUIET)
    while (now := cpu_seconds(pid)) != before:
        before = now
        time.sleep(QUIET)


def answers_since(log: Path, position: int) -> int:
    """How many requests a server has logged since its log was that long. wrk does not count those it left."""
    with log.open("rb") as lines:
        lines.seek(position)
        return sum(LOGGED in line for line in lines)


def medians(samples: Samples) -> dict[tuple[Page, int], Sample]:
    """One sample for each page and number of connections, each value the median over the rounds."""
    return {key: Sample(*map(median, zip(*rounds, strict=True))) for key, rounds in samples.items() if rounds}
