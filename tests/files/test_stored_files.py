"""Stored files cannot be read in the database, and each only at its own company and path."""

import zlib
from dataclasses import replace

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import IntegrityError

from sergio.extensions import db
from sergio.files.models import StoredFile
from sergio.lib import clock
from sergio.lib.encryption import Unreadable

CONTENT = b"%PDF-1.7 Ana Ruiz, 7 Pine Road " * 40


@pytest.fixture
def stored(session, sparkle, rival):
    """The file "a.pdf" of two companies, and "b.pdf" of Sparkle."""
    for company_id, path in ((sparkle.id, "a.pdf"), (sparkle.id, "b.pdf"), (rival.id, "a.pdf")):
        StoredFile.store_once(company_id, path, CONTENT + path.encode(), at=clock.now())
    session.commit()


def file_of(company, path: str) -> StoredFile:
    return db.session.scalars(StoredFile.at(company.id, path)).one()


def test_a_file_is_read_as_it_was_stored(stored, sparkle, rival):
    assert file_of(sparkle, "b.pdf").content == CONTENT + b"b.pdf"
    assert file_of(rival, "a.pdf").content == CONTENT + b"a.pdf"


def test_the_database_has_neither_the_content_nor_its_compressed_form(stored, session):
    for kept in session.scalars(select(StoredFile.encrypted)):
        assert not [part for part in (b"PDF", b"Ana", b"Pine") if part in kept]
        with pytest.raises(zlib.error):
            zlib.decompress(kept[12:])


def test_equal_files_are_encrypted_differently(stored, session, sparkle):
    StoredFile.store_once(sparkle.id, "c.pdf", CONTENT + b"b.pdf", at=clock.now())
    assert file_of(sparkle, "c.pdf").encrypted[12:] != file_of(sparkle, "b.pdf").encrypted[12:]


@pytest.mark.parametrize("other", ["b.pdf", "of rival"])
def test_a_row_that_was_swapped_for_another_is_refused(stored, session, sparkle, rival, other):
    mine = file_of(sparkle, "a.pdf")
    theirs = file_of(rival, "a.pdf") if other == "of rival" else file_of(sparkle, other)
    mine.encrypted, theirs.encrypted = theirs.encrypted, mine.encrypted
    session.commit()
    for row in (mine, theirs):
        with pytest.raises(Unreadable):
            assert row.content


def test_a_row_that_was_moved_to_another_company_is_refused(stored, session, sparkle, rival):
    with db.engine.begin() as connection:
        moved = text("UPDATE stored_file SET company_id = :rival WHERE company_id = :sparkle AND path = 'b.pdf'")
        connection.execute(moved, {"rival": rival.id, "sparkle": sparkle.id})
    session.commit()
    with pytest.raises(Unreadable):
        assert file_of(rival, "b.pdf").content


@pytest.mark.parametrize("place", [0, 12, -1])
def test_a_changed_byte_is_refused(stored, session, sparkle, place):
    row = file_of(sparkle, "a.pdf")
    changed = bytearray(row.encrypted)
    changed[place] ^= 1
    session.execute(update(StoredFile).where(StoredFile.id == row.id).values(encrypted=bytes(changed)))
    session.refresh(row)
    with pytest.raises(Unreadable):
        assert row.content


def test_another_key_is_refused(stored, app, sparkle, monkeypatch):
    monkeypatch.setitem(app.config, "SERGIO", replace(app.config["SERGIO"], database_key="cd" * 32))
    with pytest.raises(Unreadable):
        assert file_of(sparkle, "a.pdf").content


def test_a_file_is_stored_once(stored, session, sparkle):
    StoredFile.store_once(sparkle.id, "a.pdf", b"another", at=clock.now())
    session.commit()
    assert file_of(sparkle, "a.pdf").content == CONTENT + b"a.pdf"


def test_control_a_second_row_would_fail(stored, session, sparkle):
    session.add(StoredFile(company_id=sparkle.id, path="a.pdf", stored_at=clock.now(), encrypted=b""))
    with pytest.raises(IntegrityError):
        session.flush()
    session.rollback()
