"""Free times of a day: Sergio's page, with ten staff and the days around it, beside django-appointment's one."""

import tempfile
from datetime import date, timedelta
from pathlib import Path
from statistics import median
from typing import NamedTuple

from sqlalchemy import update

from bench.load import Target, press
from bench.measure import Bench, settle
from bench.pages import PAGES
from bench.peers.environments import PeerServer, environment, served, version_of
from bench.processes import cpu_seconds
from bench.progress import Progress
from bench.site import SQLITE, Hello, Site, site
from sergio import create_app
from sergio.big_world.history import CREW, FIRST
from sergio.companies.models import Company
from sergio.extensions import db
from sergio.staff.models import StaffMember, WorkingHours
from tests.faults.program import HOST

PEER = "django-appointment"
PATH = "/appointment/ajax/available_slots/?selected_date={day}&staff_member=1&service_id=1"
AJAX = {"X-Requested-With": "XMLHttpRequest"}
ROUNDS, SECONDS = 3, 3


class Answer(NamedTuple):
    """CPU of a request, in milliseconds, and as a share of the hello."""

    name: str
    cpu: float
    share: float


def measured(hello: Hello, progress: Progress) -> list[Answer]:
    progress.say(f"{PEER}: making its environment")
    python = environment(PEER, PEER, "granian")
    times = next(page for page in PAGES if page.name == "times")
    with (
        tempfile.TemporaryDirectory() as folder,
        site(SQLITE) as own,
        served(python, "appointments.py", Path(folder)) as peer,
    ):
        make_crew_bookable(own)
        bench = Bench(own, hello)
        ours, theirs = [], []
        for turn in range(ROUNDS):
            progress.say(f"free times of a day, round {turn + 1}")
            ours.append((bench.sample(times, 1, SECONDS, 0).cpu, bench.load_hello(1)))
            theirs.append((cost(peer), bench.load_hello(1)))
    named = {f"Sergio, {CREW + 1} staff": ours, f"{PEER} {version_of(python, PEER)}, one": theirs}
    return [answer(name, samples) for name, samples in named.items()]


def answer(name: str, samples: list[tuple[float, float]]) -> Answer:
    return Answer(name, median(cpu for cpu, _ in samples), median(hello / cpu for cpu, hello in samples))


def cost(peer: PeerServer) -> float:
    """CPU milliseconds of the free times of next Monday."""
    today = date.today()  # noqa: DTZ011 - the peer's day is this machine's too
    path = PATH.format(day=today + timedelta(days=7 - today.weekday()))
    if "available_slots" not in (found := peer.get(path, AJAX)).text:
        raise RuntimeError(f"{PEER} answers {found.status}")
    before = cpu_seconds(peer.pid)
    load = press(Target(f"http://{HOST}:{peer.port}{path}", AJAX), connections=1, seconds=SECONDS)
    settle(peer.pid)
    return (cpu_seconds(peer.pid) - before) / (load.requests + 1) * 1000


def make_crew_bookable(site: Site):
    """The large company's technicians, from nine to five, beside the demo's one."""
    with create_app(site.config).app_context():
        company_id = db.session.scalars(Company.at("sparkle")).one().id
        crew = range(FIRST, FIRST + CREW)
        hours = [(staff_id, weekday) for staff_id in crew for weekday in range(5)]
        for staff_id, weekday in hours:
            times = {"weekday": weekday, "opens": 9 * 60, "closes": 17 * 60}
            db.session.add(WorkingHours(company_id=company_id, staff_id=staff_id, **times))
        mine = StaffMember.company_id == company_id, StaffMember.id.in_(crew)
        db.session.execute(update(StaffMember).where(*mine).values(bookable=True))
        db.session.commit()
        for engine in db.engines.values():
            engine.dispose()
