"""The response with a photo of an appointment."""

from functools import partial

from flask import Response

from sergio.booking import photos
from sergio.booking.photos import AppointmentPhoto
from sergio.web import responses


def response(photo: AppointmentPhoto, number: int, size: str) -> Response:
    """A file of a photo of the appointment with that number."""
    read = partial(photos.content_of, photo, number, size)
    return responses.uploaded(read, "image/jpeg", f"{photo.digest}-{size}")
