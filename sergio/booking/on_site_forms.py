"""The forms of the page of an appointment: notes, photos, and how long the way takes."""

from typing import Any

from flask_wtf.file import MultipleFileField
from wtforms import BooleanField, RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import DataRequired, InputRequired, Length, ValidationError

from sergio.booking import photos
from sergio.booking.formats import length
from sergio.booking.notes import LONGEST, AppointmentNote
from sergio.companies.forms import SettingsForm
from sergio.lib import images
from sergio.lib.images import LARGEST_PHOTO, Photo, Unusable
from sergio.lib.language import gettext as _
from sergio.lib.language import lazy_gettext as _l
from sergio.lib.text import plain_name
from sergio.web.forms import Form, add_error

MOST_FILES = 10
LONGEST_NAME = 60
WAYS = (5, 10, 15, 20, 30, 45, 60, 90)
"""Minutes on the way that can be chosen."""
KINDS = {photos.BEFORE: _l("Before"), photos.AFTER: _l("After"), photos.OTHER: _l("Other")}
CAPTION = Length(max=200, message=_l("A caption can have up to 200 characters."))
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


class WayForm(Form):
    """How many minutes the way will take; none if that is not said."""

    minutes = SelectField(_l("Arriving in"), coerce=lambda text: int(text or 0), default=0)

    def __init__(self, **more):
        super().__init__(**more)
        self.minutes.choices = [(0, _("Don't say")), *((minutes, length(minutes)) for minutes in WAYS)]

    @property
    def chosen(self) -> int | None:
        minutes: Any = self.minutes.data
        return minutes or None


class NoteForm(SettingsForm):
    """A note, new or as it is stored."""

    text = TextAreaField(
        _l("Note"),
        [DataRequired(_l("Write the note first.")), Length(max=LONGEST, message=_l("Use up to 2,000 characters."))],
    )
    public = BooleanField(_l("Customer sees it"))

    def __init__(self, note: AppointmentNote | None = None, **more):
        super().__init__({"text": note.text, "public": note.public} if note else {"text": "", "public": False}, **more)

    @property
    def columns(self) -> dict:
        """The values by column of `AppointmentNote`."""
        return {"text": self.text.data, "public": self.public.data}


class PhotoFacts(SettingsForm):
    """What is said about a photo."""

    kind = RadioField(_l("Taken"), [InputRequired()], choices=[])
    caption = StringField(_l("Caption"), [CAPTION])
    public = BooleanField(_l("Customer sees it"))

    def __init__(self, stored: dict, **more):
        super().__init__(stored, **more)
        self.kind.choices = list(KINDS.items())

    @property
    def columns(self) -> dict:
        """The values by column of `AppointmentPhoto`."""
        return {"kind": self.kind.data, "caption": self.caption.data or "", "public": self.public.data}


class PhotoForm(PhotoFacts):
    """A stored photo, whose facts are changed."""

    def __init__(self, photo: photos.AppointmentPhoto, **more):
        stored = {"kind": photo.kind, "caption": photo.caption, "public": photo.public}
        super().__init__(stored, **more)


class UploadForm(PhotoFacts):
    """New photos with what is said about all of them. The type that the browser claims is never looked at."""

    files = MultipleFileField(_l("Photos"))

    def __init__(self, kind: str = photos.BEFORE, **more):
        super().__init__({"kind": kind, "caption": "", "public": False}, **more)

    def validate_files(self, field):
        self.contents = []
        for file in [each for each in field.data or [] if each]:
            with file.stream as stream:
                self.contents.append((plain_name(file.filename or "")[:LONGEST_NAME], stream.read(LARGEST_PHOTO + 1)))
        if not self.contents:
            raise ValidationError(_("Choose a photo first."))
        if len(self.contents) > MOST_FILES:
            raise ValidationError(_("Choose up to %(most)s photos at a time.", most=MOST_FILES))

    def decoded(self) -> list[Photo]:
        """The photos that can be read, each of which takes a second or so; the others are errors of the field."""
        found = [self._decoded(name, content) for name, content in self.contents]
        return [photo for photo in found if photo]

    def _decoded(self, name: str, content: bytes) -> Photo | None:
        try:
            if len(content) > LARGEST_PHOTO:
                self.refuse(name, _("This photo is larger than 15 MB. Choose a smaller one."))
                return None
            return images.photo_of(content)
        except Unusable as error:
            self.refuse(name, str(SENTENCES[error.reason]))
            return None

    def refuse(self, name: str, sentence: str):
        named = f"{name}: {sentence}" if name and len(self.contents) > 1 else sentence
        add_error(self.files, named)
