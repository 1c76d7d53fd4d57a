"""Upgrades of a database with data: complete or rolled back, with every row kept."""

import shutil
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Boolean, Integer, MetaData, String, Table, inspect, text
from sqlalchemy.exc import IntegrityError

from sergio.database import upgrade
from sergio.database.engines import write_ahead
from sergio.database.revision import FOLDER, Outdated, require_up_to_date
from sergio.database.revision import revisions as known_revisions
from sergio.database.upgrade import BrokenReferences, bring_up_to_date, upgrading
from sergio.extensions import db
from tests.full import counts, fill_every_table

HEAD = ScriptDirectory(str(FOLDER)).get_current_head()
REVISION = '''"""A revision of these tests."""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "{name}", "{before}"


def upgrade():
{steps}
'''
UNIQUE = """    with op.batch_alter_table("company") as table:
        table.create_unique_constraint("uq_company_stripe_account_test", ["stripe_account"])
"""
KEY = """    with op.batch_alter_table("invoice") as table:
        table.add_column(sa.Column("follows_id", sa.Integer))
        table.create_foreign_key("fk_invoice_follows_test", "invoice", ["follows_id"], ["id"])
"""
FILLED = """    op.execute("UPDATE invoice SET notes = 'changed'")
    with op.batch_alter_table("invoice") as table:
        table.add_column(sa.Column("filled", sa.Integer))
"""
ANEW = """    with op.batch_alter_table("quote_version") as table:
        table.create_check_constraint("ck_quote_version_test", "total >= 0")
"""
LOSS = """    op.execute("DELETE FROM contact WHERE id = (SELECT min(id) FROM contact)")
"""
FAILS = (
    UNIQUE
    + """    op.execute("SELECT nothing FROM nowhere")
"""
)


@pytest.fixture
def fresh(app, session):
    """The tables as the program has them; afterwards they are so again."""
    session.remove()
    with app.extensions["states"].tables_kept():
        yield
        session.rollback()
        session.remove()


def start_anew():
    """An empty database, without tables."""
    for engine in db.engines.values():
        engine.dispose()
    if db.engine.dialect.name == "sqlite":
        for file in Path(db.engine.url.database).parent.glob("sergio.db*"):
            file.unlink()
    else:
        with db.engine.begin() as connection:
            connection.execute(text("DROP SCHEMA public CASCADE"))
            connection.execute(text("CREATE SCHEMA public"))


def revisions(folder: Path, *steps: str) -> Path:
    """A copy of our migrations, and a further revision for each of the steps."""
    shutil.copytree(FOLDER, folder, ignore=shutil.ignore_patterns("__pycache__"))
    for number, body in enumerate(steps, 1):
        before = f"test{number - 1}" if number > 1 else HEAD
        file = folder / "versions" / f"test{number}.py"
        file.write_text(REVISION.format(name=f"test{number}", before=before, steps=body))
    return folder


def revision() -> str:
    with db.engine.connect() as connection:
        return connection.scalar(text("SELECT version_num FROM alembic_version"))


def rows() -> dict[str, int]:
    with db.engine.connect() as connection:
        return counts(connection)


def test_every_revision_keeps_every_row_of_a_full_database(fresh, tmp_path):
    fill_every_table()
    before = rows()
    bring_up_to_date(db.engine, revisions(tmp_path / "further", UNIQUE, KEY, FILLED))
    assert rows() == before
    assert revision() == "test3"
    keys = {key["name"] for key in inspect(db.engine).get_foreign_keys("invoice")}
    assert {"fk_invoice_follows_test", "fk_invoice_company_id_customer_id"} <= keys


def test_a_revision_that_leaves_broken_references_is_rolled_back(fresh, tmp_path):
    fill_every_table()
    before = rows()
    with pytest.raises((BrokenReferences, IntegrityError)) as problem:
        bring_up_to_date(db.engine, revisions(tmp_path / "further", UNIQUE, LOSS))
    if problem.type is BrokenReferences:
        assert "to contact" in str(problem.value)
    assert (rows(), revision()) == (before, HEAD)


def test_if_a_revision_fails_the_whole_upgrade_is_rolled_back(fresh, tmp_path):
    with pytest.raises(Exception, match="nowhere"):
        bring_up_to_date(db.engine, revisions(tmp_path / "further", KEY, FAILS))
    assert revision() == HEAD
    assert "follows_id" not in {column["name"] for column in inspect(db.engine).get_columns("invoice")}


def test_foreign_keys_are_enforced_again_after_an_upgrade(fresh, session, world, tmp_path):
    session.commit()
    bring_up_to_date(db.engine, revisions(tmp_path / "further", UNIQUE))
    world.ana.customer_id = 999_999
    with pytest.raises(IntegrityError, match=r"(?i)foreign key"):
        session.commit()


def test_append_only_rows_are_still_protected_after_their_table_was_rebuilt(fresh, session, tmp_path):
    fill_every_table()
    session.remove()
    bring_up_to_date(db.engine, revisions(tmp_path / "further", ANEW))
    for statement in ("UPDATE quote_version SET total = 1", "DELETE FROM quote_version"):
        with pytest.raises(IntegrityError, match="never changed or deleted"), db.engine.begin() as connection:
            connection.execute(text(statement))


def test_the_names_of_the_files_are_the_chain_of_revisions():
    chain = [script.revision for script in ScriptDirectory(str(FOLDER)).walk_revisions()]
    assert known_revisions(FOLDER) == chain[::-1]


def test_up_to_date_tables_are_accepted(app, session):
    require_up_to_date(db.engines["reading"])


def test_an_empty_an_older_and_a_newer_database_are_refused_with_a_sentence(fresh, tmp_path):
    newer = revisions(tmp_path / "newer", UNIQUE)
    with pytest.raises(Outdated, match=f"is at revision {HEAD}, but this version needs test1. Run: sergio db upgrade"):
        require_up_to_date(db.engines["reading"], newer)
    bring_up_to_date(db.engine, newer)
    with pytest.raises(Outdated, match="is at revision test1, which this version does not know"):
        require_up_to_date(db.engines["reading"])
    start_anew()
    write_ahead(db.engine)
    with pytest.raises(Outdated, match=r"is empty\. Run: sergio db upgrade"):
        require_up_to_date(db.engines["reading"])


def test_statistics_are_gathered_while_no_other_upgrade_can_run(app, session, monkeypatch):
    """On PostgreSQL, ANALYZE and the triggers of another upgrade would wait for each other."""
    if db.engine.dialect.name == "sqlite":
        pytest.skip("a write transaction of SQLite keeps other upgrades out")
    free = []

    def try_lock(_connection):
        with db.engine.connect() as other:
            free.append(other.scalar(text("SELECT pg_try_advisory_xact_lock(:lock)"), {"lock": upgrade.LOCK}))

    session.rollback()
    monkeypatch.setattr(upgrade, "gather_statistics", try_lock)
    bring_up_to_date(db.engine)
    assert free == [False]


def test_a_company_of_the_first_tables_can_be_on_the_plans_of_today(fresh):
    """Its table is rebuilt for that, and keeps its rows, its other checks, and the rows that refer to it."""
    start_anew()
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    with upgrading(db.engine) as connection:  # without today's triggers, which need today's columns
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
    with db.engine.begin() as connection:
        company = Table("company", MetaData(), autoload_with=connection)
        sizes = {column.name: 30 for column in company.columns if isinstance(column.type, Integer)}
        words = {column.name: "" for column in company.columns if isinstance(column.type, String)}
        yes = {column.name: True for column in company.columns if isinstance(column.type, Boolean)}
        facts = {"id": 1, "subdomain": "old", "plan": "starter", "currency": "USD", "country": "US"}
        connection.execute(company.insert(), {**sizes, **words, **yes, **facts, "stripe_account": None})
        connection.execute(text("INSERT INTO number_series (company_id, series, last) VALUES (1, 'quote', 7)"))
    bring_up_to_date(db.engine)
    with db.engine.begin() as connection:
        connection.execute(text("UPDATE company SET plan = 'pro'"))
        assert connection.execute(text("SELECT subdomain, plan FROM company")).all() == [("old", "pro")]
        assert connection.scalar(text("SELECT last FROM number_series")) == 7
        assert "ck_company_country" in {check["name"] for check in inspect(connection).get_check_constraints("company")}
    for refused in ("plan = 'gold'", "slot_minutes = 20"):
        with pytest.raises(IntegrityError), db.engine.begin() as connection:
            connection.execute(text(f"UPDATE company SET {refused}"))
