"""What is wrong with a stored file, for `sergio doctor`."""

import zlib
from hashlib import sha256

from sergio.extensions import db
from sergio.files.models import StoredFile
from sergio.lib.encryption import Unreadable


def wrong_with(company_id: int, path: str, digest: str = "") -> str:
    """A sentence about a file that is missing, cannot be decrypted, or whose SHA-256 does not begin with `digest`; ""
    if all is well.
    """
    file = db.session.scalar(StoredFile.at(company_id, path))
    if file is None:
        return "its file is missing"
    try:
        content = file.content
    except (Unreadable, zlib.error):
        return "its file cannot be read"
    finally:
        db.session.expunge(file)
    return "" if sha256(content).hexdigest().startswith(digest) else "its file is not the one that was uploaded"
