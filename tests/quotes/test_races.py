"""Two people answer one quote at the same moment: one of them wins, and the other is told."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import create_engine, func, select

from sergio.audit.actor import BY_SYSTEM
from sergio.database.engines import Session, sqlite_engine
from sergio.extensions import db
from sergio.invoices.models import Invoice
from sergio.lib import clock
from sergio.quotes import invoicing
from sergio.quotes.answer import QuoteAcceptanceUndone
from sergio.quotes.models import Quote, QuoteAcceptance, QuoteDecline
from tests.browser import settle
from tests.quotes.builders import SIGNED, acceptance, lines

ANSWERS = {
    "accept": lambda quote: quote.accept(quote.customer.contact, SIGNED, [], version=1, shown=132_000, **now()),
    "decline": lambda quote: quote.decline(quote.customer.contact, "", version=1, **now()),
    "revise": lambda quote: quote.revise(lines(), **now()),
    "withdraw": lambda quote: quote.withdraw(**now()),
}
PAIRS = [("accept", "accept"), ("accept", "decline"), ("accept", "revise"), ("accept", "withdraw")]


def now() -> dict:
    return {"by": BY_SYSTEM, "at": clock.now()}


@pytest.fixture
def unguarded(app, monkeypatch):
    """The same without the row lock and SQLite's immediate transaction, which keep two writers apart."""
    monkeypatch.setattr(Quote, "lock", lambda quote: None)
    config = app.config["SERGIO"]
    if config.database_url:
        yield
        return
    engine = create_engine(**sqlite_engine(config.database_path, config.cipher_key, query_only=False))
    monkeypatch.setattr(Session, "get_bind", lambda session, *args, **kwargs: engine)
    yield
    engine.dispose()


def at_once(app, quote_id, *answers) -> list[str]:
    """What became of each answer, given by a thread of its own at the same moment."""
    start = Barrier(len(answers))

    def give(answer):
        with app.app_context():
            start.wait()
            try:
                ANSWERS[answer](db.session.get_one(Quote, quote_id))
                db.session.commit()
            except Exception as error:
                db.session.rollback()
                return type(error).__name__
            return "done"

    with ThreadPoolExecutor(len(answers)) as threads:
        return sorted(threads.map(give, answers))


@pytest.mark.usefixtures("slow_writing")
@pytest.mark.parametrize("pair", PAIRS, ids="-".join)
def test_one_answer_wins_and_the_other_is_refused(app, session, quote, pair):
    quote_id = quote.id
    settle()
    assert at_once(app, quote_id, *pair) == ["Refused", "done"]
    taken, declined = (
        session.scalar(select(func.count()).select_from(kind)) for kind in (QuoteAcceptance, QuoteDecline)
    )
    changed = quote.version == 2 or quote.withdrawn_at is not None
    assert taken + declined + changed == 1


@pytest.mark.usefixtures("slow_writing", "unguarded")
@pytest.mark.parametrize("pair", PAIRS, ids="-".join)
def test_control_without_the_lock_both_are_accepted(app, session, quote, pair):
    """The control of the test above."""
    quote_id = quote.id
    settle()
    assert at_once(app, quote_id, *pair) != ["Refused", "done"]


@pytest.mark.usefixtures("slow_writing")
def test_two_browsers_accept_at_once_and_both_get_a_page(app, browser_of, session, ana, quote, outbox):
    forms = acceptance(quote)
    browsers = [browser_of(ana), browser_of(ana)]
    tokens = [browser.csrf_token() for browser in browsers]
    settle()
    start = Barrier(2)

    def accept(browser, token):
        start.wait()
        origin = {"Sec-Fetch-Site": "same-origin"}
        path, data = "/portal/quotes/1/acceptance", {**forms, "csrf_token": token}
        return browser.client.post(path, data=data, base_url=browser.base_url, headers=origin).status_code

    with ThreadPoolExecutor(2) as threads:
        assert list(threads.map(accept, browsers, tokens)) == [303, 303]
    assert session.scalar(select(func.count()).select_from(QuoteAcceptance)) == 1
    assert len(outbox.emails) == 3


AFTERWARDS = {
    "deposit": (lambda quote: invoicing.invoice_deposit(quote, **now()), Invoice),
    "rest": (lambda quote: invoicing.invoice_rest(quote, **now()), Invoice),
    "undo": (lambda quote: quote.undo_acceptance("A mistake.", **now()), QuoteAcceptanceUndone),
}
"""What staff do with an accepted quote, and the table of what comes of it."""


@pytest.fixture
def accepted(session, quote):
    """The quote, accepted, with a deposit that staff invoice themselves."""
    quote.revise(deposit=20_000, invoices_deposit=False, **now())
    quote.accept(quote.customer.contact, SIGNED, [], version=2, shown=132_000, **now())
    session.commit()
    return quote


@pytest.mark.usefixtures("slow_writing")
@pytest.mark.parametrize("step", AFTERWARDS)
def test_a_step_that_is_pressed_twice_is_done_once(app, session, accepted, monkeypatch, step):
    do, made = AFTERWARDS[step]
    monkeypatch.setitem(ANSWERS, step, do)
    quote_id = accepted.id
    settle()
    assert at_once(app, quote_id, step, step) == ["Refused", "done"]
    assert session.scalar(select(func.count()).select_from(made)) == 1


@pytest.mark.usefixtures("slow_writing", "unguarded")
@pytest.mark.parametrize("step", AFTERWARDS)
def test_control_without_the_lock_the_database_refuses_the_second(app, session, accepted, monkeypatch, step):
    """The control of the test above: both get as far as writing their row."""
    do, made = AFTERWARDS[step]
    monkeypatch.setitem(ANSWERS, step, do)
    quote_id = accepted.id
    settle()
    assert "Refused" not in at_once(app, quote_id, step, step)
    assert session.scalar(select(func.count()).select_from(made)) == 1
