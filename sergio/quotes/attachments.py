"""Attachments of quotes, part of their models: the rows, and their files, which are encrypted like all stored files.

A file is stored once a company, by its digest, so that versions and copies of a quote share it. The versions that were
sent name their attachments; a row that a version names stays when the draft drops it, and so does the file.
"""

from collections.abc import Collection
from datetime import datetime
from hashlib import sha256
from typing import NamedTuple

from sqlalchemy import Index, String, select, text
from sqlalchemy.orm import Mapped, mapped_column

from sergio.audit.actor import Actor
from sergio.audit.models import record
from sergio.database.checks import at_least, one_of
from sergio.database.company_scope import CompanyOwned, within_company
from sergio.database.locks import lock_until_commit
from sergio.extensions import Model, db
from sergio.files.models import StoredFile
from sergio.lib import tokens
from sergio.lib.images import Photo
from sergio.lib.language import gettext as _
from sergio.lib.refused import Refused

JPEG, PDF = MEDIA_TYPES = ("image/jpeg", "application/pdf")
WHOLE, SMALL = SIZES = ("whole", "small")
MOST_ATTACHMENTS = 10
FOLDER = "attachments"
IN_DRAFT = text("removed_at IS NULL")
FROZEN = ("id", "title", "file_name", "media_type", "size", "digest", "width", "height")
COPIED = FROZEN[1:]


class AttachedFile(NamedTuple):
    """A file that was checked. `small` is the picture for lists, empty for a PDF, like `width` and `height`."""

    file_name: str
    media_type: str
    whole: bytes
    small: bytes = b""
    width: int = 0
    height: int = 0

    @classmethod
    def picture(cls, name: str, photo: Photo) -> "AttachedFile":
        """A picture encoded anew; `name` is that of the upload."""
        stem = name.rpartition(".")[0] or name
        return cls(f"{stem}.jpg", JPEG, photo.large, photo.small, photo.width, photo.height)

    @property
    def digest(self) -> str:
        return sha256(self.whole).hexdigest()


class QuoteAttachment(CompanyOwned, Model):
    """A picture or PDF of a quote's draft, until `removed_at`. `digest` is the SHA-256 of its file, `size` its bytes;
    `after_version` is the number of the last version sent before it was added.
    """

    __table_args__ = (
        Index(None, "company_id", "digest"),
        Index(None, "company_id", "quote_id"),
        Index(
            "uq_quote_attachment_in_draft",
            *("company_id", "quote_id", "digest"),
            unique=True,
            sqlite_where=IN_DRAFT,
        ),
        one_of("media_type", MEDIA_TYPES),
        at_least("size", 1),
        *within_company(quote_id="quote"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    quote_id: Mapped[int] = mapped_column()
    after_version: Mapped[int]
    added_at: Mapped[datetime]
    removed_at: Mapped[datetime | None]
    title: Mapped[str] = mapped_column(String(200), default="")
    file_name: Mapped[str] = mapped_column(String(120))
    media_type: Mapped[str] = mapped_column(String(40))
    size: Mapped[int]
    digest: Mapped[str] = mapped_column(String(64))
    width: Mapped[int] = mapped_column(default=0)
    height: Mapped[int] = mapped_column(default=0)

    @classmethod
    def add(cls, quote, file: AttachedFile, title: str = "", *, by: Actor, at: datetime) -> "QuoteAttachment":
        """Attach a file to the draft. The same file again is the same row."""
        quote.lock()
        quote.must_allow_changes()
        if there := next((each for each in quote.attachments if each.digest == file.digest), None):
            return there
        if len(quote.attachments) >= MOST_ATTACHMENTS:
            raise Refused(full())
        lock_files(quote.company_id)
        for size in SIZES:
            if content := getattr(file, size):
                StoredFile.store_once(quote.company_id, path(file.digest, size), content, at=at)
        facts = {"file_name": file.file_name, "media_type": file.media_type, "size": len(file.whole)}
        facts |= {"title": title, "digest": file.digest, "width": file.width, "height": file.height}
        row = cls(company=quote.company, quote_id=quote.id, after_version=quote.version, added_at=at, **facts)
        db.session.add(row)
        row._changed(quote)
        record(quote, "added_attachment", by=by, at=at, after=row.named)
        return row

    def rename(self, quote, title: str, *, by: Actor, at: datetime):
        """Change the title in the draft."""
        quote.lock()
        quote.must_allow_changes()
        if title == self.title:
            return
        before = self.named
        if self.was_sent(quote):  # the row that versions name stays as it is
            same = {"quote_id": quote.id, "after_version": quote.version, "added_at": self.added_at}
            row = QuoteAttachment(company=quote.company, **same)
            self._copy_to(row)
            self.removed_at = at
            db.session.flush()
        else:
            row = self
        row.title = title
        db.session.add(row)
        row._changed(quote)
        record(quote, "renamed_attachment", by=by, at=at, before=before, after=row.named)

    def remove(self, quote, *, by: Actor, at: datetime):
        """Take it out of the draft; it is deleted with its file if no version and no other quote has it."""
        quote.lock()
        quote.must_allow_changes()
        record(quote, "removed_attachment", by=by, at=at, before=self.named)
        if self.was_sent(quote):
            self.removed_at = at
        else:
            lock_files(self.company_id)
            db.session.delete(self)
            db.session.flush()
            delete_unused(self.company_id, [self.digest])
        self._changed(quote)

    def was_sent(self, quote) -> bool:
        """Whether a version that was sent has it."""
        return quote.version > self.after_version

    @property
    def named(self) -> dict:
        """The values for the audit trail."""
        return {"attachment": name_of({"title": self.title, "file_name": self.file_name})}

    def _copy_to(self, row: "QuoteAttachment"):
        for name in COPIED:
            setattr(row, name, getattr(self, name))

    @staticmethod
    def _changed(quote):
        quote.revision += 1
        db.session.flush()
        db.session.expire(quote, ["attachments"])


def copy_all(quote, copy, *, at: datetime):
    """Attach everything of a quote's draft to its copy; they share the files."""
    if not quote.attachments:
        return
    lock_files(quote.company_id)
    db.session.flush()
    for each in quote.attachments:
        row = QuoteAttachment(company=copy.company, quote_id=copy.id, after_version=0, added_at=at)
        each._copy_to(row)
        db.session.add(row)
    db.session.flush()
    db.session.expire(copy, ["attachments"])


def frozen(quote) -> list[dict]:
    """The attachments of the draft as JSON values, the first added first."""
    return [{name: getattr(each, name) for name in FROZEN} for each in quote.attachments]


def name_of(attachment: dict) -> str:
    """The title of a frozen attachment, else the name of its file."""
    return attachment["title"] or attachment["file_name"]


def content_of(company_id: int, digest: str, size: str) -> bytes | None:
    """The file with that digest, or its small picture; raises `encryption.Unreadable`."""
    file = db.session.scalar(StoredFile.at(company_id, path(digest, size)))
    return file.content if file else None


def digests_of(company_id: int, quotes: Collection[int]) -> list[str]:
    """The digests of the files of these quotes (ids)."""
    table = QuoteAttachment
    rows = select(table.digest).where(table.company_id == company_id, table.quote_id.in_(quotes)).distinct()
    return list(db.session.scalars(rows))


def delete_unused(company_id: int, digests: Collection[str]):
    """Delete those of the files that no quote of the company has any more. Call `lock_files` before."""
    table = QuoteAttachment
    used = select(table.digest).where(table.company_id == company_id, table.digest.in_(digests))
    for digest in set(digests) - set(db.session.scalars(used)):
        StoredFile.delete_under(company_id, f"{FOLDER}/{digest}/", ())


def lock_files(company_id: int):
    """Until the commit, nobody else stores or deletes files of attachments of the company."""
    lock_until_commit(db.session, tokens.digest(f"quote attachments of {company_id}"))


def path(digest: str, size: str) -> str:
    return f"{FOLDER}/{digest}/{size}"


def full() -> str:
    return _("A quote can have up to %(most)s attachments. Remove one first.", most=MOST_ATTACHMENTS)
