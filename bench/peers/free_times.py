"""Free times of a day: Sergio's page, with ten staff and the days around it, beside django-appointment's one."""

import tempfile
from contextlib import ExitStack
from datetime import date, timedelta
from pathlib import Path

from sqlalchemy import update

from bench.measure import Bench
from bench.peers.compare import Answer, Question, answers
from bench.peers.environments import environment, served, version_of
from bench.progress import Progress
from bench.site import SQLITE, Hello, Site, site
from sergio import create_app
from sergio.big_world.history import CREW, FIRST
from sergio.companies.models import Company
from sergio.extensions import db
from sergio.staff.models import StaffMember, WorkingHours

PEER = "django-appointment"
PATH = "/appointment/ajax/available_slots/?selected_date={day}&staff_member=1&service_id=1"
AJAX = {"X-Requested-With": "XMLHttpRequest"}


def measured(hello: Hello, progress: Progress) -> list[Answer]:
    progress.say(f"{PEER}: making its environment")
    python = environment(PEER, PEER, "granian")
    today = date.today()  # noqa: DTZ011 - the peer's day is this machine's too
    path = PATH.format(day=today + timedelta(days=7 - today.weekday()))
    label = f"{PEER} {version_of(python, PEER)}: free times of one"
    question = Question("times", f"Sergio: times to book of {CREW + 1} staff", path, AJAX, "available_slots", label)
    with ExitStack() as stack:
        own = stack.enter_context(site(SQLITE))
        make_crew_bookable(own)
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        peer = stack.enter_context(served(python, "appointments.py", folder))
        return answers(question, Bench(own, hello), peer, progress)


def make_crew_bookable(site: Site):
    """The large company's technicians, from nine to five, beside the demo's one."""
    with create_app(site.config).app_context():
        company_id = db.session.scalars(Company.at("sparkle")).one().id
        crew = range(FIRST, FIRST + CREW)
        for staff_id in crew:
            for weekday in range(5):
                times = {"weekday": weekday, "opens": 9 * 60, "closes": 17 * 60}
                db.session.add(WorkingHours(company_id=company_id, staff_id=staff_id, **times))
        mine = StaffMember.company_id == company_id, StaffMember.id.in_(crew)
        db.session.execute(update(StaffMember).where(*mine).values(bookable=True))
        db.session.commit()
        for engine in db.engines.values():
            engine.dispose()
