"""What the tests of quotes share: an open quote of Ana's, her acceptance, and a way to change rows that are final."""

import pytest
from sqlalchemy import text, update

from sergio.audit.actor import BY_SYSTEM
from sergio.database.append_only import install_triggers, trigger_name
from sergio.extensions import db
from sergio.lib import clock
from tests.factories import by
from tests.quotes import builders


@pytest.fixture
def quote(session, ana):
    """Quote 1, sent to Ana today, open for two weeks."""
    quote = builders.sent(ana)
    session.commit()
    return quote


@pytest.fixture
def proof(session, ana, quote):
    """Ana's acceptance of the fence and the gate, and not of the lamp, in the second version that was sent."""
    quote.revise(by=BY_SYSTEM, at=clock.now())
    quote.accept(ana, builders.SIGNED, [quote.lines[1].id], version=2, shown=165_000, by=by(ana), at=clock.now())
    session.commit()
    return quote.acceptance


@pytest.fixture
def tamper(app, session):
    """`tamper(table, values)` changes all rows, as somebody can who owns the database and drops its triggers first."""

    def change(table, **values):
        session().begin_writing()
        session.execute(text(drop_trigger(trigger_name(table.__tablename__, "update"), table.__tablename__)))
        session.execute(update(table).values(values).execution_options(synchronize_session=False))
        session.commit()
        session.expire_all()

    yield change
    session.rollback()
    with db.engine.begin() as connection:
        install_triggers(connection)


def drop_trigger(name: str, table: str) -> str:
    on = f" ON {table}" if db.engine.dialect.name == "postgresql" else ""
    return f"DROP TRIGGER {name}{on}"
