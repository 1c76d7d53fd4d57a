"""The response with an attachment of a quote."""

from functools import partial

from flask import Response, abort

from sergio.quotes import attachments
from sergio.quotes.attachments import JPEG, SMALL
from sergio.web import responses


def response(company_id: int, facts: dict, size: str) -> Response:
    """The file of a frozen attachment; only a picture has a small one."""
    if size == SMALL and facts["media_type"] != JPEG:
        abort(404)
    read = partial(attachments.content_of, company_id, facts["digest"], size)
    return responses.uploaded(read, facts["media_type"], f"{facts['digest']}-{size}", facts["file_name"])
