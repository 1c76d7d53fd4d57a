"""The tables of the migrations equal those of the models, on both databases."""

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, select, text

from sergio import seeds
from sergio.companies.models import Company
from sergio.database.upgrade import bring_up_to_date
from sergio.extensions import db


def is_ours(name, kind, parents) -> bool:
    """Huey creates its own tables."""
    return not (kind == "table" and name.startswith("huey_"))


def test_migrations_and_models_agree(app, session):
    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "include_name": is_ours})
        assert compare_metadata(context, db.metadata) == []


PARTIAL = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'index' AND sql LIKE '% WHERE %'",
    "postgresql": "SELECT indexrelid::regclass::text FROM pg_index WHERE indpred IS NOT NULL",
}


def test_an_index_has_a_condition_where_its_table_names_one(app, session):
    """The comparison above leaves conditions out, and tables name them for SQLite only."""
    indexes = [index for table in db.metadata.sorted_tables for index in table.indexes]
    named = {index.name for index in indexes if index.dialect_options["sqlite"]["where"] is not None}
    assert set(session.scalars(text(PARTIAL[db.engine.dialect.name]))) == named


def test_every_table_exists(app, session):
    tables = set(inspect(db.engine).get_table_names())
    assert {table.name for table in db.metadata.sorted_tables} <= tables


def test_upgrading_twice_changes_nothing(app, world, session):
    session.commit()
    bring_up_to_date(db.engine)
    assert session.scalar(select(Company).where(Company.subdomain == "sparkle"))


def test_the_demo_data_can_be_added_once_to_an_empty_database(app, session):
    assert seeds.is_empty()
    session.commit()
    seeds.add_demo_data()
    assert not seeds.is_empty()
    assert set(session.scalars(select(Company.subdomain))) == {"sparkle", "rival", "solo"}
