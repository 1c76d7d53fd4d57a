"""The forms of attachments of a quote: a new file, and the title of one."""

from flask_wtf.file import MultipleFileField
from wtforms import StringField, ValidationError
from wtforms.validators import Length

from sergio.lib import images
from sergio.lib.images import Unusable
from sergio.lib.language import gettext as _
from sergio.lib.language import lazy_gettext as _l
from sergio.lib.text import plain_name
from sergio.quotes.attachments import MOST_ATTACHMENTS, PDF, AttachedFile
from sergio.web.forms import Form, add_error

LARGEST = 10 * 1024 * 1024
"""Bytes of an attachment."""
LONGEST_NAME = 100
END_WITHIN = 2048
"""Where readers look for the end of a PDF (ISO 32000-1, Annex H, note 18), with room for what senders append."""
TOO_LARGE = _l("This file is larger than 10 MB. Choose a smaller one.")
TOO_LARGE_AT_ONCE = _l("Files can have 10 MB together. Choose smaller ones, or add one after the other.")
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
    """Pictures and PDFs, by their content: the type that the browser claims is never looked at."""

    file = MultipleFileField(_l("Pictures or PDFs"))

    def validate_file(self, field):
        self.contents = []
        for file in [each for each in field.data or [] if each]:
            name = plain_name(file.filename or "").rpartition("/")[2][-LONGEST_NAME:] or _("Without a name")
            with file.stream as stream:
                self.contents.append((name, stream.read(LARGEST + 1)))
        if not any(content for _name, content in self.contents):
            raise ValidationError(_("Choose a file first."))
        if len(self.contents) > MOST_ATTACHMENTS:
            raise ValidationError(_("Choose up to %(most)s files at a time.", most=MOST_ATTACHMENTS))

    @property
    def title_of_one(self) -> str:
        """The title that was typed, which several files cannot share."""
        return self.wanted if len(self.contents) == 1 else ""

    def checked(self) -> list[AttachedFile]:
        """The files that can be read, pictures encoded anew, which takes a second or so each; the others are errors of
        the field.
        """
        found = [self._checked(name, content) for name, content in self.contents]
        return [file for file in found if file]

    def _checked(self, name: str, content: bytes) -> AttachedFile | None:
        try:
            if len(content) > LARGEST:
                self.refuse(str(TOO_LARGE), name)
                return None
            if content.startswith(b"%PDF-"):
                return pdf_of(name, content)
            return AttachedFile.picture(name, images.photo_of(content))
        except Unusable as error:
            self.refuse(str(SENTENCES[error.reason]), name)
            return None

    def refuse(self, sentence: str, name: str = ""):
        several = name and len(self.contents) > 1
        add_error(self.file, f"{name}: {sentence}" if several else sentence)


def pdf_of(name: str, content: bytes) -> AttachedFile:
    """A PDF that was sent to its end, as it is: nothing here reads or runs it. Raises `Unusable`."""
    if b"%%EOF" not in content[-END_WITHIN:]:
        raise Unusable(images.CORRUPT)
    return AttachedFile(name if name.lower().endswith(".pdf") else f"{name}.pdf", PDF, content)
