"""Forms with photos, as browsers send them, and two that arrive at once."""

import io
from threading import Barrier, get_ident

from werkzeug.datastructures import FileStorage, MultiDict
from werkzeug.test import encode_multipart

from sergio.files.models import StoredFile
from tests.browser import SAME_ORIGIN


def upload(browser, path: str, *contents: bytes, **fields):
    """POST a form with files, encoded without a temporary file of the test's."""
    sent = MultiDict({"csrf_token": browser.csrf_token(), **fields})
    for n, content in enumerate(contents):
        sent.add("files", FileStorage(io.BytesIO(content), f"photo {n}.jpg"))
    boundary, body = encode_multipart(sent)
    form = {"data": body, "content_type": f"multipart/form-data; boundary={boundary}"}
    return browser._open(path, "POST", SAME_ORIGIN, form)


def store_after_both_counted(monkeypatch):
    """Let each of two threads store its first file once both have counted the photos: what a lock prevents."""
    counted, store, waited = Barrier(2, timeout=20), StoredFile.store_once, set()

    def stored(*args, **more):
        if get_ident() not in waited:
            waited.add(get_ident())
            counted.wait()
        store(*args, **more)

    monkeypatch.setattr(StoredFile, "store_once", stored)
