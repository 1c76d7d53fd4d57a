"""Whatever order Stripe's reports of a payment come in, however often, and whichever are lost: one ledger."""

from collections.abc import Callable
from random import Random

import pytest
from sqlalchemy.exc import IntegrityError

from sergio.extensions import db
from sergio.payments import sync
from sergio.payments.models import PaymentAttempt
from tests.faults import payment_lives as lives
from tests.payments.test_races import at_once


def outcomes_of_every_order(life: lives.Life, outcome: Callable) -> tuple[set, int]:
    """The different outcomes of all orders of a story, and how many orders there were. Orders that begin alike share
    what they begin with, in savepoints that are rolled back.
    """
    found, orders = set(), 0

    def go_on(left):
        nonlocal orders
        if not left:
            found.add(outcome(life.attempt))
            orders += 1
        for index, snapshot in enumerate(left):
            with db.session.begin_nested() as here:
                lives.apply(snapshot)
                go_on(left[:index] + left[index + 1 :])
                here.rollback()

    go_on(life.story)
    return found, orders


@pytest.fixture
def life(ana, session):
    """That of a payment of two invoices."""
    life = lives.several(ana)
    session.commit()
    return life


@pytest.mark.usefixtures("one_database")
def test_all_orders_of_seven_events_give_one_ledger(life, long):
    story = life.story if long else life.story[::2]
    found, orders = outcomes_of_every_order(life._replace(story=story), lives.ledger_of)
    assert (len(found), orders) == (1, 5_040 if long else 24)


@pytest.mark.usefixtures("one_database")
def test_control_taking_each_report_as_the_newest_gives_several(life, monkeypatch):
    monkeypatch.setattr(sync, "later", lambda statuses, known, found: found)
    found, _orders = outcomes_of_every_order(life._replace(story=life.story[-4:]), lives.ledger_of)
    assert len(found) > 1


def some_of(story: list, chance: Random) -> list:
    """Reports in any order, some repeated, some lost."""
    return chance.choices(story, k=chance.randint(0, 8))


def differing_multisets(each_life: list[lives.Life], count: int) -> int:
    """How many random multisets of reports differ from what one reading of the end gives, after the reconciler has
    read that, too.
    """
    chance, expected, differing = Random(20261130), {}, 0
    for life in each_life:
        with db.session.begin_nested() as here:
            lives.apply(life.story[-1])
            expected[life.attempt.id] = lives.ledger_of(life.attempt)
            here.rollback()
    for _round in range(count):
        life = chance.choice(each_life)
        with db.session.begin_nested() as here:
            for snapshot in [*some_of(life.story, chance), life.story[-1]]:
                lives.apply(snapshot)
            differing += lives.ledger_of(life.attempt) != expected[life.attempt.id]
            here.rollback()
    return differing


@pytest.fixture
def all_kinds(ana, session):
    made = [kind(ana) for kind in lives.KINDS]
    session.commit()
    return made


@pytest.mark.usefixtures("one_database")
def test_random_multisets_of_reports_give_one_ledger(all_kinds, long):
    assert differing_multisets(all_kinds, 10_000 if long else 100) == 0


@pytest.mark.usefixtures("one_database")
def test_control_multisets_differ_where_each_report_is_taken_as_the_newest(all_kinds, monkeypatch):
    monkeypatch.setattr(sync, "later", lambda statuses, known, found: known or found)
    assert differing_multisets(all_kinds, 100) > 0


def eight_at_once(app, life: lives.Life, chance: Random) -> int:
    """Let eight workers apply the reports at once, each in its own order: how many fail."""
    orders = [chance.sample(life.story, len(life.story)) for _worker in range(8)]

    def work(worker):
        with app.app_context():
            try:
                for snapshot in orders[worker]:
                    lives.apply(snapshot)
                    db.session.commit()
            except IntegrityError:
                db.session.rollback()
                return 1
            return 0

    return sum(at_once(8, work))


@pytest.mark.parametrize("kind", lives.KINDS)
def test_eight_workers_at_once_give_one_ledger(kind, app, ana, session, long):
    chance, found = Random(8), set()
    for number in range(10 if long else 1):
        life = kind(ana, f"pi_{number}")
        session.commit()
        assert eight_at_once(app, life, chance) == 0
        session.rollback()
        session.expire_all()
        found.add(lives.ledger_of(life.attempt))
    assert len(found) == 1


def test_control_without_the_lock_of_the_invoices_workers_collide(app, ana, session, monkeypatch):
    if not app.config["SERGIO"].database_url:
        pytest.skip("SQLite has one writer at a time")
    monkeypatch.setattr(PaymentAttempt, "lock_invoices", lambda attempt: attempt.invoices)
    collided, chance = 0, Random(8)
    for number in range(6):
        life = lives.card(ana, f"pi_{number}")
        session.commit()
        collided += eight_at_once(app, life, chance)
        session.rollback()
    assert collided > 0
