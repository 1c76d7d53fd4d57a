"""The files of a logo, under the digest of its picture: for pages, emails and PDFs, and the original to cut again."""

import re
from datetime import datetime
from hashlib import sha256

from sergio.extensions import db
from sergio.files.models import StoredFile
from sergio.lib.images import Logo

FOLDER, PRINTED_FOLDER = "logos", "letterheads"
ORIGINAL, PICTURE, ICON, PRINTED = "original", "picture", "icon", "printed"
DIGEST = re.compile("[0-9a-f]{32}")
PARTS = (ORIGINAL, PICTURE, ICON, PRINTED)


def store(company_id: int, logo: Logo, *, at: datetime) -> str:
    """Keep the files of a logo; its digest. The largest first, as nothing is locked before a row is written."""
    digest = sha256(logo.picture).hexdigest()[:32]
    for part in PARTS:
        StoredFile.store_once(company_id, path(digest, part), getattr(logo, part), at=at)
    return digest


def delete_except(company_id: int, digests: set[str]):
    """Delete the company's other logos."""
    kept = [path(digest, part) for digest in digests for part in PARTS]
    StoredFile.delete_under(company_id, f"{FOLDER}/", kept)


def read(company_id: int, digest: str, part: str) -> bytes | None:
    """A file of a logo, if it is kept; raises `encryption.Unreadable`."""
    file = db.session.scalar(StoredFile.at(company_id, path(digest, part)))
    return file.content if file else None


def keep_for_documents(company_id: int, digest: str, *, at: datetime):
    """Keep the company's logo as it is now for as long as there are documents, which name it by its digest."""
    there = StoredFile.at(company_id, printed_path(digest)).with_only_columns(StoredFile.id)
    if not digest or db.session.scalar(there):
        return
    if content := read(company_id, digest, PRINTED):
        StoredFile.store_once(company_id, printed_path(digest), content, at=at)


def printed(company_id: int, digest: str | None) -> bytes | None:
    """The logo for a document that names it; None if there is none, as in documents from before there were logos."""
    if not digest:
        return None
    kept = db.session.scalar(StoredFile.at(company_id, printed_path(digest)))
    return kept.content if kept else read(company_id, digest, PRINTED)


def path(digest: str, part: str) -> str:
    return f"{FOLDER}/{digest}/{part}.png"


def printed_path(digest: str) -> str:
    return f"{PRINTED_FOLDER}/{digest}.png"
