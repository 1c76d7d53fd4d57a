"""Whatever order Stripe's reports of a payment come in, however often, and whichever are lost: one ledger."""

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import groupby, permutations
from random import Random

import pytest
from sqlalchemy.exc import IntegrityError

from sergio.extensions import db
from sergio.payments import sync
from sergio.payments.models import PaymentAttempt
from tests.faults import payment_lives as lives
from tests.payments.test_races import at_once


def outcomes_of(life: lives.Life, orders: Iterable[Sequence[int]]) -> Counter:
    """How often which ledger comes of applying the reports of a life in each of these orders, given by index. Orders
    that begin alike share what they begin with, in savepoints that are rolled back; a new transaction every so often
    keeps SQLite from remembering them all.
    """
    found = Counter()

    def go_on(depth: int, orders: list[Sequence[int]]):
        for index, following in groupby(orders, lambda order: order[depth] if len(order) > depth else None):
            orders = list(following)
            if index is None:
                found[lives.ledger_of(life.attempt)] += len(orders)
                continue
            with db.session.begin_nested() as here:
                lives.apply(life.story[index])
                go_on(depth + 1, orders)
                here.rollback()

    for _beginning, following in groupby(sorted(orders), lambda order: order[:2]):
        go_on(0, list(following))
        db.session.rollback()
    return found


@pytest.fixture
def life(ana, session, without_emails):
    """That of a payment of two invoices."""
    life = lives.several(ana)
    session.commit()
    return life


@pytest.fixture
def without_emails(ana):
    """Nobody has an email address: composing emails takes longer than all else here."""
    ana.email = ana.company.email = ""


@pytest.mark.usefixtures("one_database")
def test_all_orders_of_seven_events_give_one_ledger(life, long):
    events = range(7) if long else range(0, 7, 2)
    found = outcomes_of(life, permutations(events))
    assert list(found.values()) == [5_040 if long else 24]


@pytest.mark.usefixtures("one_database")
def test_control_taking_each_report_as_the_newest_gives_several(life, monkeypatch):
    monkeypatch.setattr(sync, "later", lambda statuses, known, found: found)
    assert len(outcomes_of(life, permutations(range(3, 7)))) > 1


def multisets(count: int) -> set[tuple[int, ...]]:
    """So many different ones: reports in any order, some repeated, some lost; in the end the reconciler reads what
    Stripe says then.
    """
    chance, found = Random(20261130), set()
    while len(found) < count:
        found.add((*chance.choices(range(7), k=chance.randint(0, 6)), 6))
    return found


@pytest.mark.usefixtures("one_database", "without_emails")
@pytest.mark.parametrize("kind", lives.KINDS)
def test_random_multisets_of_reports_give_one_ledger(kind, ana, session, long):
    life, count = kind(ana), 2_500 if long else 20
    session.commit()
    assert list(outcomes_of(life, multisets(count)).values()) == [count]


@pytest.mark.usefixtures("one_database")
def test_control_multisets_differ_where_the_first_report_is_kept(life, monkeypatch):
    monkeypatch.setattr(sync, "later", lambda statuses, known, found: known or found)
    assert len(outcomes_of(life, multisets(10))) > 1


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
