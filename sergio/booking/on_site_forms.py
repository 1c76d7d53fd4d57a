"""The forms of the page of an appointment: notes, photos, and how long the way takes."""

from typing import Any

from wtforms import BooleanField, RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import DataRequired, InputRequired, Length, ValidationError

from sergio.booking import photos
from sergio.booking.formats import length
from sergio.booking.notes import LONGEST, AppointmentNote
from sergio.booking.photo_forms import Photos
from sergio.companies.forms import SettingsForm
from sergio.lib.language import gettext as _
from sergio.lib.language import lazy_gettext as _l
from sergio.web.forms import Form

WAYS = (5, 10, 15, 20, 30, 45, 60, 90)
"""Minutes on the way that can be chosen."""
KINDS = {photos.BEFORE: _l("Before"), photos.AFTER: _l("After"), photos.OTHER: _l("Other")}
CAPTION = Length(max=200, message=_l("A caption can have up to 200 characters."))


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


class UploadForm(PhotoFacts, Photos):
    """New photos with what is said about all of them."""

    def __init__(self, kind: str = photos.BEFORE, **more):
        super().__init__({"kind": kind, "caption": "", "public": False}, **more)

    def validate_files(self, field):
        if not self.contents:
            raise ValidationError(_("Choose a photo first."))
        if len(self.contents) > self.most:
            raise ValidationError(self.too_many)
