"""The forms of the logo and of the colors."""

import re

from flask_wtf.file import FileField
from wtforms import HiddenField, StringField
from wtforms.validators import ValidationError

from sergio.companies.colors import HEX
from sergio.companies.forms import SettingsForm
from sergio.lib import images
from sergio.lib.images import LARGEST, Crop, Logo, Unusable
from sergio.lib.language import gettext as _
from sergio.lib.language import lazy_gettext as _l
from sergio.web.forms import Form, add_error

TOO_LARGE = _l("This file is larger than 2 MB. Choose a smaller one.")
SENTENCES = {
    images.TYPE: _l("This file is not a PNG, JPEG, WebP, or SVG picture. Choose a file in one of these formats."),
    images.CORRUPT: _l("This file is damaged or incomplete, so it can't be read. Export it again, or choose another."),
    images.PIXELS: _l("This picture has too many pixels. Make it smaller than 4,000 by 4,000, and try again."),
    images.SMALL: _l("This picture is too small. It needs at least 16 pixels in width and height."),
    images.EMPTY: _l("This picture is completely transparent. Choose one that shows something."),
    images.DEMANDING: _l("This picture is too complex to be read safely. Export it as a PNG, and try again."),
    images.BUSY: _l("We're busy at the moment, so this picture wasn't read. Try again in a minute."),
}
"""What a person is told, by the reason of `Unusable`."""

FRACTION = r"(0(?:\.\d{1,8})?|1(?:\.0{1,8})?)"
FOUR = re.compile(",".join([FRACTION] * 4))
ROUNDING = 0.001


class CropForm(Form):
    """The part of a picture to keep: x, y, width and height as fractions, or empty for the whole picture."""

    crop = HiddenField(_l("Crop"))

    def validate_crop(self, field):
        if field.data and self.chosen is None:
            raise ValidationError(_("This part of the picture can't be used. Choose it again."))

    @property
    def chosen(self) -> Crop | None:
        numbers = FOUR.fullmatch(self.crop.data or "")
        if numbers is None:
            return None
        crop = Crop(*map(float, numbers.groups()))
        inside = crop.x + crop.width <= 1 + ROUNDING and crop.y + crop.height <= 1 + ROUNDING
        return crop if inside and crop.width > 0 and crop.height > 0 else None

    def cut(self, content: bytes) -> Logo | None:
        """The logo, cut out of a picture, which takes up to two seconds; None with an error of the form's field."""
        try:
            return images.logo_of(content, self.chosen)
        except Unusable as error:
            self.refuse(str(SENTENCES[error.reason]))
            return None

    def refuse(self, sentence: str):
        add_error(self.crop, sentence)


class LogoForm(CropForm):
    """A file for the logo. Its name and the type the browser claims are never looked at."""

    picture = FileField(_l("Logo"))

    def refuse(self, sentence: str):
        add_error(self.picture, sentence)

    def validate_picture(self, field):
        self.content = b""
        if field.data:
            with field.data.stream as file:
                self.content = file.read(LARGEST + 1)
        if not self.content:
            raise ValidationError(_("Choose a file first."))
        if len(self.content) > LARGEST:
            raise ValidationError(TOO_LARGE)


def lower(text):
    return text.lower() if isinstance(text, str) else text


def is_color(form, field):
    if not HEX.fullmatch(field.data or ""):
        raise ValidationError(_("Enter a color with # and six digits, such as #1f5f5b."))


class ColorsForm(SettingsForm):
    """Both colors of a company."""

    brand = StringField(_l("Primary color"), [is_color], filters=[lower])
    accent = StringField(_l("Accent color"), [is_color], filters=[lower])

    def __init__(self, company, **more):
        super().__init__({"brand": company.brand.lower(), "accent": company.accent.lower()}, **more)

    @property
    def colors(self) -> dict[str, str]:
        """The values by column of `Company`, each the saved one where the entered one is no color."""
        return {name: value if HEX.fullmatch(value := self[name].data or "") else self.stored[name] for name in COLORS}


COLORS = ("brand", "accent")
