"""The form on Settings -> Website widget: the look of the button."""

from wtforms import BooleanField, SelectField, StringField
from wtforms.validators import Length, Optional, Regexp

from sergio.companies import colors
from sergio.lib.language import lazy_gettext as _l
from sergio.web.forms import Form

BOOK, OWN = "book", "own"
CHOICES = {
    "show": {"": _l("The portal"), BOOK: _l("Booking")},
    "size": {"small": _l("Small"), "": _l("Medium"), "large": _l("Large")},
    "color": {
        "": _l("Brand color"),
        "accent": _l("Accent color"),
        "black": _l("Black"),
        "white": _l("White"),
        OWN: _l("Another color"),
    },
}
"""The labels by value; the empty value is the usual one."""


class LookForm(Form):
    """It is sent by GET and saved nowhere: the look stands in the code to copy."""

    show = SelectField(_l("What the button opens"), choices=[], default="")
    label = StringField(_l("Text on the button"), [Length(max=40, message=_l("Use at most 40 characters."))])
    size = SelectField(_l("Size"), choices=[], default="")
    color = SelectField(_l("Color"), choices=[], default="")
    own_color = StringField(
        _l("Another color"),
        [Optional(), Regexp(colors.HEX.pattern + r"\Z", message=_l("Enter a color as # and six digits: #1f5f5b."))],
    )
    email = BooleanField(_l("Ask for the email address right there"))
    follows = BooleanField(_l("Follow our colors when they change"))

    def __init__(self, *args, **more):
        super().__init__(*args, **more)
        for name, labels in CHOICES.items():
            self[name].choices = [*labels.items()]

    @property
    def attributes(self) -> dict[str, str]:
        """The attributes of the element; those of fields with an error, or that say what is usual, are left out."""
        valid = {field.name: field.data for field in self if not field.errors and field.data}
        color = valid.get("own_color", "") if valid.get("color") == OWN else valid.get("color", "")
        chosen = {"show": valid.get("show", ""), "label": valid.get("label", ""), "size": valid.get("size", "")}
        named = {f"data-{name}": text for name, text in {**chosen, "color": color}.items() if text}
        return {**named, "data-email": ""} if valid.get("email") and not valid.get("show") else named
