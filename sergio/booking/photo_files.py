"""The response with a photo: only ever a picture, kept by the browser, which asks each time whether it still may."""

from flask import Response, abort, request

from sergio.booking import photos
from sergio.booking.photos import AppointmentPhoto


def response(photo: AppointmentPhoto, number: int, size: str) -> Response:
    """A file of a photo of the appointment with that number, or 304 if the browser has it."""
    answer = Response(mimetype="image/jpeg", headers={"Content-Security-Policy": "sandbox; default-src 'none'"})
    answer.headers["Cache-Control"] = "private, no-cache"
    answer.set_etag(f"{photo.digest}-{size}")
    if request.if_none_match.contains(f"{photo.digest}-{size}"):
        answer.status_code = 304
        return answer
    answer.set_data(photos.content_of(photo, number, size) or abort(404))
    return answer
