"""Photos in a form: each is read by its content and encoded anew; what cannot be read is told beside the field."""

from collections.abc import Callable
from functools import cached_property
from typing import Any

from flask_wtf.file import MultipleFileField

from sergio.booking.photos import MOST_OF_CUSTOMER
from sergio.lib import images
from sergio.lib.images import LARGEST_PHOTO, Photo, Unusable
from sergio.lib.language import gettext as _
from sergio.lib.language import lazy_gettext as _l
from sergio.lib.refused import Refused
from sergio.lib.text import plain_name
from sergio.web.forms import Form, add_error

LARGEST_REQUEST = LARGEST_PHOTO + 1024 * 1024
"""Bytes of a request with photos: as many as one can have, and room for the other fields."""
LONGEST_NAME = 60
SENTENCES = {
    images.TYPE: _l("This file is not a JPEG, PNG, or WebP photo."),
    images.HEIC: _l(
        "This photo is in the HEIC format, which we can't read. On an iPhone, choose Settings, Camera, Formats, "
        "Most Compatible, and take it again."
    ),
    images.CORRUPT: _l("This photo is damaged or incomplete, so it can't be read."),
    images.PIXELS: _l("This photo has too many pixels. Choose a lower resolution in your camera's settings."),
    images.SMALL: _l("This photo is too small to see anything."),
    images.DEMANDING: _l("This photo is too complex to be read safely. Take it again, or choose another."),
    images.BUSY: _l("We're busy at the moment, so this photo wasn't read. Try again in a minute."),
}
"""What a person is told, by the reason of `Unusable`."""


class Photos(Form):
    """New photos. The type that the browser claims is never looked at."""

    files = MultipleFileField(_l("Photos"))
    most = 10
    """How many are taken at a time."""

    @cached_property
    def contents(self) -> list[tuple[str, bytes]]:
        """The name and the bytes of each file that was sent."""
        found = []
        for file in [each for each in self.files.data or [] if each]:
            with file.stream as stream:
                found.append((plain_name(file.filename or "")[:LONGEST_NAME], stream.read(LARGEST_PHOTO + 1)))
        return found

    def decoded(self) -> list[Photo]:
        """The photos that can be read, each of which takes a second or so; the others are errors of the field."""
        if len(self.contents) > self.most:
            self.refuse(self.too_many)
        found = [self._decoded(name, content) for name, content in self.contents[: self.most]]
        return [photo for photo in found if photo]

    def keep(self, decoded: list[Photo], keep_one: Callable[[Photo], Any]) -> int:
        """Keep the photos, and return how many could be; why the others cannot is told beside the field."""
        kept = 0
        for photo in decoded:
            try:
                keep_one(photo)
                kept += 1
            except Refused as refusal:
                if str(refusal) not in self.files.errors:
                    self.refuse(str(refusal))
        return kept

    @property
    def too_many(self) -> str:
        return _("Choose up to %(most)s photos at a time.", most=self.most)

    def refuse(self, sentence: str, name: str = ""):
        add_error(self.files, f"{name}: {sentence}" if name and len(self.contents) > 1 else sentence)

    def refuse_large_request(self):
        """Say why the photos that were sent are not there: the request was not read."""
        self.refuse(_("These photos are too large to send at once. Send fewer at a time."))

    def _decoded(self, name: str, content: bytes) -> Photo | None:
        try:
            if len(content) > LARGEST_PHOTO:
                self.refuse(_("This photo is larger than 15 MB. Choose a smaller one."), name)
                return None
            return images.photo_of(content)
        except Unusable as error:
            self.refuse(str(SENTENCES[error.reason]), name)
            return None


class PhotosOfCustomer(Photos):
    """A customer's new photos."""

    most = MOST_OF_CUSTOMER
