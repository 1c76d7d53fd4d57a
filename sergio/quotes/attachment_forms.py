"""The forms of attachments of a quote: a new file, and the title of one."""

from flask_wtf.file import FileField
from wtforms import StringField, ValidationError
from wtforms.validators import Length

from sergio.lib import images
from sergio.lib.images import Unusable
from sergio.lib.language import gettext as _
from sergio.lib.language import lazy_gettext as _l
from sergio.lib.text import plain_name
from sergio.quotes.attachments import PDF, AttachedFile
from sergio.web.forms import Form, add_error

LARGEST = 10 * 1024 * 1024
"""Bytes of an attachment."""
LONGEST_NAME = 100
END_WITHIN = 2048
"""Where readers look for the end of a PDF (ISO 32000-1, Annex H, note 18), with room for what senders append."""
TOO_LARGE = _l("This file is larger than 10 MB. Choose a smaller one.")
SENTENCES = {
    images.TYPE: _l("This file is not a JPEG, PNG, or WebP picture, and not a PDF."),
    images.HEIC: _l("This picture is in the HEIC format, which we can't read. Save it as a JPEG, then add it again."),
    images.CORRUPT: _l("This file is damaged or incomplete, so it can't be read."),
    images.PIXELS: _l("This picture has too many pixels. Save it smaller, then add it again."),
    images.SMALL: _l("This picture is too small to see anything."),
    images.DEMANDING: _l("This picture is too complex to be read safely. Choose another."),
    images.BUSY: _l("We're busy at the moment, so this picture wasn't read. Try again in a minute."),
}
"""What a person is told, by the reason of `Unusable`."""
TITLE = Length(max=200, message=_l("Use at most 200 characters."))


class TitleForm(Form):
    title = StringField(_l("Title"), [TITLE])

    @property
    def wanted(self) -> str:
        return plain_name(self.title.data or "")


class AttachmentForm(TitleForm):
    """A picture or a PDF, by its content: the type that the browser claims is never looked at."""

    file = FileField(_l("Picture or PDF"))

    def refuse(self, sentence: str):
        add_error(self.file, sentence)

    def validate_file(self, field):
        self.content = b""
        if field.data:
            self.name = plain_name(field.data.filename or "").rpartition("/")[2][-LONGEST_NAME:] or _("Without a name")
            with field.data.stream as stream:
                self.content = stream.read(LARGEST + 1)
        if not self.content:
            raise ValidationError(_("Choose a file first."))
        if len(self.content) > LARGEST:
            raise ValidationError(str(TOO_LARGE))

    def checked(self) -> AttachedFile | None:
        """The file, a picture encoded anew, which takes a second or so; None with an error beside the field."""
        try:
            if self.content.startswith(b"%PDF-"):
                return pdf_of(self.name, self.content)
            return AttachedFile.picture(self.name, images.photo_of(self.content))
        except Unusable as error:
            self.refuse(str(SENTENCES[error.reason]))
            return None


def pdf_of(name: str, content: bytes) -> AttachedFile:
    """A PDF that was sent to its end, as it is: nothing here reads or runs it. Raises `Unusable`."""
    if b"%%EOF" not in content[-END_WITHIN:]:
        raise Unusable(images.CORRUPT)
    return AttachedFile(name if name.lower().endswith(".pdf") else f"{name}.pdf", PDF, content)
