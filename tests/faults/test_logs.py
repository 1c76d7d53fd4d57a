"""The log of a server and a worker after requests of every page: no name, no address, no token (F10)."""

import re
import socket
import time
from urllib.parse import quote

import pytest
from sqlalchemy import func, select

from sergio import seeds
from sergio.extensions import db
from sergio.jobs.models import Job
from sergio.lib import clock
from sergio.overview.offline import NO_TOKEN
from tests.browser import settle
from tests.faults.program import Client

CARD = "4242424242424242"
NEEDLES = {
    "name": "Needle Smith",
    "email": "needle@example.com",
    "street": "77 Needle Street",
    "phone": "+12075550123",
    "reason": "a needle in a reason",
    "code": "NEEDLE99",
    "token": "needle-token-0123456789abcdef",
    "card": CARD,
}
FIELDS = {
    **NEEDLES,
    "notes": "a needle in notes",
    "text": "a needle in a text",
    "agreed": "y",
    "service": 1,
    "place": 1,
    "signature": "needle",
    "at": "2027-01-04T09:00",
    "q": "needle",
    "cancel": "y",
}


@pytest.fixture
def silent_smtp():
    """A port where a mail server hangs up at once, so that every email fails."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        yield listener.getsockname()[1]


def path_of(rule) -> str:
    """A path of the route: the first row of its kind, and a token where it takes text."""
    return re.sub(r"<(int:|any\([^)]*\):)?\w+>", lambda part: "1" if part[1] else NEEDLES["token"], rule.rule)


def ask_for_everything(app, client: Client, doors: tuple):
    query = "?" + "&".join(f"{name}={quote(str(value))}" for name, value in FIELDS.items())
    for rule in app.url_map.iter_rules():
        if rule.endpoint.startswith(doors) and not rule.rule.endswith(("sign-out", "end")):
            if "GET" in rule.methods:
                client.get(path_of(rule) + query)
            if "POST" in rule.methods:
                client.post(path_of(rule), FIELDS)


def test_no_log_has_personal_data(app, world, serve, start, client_of, silent_smtp):
    seeds.offer(world.ana, "A needle of an offer", [("Work", 10_000)], clock.now(), sent=1)
    seeds.bill(world.ana, "A needle of a bill", [("Work", 10_000)], clock.now())
    db.session.commit()
    people = [world.ana, world.ben, world.olga, world.theo]
    secrets = {part for person in people for part in (person.name, person.email)} | {world.sparkle.email}

    web = serve(mail_port=silent_smtp)
    visitor = Client(web.port)
    ana = client_of(web, world.ana)
    olga = client_of(web, world.olga)
    for person in people[:2]:
        visitor.post("/portal/sign-in", {"email": person.email})
    ask_for_everything(app, visitor, ("public.", "portal.auth", "api."))
    ask_for_everything(app, ana, ("portal.",))
    ask_for_everything(app, olga, ("office.",))
    visitor.get(f"/{NEEDLES['email']}?card={CARD}")

    worker = start("work", mail_port=silent_smtp)
    while not db.session.scalar(select(func.count(Job.id)).where(Job.attempts > 0)):
        settle()
        time.sleep(0.2)
    web.stop()
    worker.stop()

    log = web.log + worker.log
    for client in (visitor, ana, olga):
        secrets |= {client.token, *client.cookies.values()} - {"", NO_TOKEN}
    assert len(re.findall(r"sergio\.requests id=\w+ company=sparkle ", web.log)) > 60
    assert re.search(r"sergio\.jobs id=\d+ job=outbox\.deliver company_id=\S+ outcome=waiting", worker.log)
    assert not [secret for secret in {*secrets, *NEEDLES.values()} if secret in log]
    assert "eedle" not in log
