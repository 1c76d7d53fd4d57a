"""Forms with photos, as browsers send them."""

import io

from werkzeug.datastructures import FileStorage, MultiDict
from werkzeug.test import encode_multipart

from tests.browser import SAME_ORIGIN


def upload(browser, path: str, *contents: bytes, **fields):
    """POST a form with files, encoded without a temporary file of the test's."""
    sent = MultiDict({"csrf_token": browser.csrf_token(), **fields})
    for n, content in enumerate(contents):
        sent.add("files", FileStorage(io.BytesIO(content), f"photo {n}.jpg"))
    boundary, body = encode_multipart(sent)
    form = {"data": body, "content_type": f"multipart/form-data; boundary={boundary}"}
    return browser._open(path, "POST", SAME_ORIGIN, form)
