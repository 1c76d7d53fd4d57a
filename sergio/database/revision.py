"""Whether the tables are at the revision of this program; without Alembic, which would take 11 MB of a web server."""

from pathlib import Path

import sqlalchemy as sa

FOLDER = Path(__file__).parent / "migrations"
UPGRADE = "Run: sergio db upgrade"
REVISION = sa.table("alembic_version", sa.column("version_num"))


class Outdated(Exception):
    """The tables are not at the revision of this program; the message says what to do."""


def require_up_to_date(engine: sa.Engine, folder: Path = FOLDER):
    """Raise `Outdated` unless the tables are at the revision of this program."""
    known = revisions(folder)
    found = revision_of(engine)
    if found == known[-1]:
        return
    if found is None:
        raise Outdated(f"The database is empty. {UPGRADE}")
    if found not in known:
        raise Outdated(f"The database is at revision {found}, which this version does not know. Install a newer one.")
    raise Outdated(f"The database is at revision {found}, but this version needs {known[-1]}. {UPGRADE}")


def revisions(folder: Path) -> list[str]:
    """From the first to the last, by the names of their files: 0001_tables.py is revision 0001."""
    return sorted(path.stem.partition("_")[0] for path in (folder / "versions").glob("*.py"))


def revision_of(engine: sa.Engine) -> str | None:
    """The revision of the tables; None if there are none."""
    with engine.connect() as connection:
        if sa.inspect(connection).has_table(REVISION.name):
            return connection.scalar(sa.select(REVISION))
    return None
