"""The response with an attachment of a quote: a picture to look at, or a PDF that the browser saves."""

from urllib.parse import quote as escaped

from flask import Response, abort, request

from sergio.quotes import attachments
from sergio.quotes.attachments import JPEG, SMALL


def response(company_id: int, facts: dict, size: str) -> Response:
    """The file of a frozen attachment, or 304 if the browser has it. Nothing in it can run, whatever it is."""
    media_type = facts["media_type"]
    if size == SMALL and media_type != JPEG:
        abort(404)
    answer = Response(mimetype=media_type, headers={"Content-Security-Policy": "sandbox; default-src 'none'"})
    how = "inline" if media_type == JPEG else "attachment"
    answer.headers["Content-Disposition"] = f"{how}; filename*=UTF-8''{escaped(facts['file_name'], safe='')}"
    answer.headers["Cache-Control"] = "private, no-cache"
    tag = f"{facts['digest']}-{size}"
    answer.set_etag(tag)
    if request.if_none_match.contains(tag):
        answer.status_code = 304
        return answer
    answer.set_data(attachments.content_of(company_id, facts["digest"], size) or abort(404))
    return answer
