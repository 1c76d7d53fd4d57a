"""A preview changes nothing: every page is opened and every form sent, and no table, email or payment is another."""

import re
from dataclasses import replace
from datetime import timedelta
from html import unescape
from urllib.parse import urlsplit

import pytest
from sqlalchemy import select, text, update

from sergio import portal
from sergio.audit.actor import BY_SYSTEM
from sergio.auth import preview, requester
from sergio.customers.models import Customer, Property
from sergio.database.engines import Session
from sergio.extensions import db
from sergio.lib import clock, effects
from sergio.outbox.smtp import mail
from sergio.payments.methods import CASH
from sergio.payments.models import Payment
from sergio.payments.stripe import onboarding
from sergio.web.request import allow_writing
from tests.booking import builders as booking
from tests.invoices import builders as invoices
from tests.payments.conftest import running, sandbox  # noqa: F401 - fixtures
from tests.quotes import builders as quotes
from tests.snapshot import digests

SAID = "This is a preview. Nothing was changed."
FORM = re.compile(r"<form\b(.*?)>(.*?)</form>", re.DOTALL)
FIELD = re.compile(r'<(?:input|textarea|select|button)\b[^>]*?name="([^"]+)"(?:[^>]*?value="([^"]*)")?')
LINK = re.compile(r'(?:href|hx-get)="(/portal/[^"#]*)"')
FILLED = {"name": "Somebody", "message": "Please change it.", "reason": "No.", "agreed": "y", "street": "1 New Street"}


@pytest.fixture
def everything(session, world, work):
    """Ana has what every page of the portal needs, and no job is due."""
    ana, now = world.ana, clock.now()
    quotes.sent(ana)
    signed = quotes.sent(ana)
    signed.accept(ana, quotes.SIGNED, [], version=1, shown=quotes.total(signed), by=BY_SYSTEM, at=now)
    invoices.invoice(ana, at=now)
    Payment.record(invoices.invoice(ana, at=now), method=CASH, by=BY_SYSTEM, at=now)
    clean = booking.service(ana.company, "Deep clean", lead_minutes=0)
    soon = (now + timedelta(days=9)).replace(hour=15, minute=0, second=0, microsecond=0)
    booking.appointment(clean, ana, world.theo, soon)
    session.commit()
    work()
    return ana


@pytest.fixture
def previewing(browser_of, everything, olga):
    """Olga's browser, in which Ana's portal is previewed."""
    browser = browser_of(olga)
    browser.post("/office/preview", {"customer": everything.customer.number})
    return browser


EXPECTED_FORMS = {
    "/portal/account",
    "/portal/account/devices/end",
    "/portal/appointments/1/cancel",
    "/portal/appointments/1/reschedule",
    "/portal/book",
    "/portal/invoices/1/pay",
    "/portal/quotes/1/acceptance",
    "/portal/quotes/1/change-request",
    "/portal/quotes/1/decline",
    "/portal/sign-out",
}


class Crawl:
    """Every page that a browser finds from the portal's home, and every form on them."""

    def __init__(self, browser):
        self.browser, self.pages, self.forms = browser, {}, {}
        waiting = ["/portal/"]
        while waiting:
            path = waiting.pop()
            if shape(path) in map(shape, self.pages):
                continue
            self.pages[path] = response = browser.get(path)
            if response.status_code == 303 and response.location.startswith("/portal/"):
                waiting.append(response.location)
            if response.mimetype == "text/html":
                waiting += [unescape(link) for link in LINK.findall(response.text)]
                self.note_forms(path, response.text)

    def note_forms(self, path: str, html: str):
        for attributes, content in FORM.findall(html):
            action = unescape((re.search(r'action="([^"]*)"', attributes) or ["", path])[1])
            if 'method="post"' in attributes and action.startswith("/portal/"):
                self.forms[action] = fields_of(content)
            for other in re.findall(r'formaction="([^"]+)"', content):
                self.forms[unescape(other)] = fields_of(content)

    def send_all(self, **how) -> list:
        return [self.browser.post(action, fields, **how) for action, fields in self.forms.items()]


def fields_of(content: str) -> dict:
    """The fields of a form, filled in; without its token, which a browser test adds."""
    found = {unescape(name): unescape(value) for name, value in FIELD.findall(content)}
    found.pop("csrf_token", None)
    return {name: value or FILLED.get(name, "") for name, value in found.items()}


def shape(path: str) -> str:
    """A path without the times and pages that it leads to."""
    parts = urlsplit(path)
    names = sorted(pair.partition("=")[0] for pair in parts.query.split("&"))
    return f"{parts.path}?{'&'.join(names)}"


def made_by_hand(app) -> list[str]:
    """The path of every POST of the portal, with numbers that there are and others."""
    rules = [
        rule for rule in app.url_map.iter_rules() if rule.endpoint.startswith("portal.") and "POST" in rule.methods
    ]
    return [re.sub(r"<(?:int:)?(\w+)>", number, rule.rule) for rule in rules for number in ("1", "2", "99")]


def sent(app, browser, paths):
    for path in paths:
        for how in ({}, {"htmx": True}, {"headers": {"Sec-Fetch-Site": "none"}}):
            yield path, how, browser.post(path, {**FILLED, "version": 1, "service": 1, "place": 1}, **how)


def state(sandbox):  # noqa: F811
    """The database, and the sandbox; the outbox is a table."""
    return digests(), repr(sandbox.to_json())


def test_opening_every_page_and_sending_every_form_changes_nothing(app, previewing, sandbox, work):  # noqa: F811
    before = state(sandbox)
    found = Crawl(previewing)
    assert {path: page.status for path, page in found.pages.items() if page.status_code >= 400} == {}
    for path, page in found.pages.items():
        assert page.mimetype != "text/html" or page.status_code != 200 or "Exit preview" in page.text, path
    kinds = {page.mimetype for page in found.pages.values()}
    assert {"text/html", "application/pdf", "text/calendar"} <= kinds
    assert len(found.pages) > 25
    assert {path.partition("?")[0] for path in found.forms} >= EXPECTED_FORMS
    for response in found.send_all():
        assert response.status_code == 303
    for response in found.send_all(htmx=True):
        assert response.headers["HX-Redirect"]
    assert SAID in previewing.get("/portal/").text
    for path, how, response in sent(app, previewing, made_by_hand(app)):
        assert response.status_code in (200, 303, 403), (path, how)
        assert response.status_code != 200 or "HX-Redirect" in response.headers, (path, how)
    assert state(sandbox) == before
    assert work() == 0


@pytest.fixture
def views_run(monkeypatch):
    """Without the guard of the door, and with the contact whom a preview does not have."""
    monkeypatch.setattr(portal, "preview_response", lambda: None)
    viewer_of = preview.viewer_of

    def with_contact(company, customer, *, by):
        return replace(viewer_of(company, customer, by=by), contact=customer.contact)

    monkeypatch.setattr(preview, "viewer_of", with_contact)


def send_by_hand(app, browser) -> set[int]:
    fields = {**FILLED, "version": 1, "service": 1, "place": 1}
    return {browser.post(path, fields).status_code for path in made_by_hand(app) if "sign-" not in path}


def test_control_without_its_guards_a_form_changes_the_database(app, previewing, views_run, monkeypatch):
    before = digests()
    monkeypatch.setattr(requester, "refuse_effects", lambda: None)
    send_by_hand(app, previewing)
    after = digests()
    changed = {name for name in before if before[name] != after[name]}
    assert changed >= {"contact", "quote", "appointment", "audit_entry", "outgoing_email", "job"}


def test_even_views_that_run_cannot_write(app, previewing, views_run):
    before = digests()
    assert send_by_hand(app, previewing) & {500, 503}
    assert digests() == before


TRIES = {
    "a session of its own": lambda: write_apart(),
    "the request's session": lambda: write(db.session),
    "the request's session, allowed to": lambda: (allow_writing(), write(db.session)),
    "a locked row": lambda: db.session.execute(select(Customer).with_for_update()).all() and no_lock(),
    "the writing engine": lambda: write_by_hand(),
    "an email": lambda: mail.connect(),
    "Stripe": lambda: onboarding.read("acct_sparkle"),
}


def write_by_hand():
    with db.engine.begin() as connection:
        connection.execute(text("UPDATE customer SET name = 'changed'"))


def write_apart():
    with Session(db) as session:
        write(session)


def write(session):
    statement = update(Customer).values(name="changed").where(Customer.company_id == 1)
    session.execute(statement.execution_options(synchronize_session=False))
    session.commit()


def no_lock():
    """Reading rows to lock them is harmless if it did not use the engine that writes."""
    assert db.session.connection().engine is db.engines["reading"]
    raise effects.EffectRefused("read only")


@pytest.mark.parametrize("what", TRIES)
def test_code_that_tries_to_have_an_effect_is_refused(app, previewing, sandbox, monkeypatch, what):  # noqa: F811
    before, outcome = state(sandbox), []

    def view():
        try:
            TRIES[what]()
        except Exception as error:
            outcome.append(type(error).__name__)
        return "done"

    monkeypatch.setitem(app.view_functions, "portal.home.index", view)
    for ask in (previewing.get, lambda path: previewing.get(path, headers={"HX-Request": "true"})):
        assert ask("/portal/").status_code == 200
    assert len(outcome) == 2
    assert set(outcome) <= {"EffectRefused", "OperationalError", "InternalError", "PermissionError"}, outcome
    assert state(sandbox) == before


@pytest.mark.parametrize("what", ["a session of its own", "the writing engine", "an email", "Stripe"])
def test_control_outside_a_preview_it_is_not(app, browser_of, ana, session, sandbox, monkeypatch, what):  # noqa: F811
    outcome = []
    session.commit()
    browser = browser_of(ana)
    monkeypatch.setitem(app.view_functions, "portal.home.index", lambda: outcome.append(TRIES[what]()) or "done")
    assert browser.get("/portal/").status_code == 200
    assert len(outcome) == 1


def test_the_next_request_of_the_same_thread_may_have_effects(previewing, browser_of, everything, session):
    previewing.get("/portal/")
    assert browser_of(everything).post("/portal/account", {"name": "Ana Maria", "phone": ""}).status_code == 303
    session.rollback()
    assert everything.name == "Ana Maria"


def test_no_service_address_was_added(previewing, session):
    before = session.scalars(select(Property.id)).all()
    previewing.post("/portal/book/place", {"service": 1, "street": "1 New Street"})
    session.rollback()
    assert session.scalars(select(Property.id)).all() == before
