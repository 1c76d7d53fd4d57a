"""Stored files: each has a path in its company, and is encrypted for that company and path."""

import zlib
from collections.abc import Collection
from datetime import datetime
from functools import cache
from importlib import import_module

from flask import current_app
from sqlalchemy import LargeBinary, Select, String, UniqueConstraint, delete, select
from sqlalchemy.orm import Mapped, mapped_column

from sergio.database.company_scope import CompanyOwned
from sergio.extensions import Model, db
from sergio.lib import encryption

PURPOSE = "sergio stored files"


class StoredFile(CompanyOwned, Model):
    """A file by its path, such as "invoices/12/3f2a.pdf". `encrypted` is the compressed content, which
    `SERGIO_DATABASE_KEY` encrypts on PostgreSQL, too. Copied to another path or company it is `Unreadable`.
    """

    __table_args__ = (UniqueConstraint("company_id", "path"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    path: Mapped[str] = mapped_column(String(200))
    stored_at: Mapped[datetime]
    encrypted: Mapped[bytes] = mapped_column(LargeBinary)

    @classmethod
    def at(cls, company_id: int, path: str) -> Select:
        """The company's file with that path."""
        return select(cls).where(cls.company_id == company_id, cls.path == path)

    @classmethod
    def store_once(cls, company_id: int, path: str, content: bytes, *, at: datetime):
        """Add a file, unless there is one with that path."""
        encrypted = encryption.encrypt(zlib.compress(content), _key(), _place(company_id, path))
        values = {"company_id": company_id, "path": path, "stored_at": at, "encrypted": encrypted}
        db.session.execute(insert_once(db.session.get_bind().dialect.name), values)

    @classmethod
    def delete_under(cls, company_id: int, folder: str, kept: Collection[str]):
        """Delete the company's files whose path begins with `folder`, which ends with a slash, except those `kept`."""
        inside = cls.path >= folder, cls.path < folder[:-1] + chr(ord("/") + 1)
        unwanted = delete(cls).where(cls.company_id == company_id, *inside, cls.path.not_in(kept))
        db.session.execute(unwanted.execution_options(synchronize_session=False))

    @property
    def content(self) -> bytes:
        """The file's bytes; raises `encryption.Unreadable`."""
        return zlib.decompress(encryption.decrypt(self.encrypted, _key(), _place(self.company_id, self.path)))


@cache
def insert_once(dialect: str):
    """The statement of `store_once`. It flushes nothing: a row that is only half changed may store files, too."""
    insert = import_module(f"sqlalchemy.dialects.{dialect}").insert(StoredFile.__table__)
    return insert.on_conflict_do_nothing(index_elements=["company_id", "path"])


def _place(company_id: int, path: str) -> str:
    return f"{company_id}/{path}"


def _key() -> bytes:
    return encryption.key_for(PURPOSE, bytes.fromhex(current_app.config["SERGIO"].cipher_key()))
