"""Bookings under load: many customers at once against a real server, on each database.

    .venv/bin/python -m tests.faults.booking_load [--clients 64] [--presses 2000] [--workers 2]

Prints, for each database, the bookings a second and how long customers waited.
"""

import argparse
import http.client
import itertools
import os
import secrets
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import NamedTuple
from urllib.parse import urlencode

import click
from sqlalchemy import select

from sergio import create_app
from sergio.audit.actor import BY_SYSTEM
from sergio.auth.models import SignIn
from sergio.auth.sessions import COOKIES
from sergio.booking.models import Appointment
from sergio.database.upgrade import bring_up_to_date
from sergio.extensions import db
from sergio.lib import clock
from sergio.staff.models import TECHNICIAN
from tests import factories
from tests.booking.builders import NEW_YORK, service
from tests.faults.program import HOST, Client, Web, environment, running, wait_until
from tests.ports import free_port

STAFF = 8
CONTENDED = 5  # every fifth press is for a time that everybody tries to book
BOOKED, TAKEN, LOST = "booked", "taken", "lost"


class Customer(threading.Thread):
    """Books one time after the other on one keep-alive connection, until `times` ends."""

    def __init__(self, web: Web, cookie: str, choice: dict, times):
        super().__init__()
        self.client = Client(web.port, cookies={COOKIES["portal"]: cookie})
        self.choice, self.times, self.pause = choice, times, 0.0
        self.responses: list[tuple[str, float]] = []  # outcome, seconds
        self.numbers: list[int] = []  # the numbers of the confirmed appointments

    def run(self):
        with closing(http.client.HTTPConnection(HOST, self.client.port, timeout=60)) as connection:
            for starts_at in self.times:
                started = time.monotonic()
                try:
                    outcome = self.book(connection, starts_at)
                except (OSError, http.client.HTTPException):
                    connection.close()
                    outcome = LOST
                self.responses.append((outcome, time.monotonic() - started))

    def has_token(self) -> bool:
        """Whether it has the token of forms, asking for a page with one: its worker may just have been killed."""
        with suppress(OSError, http.client.HTTPException):
            self.client.get("/portal/sign-in/none")
        return bool(self.client.token)

    def book(self, connection, starts_at: datetime) -> str:
        form = {"csrf_token": self.client.token, "at": f"{starts_at:%Y-%m-%dT%H:%MZ}", **self.choice}
        headers = {
            "Host": self.client.host,
            "Content-Type": "application/x-www-form-urlencoded",
            "Sec-Fetch-Site": "same-origin",
            "Cookie": "; ".join(f"{name}={value}" for name, value in self.client.cookies.items()),
        }
        connection.request("POST", "/portal/book", urlencode(form), headers)
        response = connection.getresponse()
        response.read()
        if response.status == 303 and "/confirmation" in response.headers["Location"]:
            self.numbers.append(int(response.headers["Location"].split("/")[-2]))
            return BOOKED
        return TAKEN if response.status == 422 else str(response.status)


def town(clients: int) -> tuple[list[str], list[dict]]:
    """A company with room for many, and its customers: the cookie and the choice (service and place) of each."""
    company = factories.company("sparkle", "Sparkle Cleaning", "starter", lead_minutes=0, most_bookings=10_000)
    for n in range(STAFF):
        factories.staff(company, f"Technician{n}", TECHNICIAN)
    offered = service(company, "Windows", minutes=30)
    cookies, choices = [], []
    for n in range(clients):
        contact = factories.contact(company, f"Customer {n}", f"customer{n}@example.com")
        row, secret = SignIn.start(contact, browser="a load", by=BY_SYSTEM, now=clock.now())
        db.session.add(row)
        cookies.append(secret)
        choices.append({"service": offered.number, "place": contact.customer.properties[0].number})
    db.session.commit()
    return cookies, choices


def shared(times):
    """An iterator for many threads: each time goes to one of them."""
    lock = threading.Lock()
    times = iter(times)

    def following():
        with lock:
            return next(times, None)

    return iter(following, None)


def free_times() -> Iterator[datetime]:
    """Times that all the staff are free for."""
    midnight = datetime.now(NEW_YORK).replace(hour=0, minute=0, second=0, microsecond=0)
    days = (midnight + timedelta(days=n) for n in itertools.count(1))
    starts = (day + half * timedelta(minutes=30) for day in days if day.weekday() < 5 for half in range(18, 34))
    return (start.astimezone(UTC) for start in starts)


def in_turn(presses: int) -> Iterator[datetime]:
    """One free time after the other, each as often as there are staff; every `CONTENDED`th once too often."""
    times = (at for start in free_times() for at in [start] * (STAFF + STAFF // CONTENDED))
    return itertools.islice(times, presses)


def at_random(count: int, presses: int) -> Iterator[datetime]:
    """Each time one of the first `count` free times."""
    times = list(itertools.islice(free_times(), count))
    return iter(Random(20261130).choices(times, k=presses))


def press(web: Web, cookies: list[str], choices: list[dict], times: Iterable[datetime]) -> list[Customer]:
    """Let all customers book at once, each time one of `times`."""
    times = shared(times)
    customers = [Customer(web, cookie, choice, times) for cookie, choice in zip(cookies, choices, strict=True)]
    for customer in customers:
        wait_until(customer.has_token)
    for customer in customers:
        customer.start()
    for customer in customers:
        customer.join()
    return customers


def processor_seconds(web: Web) -> float:
    """How long the processors have worked for a server by now (proc_pid_stat(5): utime and stime, in ticks)."""
    spent = [Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13] for pid in web.children]
    return sum(int(ticks) for pair in spent for ticks in pair) / os.sysconf("SC_CLK_TCK")


def collisions() -> int:
    """How many appointments begin before the same staff member is free of the one before."""
    rows = db.session.execute(
        select(Appointment.staff_id, Appointment.starts_at, Appointment.free_at).order_by(
            Appointment.staff_id, Appointment.starts_at
        )
    ).all()
    return sum(a.staff_id == b.staff_id and b.starts_at < a.free_at for a, b in itertools.pairwise(rows))


class Outcome(NamedTuple):
    """Bookings a second, waits in milliseconds, what came of the presses, CPU milliseconds of each, and collisions."""

    rate: float
    p50: float
    p99: float
    longest: float
    counts: Counter
    cpu: float
    doubles: int

    def __str__(self):
        waits = f"{self.rate:8.0f}/s {self.p50:8.0f} {self.p99:8.0f} {self.longest:8.0f} ms"
        return f"{waits}   {dict(self.counts)} doubles {self.doubles}, {self.cpu:.0f} ms CPU each"


def load(kind: str, *, clients: int, presses: int, workers: int) -> Outcome:
    """Let that many customers book at once on a new database of that kind."""
    with ExitStack() as stack:
        app = stack.enter_context(database(kind, stack))
        cookies, choices = town(clients)
        log = Path(app.config["SERGIO"].instance) / "log"
        web = Web(free_port(), "--workers", workers, log=log, env=environment(app.config["SERGIO"]))
        stack.enter_context(running(web))
        web.wait_until_up()
        started, busy = time.monotonic(), processor_seconds(web)
        customers = press(web, cookies, choices, in_turn(presses))
        return outcome(customers, time.monotonic() - started, processor_seconds(web) - busy)


def outcome(customers: list[Customer], seconds: float, busy: float) -> Outcome:
    waits = sorted(wait for customer in customers for result, wait in customer.responses if result == BOOKED)
    counts = Counter(result for customer in customers for result, _ in customer.responses)
    p50, p99, longest = (waits[min(int(len(waits) * share), len(waits) - 1)] * 1000 for share in (0.5, 0.99, 1))
    return Outcome(len(waits) / seconds, p50, p99, longest, counts, busy / counts.total() * 1000, collisions())


@contextmanager
def database(kind: str, stack: ExitStack):
    """An app on a new database of that kind, with the settings of production."""
    from tests import postgres
    from tests.conftest import CONFIG

    url = ""
    instance = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    if kind == "postgresql":
        url = postgres.new_database(stack.enter_context(postgres.postgres_server(settings=())), "sergio")
    own = {"env": "production", "database_key": secrets.token_hex(32), "mail_sender": "portal@sergio.test"}
    app = create_app(replace(CONFIG, database_url=url, instance=instance, **own))
    with app.app_context():
        bring_up_to_date(db.engine)
        yield app


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--clients", type=int, default=64)
    parser.add_argument("--presses", type=int, default=2000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--database", action="append")
    args = parser.parse_args()
    click.echo(f"{'':12} {'booked':>10} {'p50':>8} {'p99':>8} {'longest':>8}")
    for kind in args.database or ["sqlite", "postgresql"]:
        click.echo(f"{kind:12} {load(kind, clients=args.clients, presses=args.presses, workers=args.workers)}")


if __name__ == "__main__":
    main()
