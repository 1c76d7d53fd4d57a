"""Forms for answering a quote."""

from flask import request
from wtforms import BooleanField, IntegerField, SelectMultipleField, StringField, TextAreaField
from wtforms.validators import DataRequired, InputRequired, Length, Optional, ValidationError

from sergio.auth.viewer import Viewer
from sergio.lib.language import lazy_gettext as _l
from sergio.quotes.drawing import Unreadable, strokes
from sergio.quotes.evidence import Signature, first_package, preselected
from sergio.web.forms import Form

UNKNOWN_CHOICE = _l("Choose from the options on this quote.")
UNKNOWN_PACKAGE = _l("Choose one of the packages on this quote.")

NOTHING: dict = {"lines": ()}


class StrokesField(StringField):
    """A signature drawn by hand, in a hidden input; `data` is its strokes, an empty list where there are none."""

    def process_formdata(self, valuelist):
        self.data = []
        if valuelist and valuelist[0]:
            try:
                self.data = strokes(valuelist[0])
            except Unreadable:
                self.raw_data = None
                raise ValueError(_l("We could not read this signature. Sign again, or leave it blank.")) from None

    def _value(self):
        return self.raw_data[0] if self.raw_data else ""


class AcceptanceForm(Form):
    """Acceptance: the package and the optional lines chosen, the total that was shown, the name, a drawn signature."""

    version = IntegerField(validators=[Optional()])
    total = StringField()
    chosen = SelectMultipleField(
        _l("Optional work"),
        coerce=int,
        invalid_choice_message=lambda _count: str(UNKNOWN_CHOICE),
        invalid_value_message=UNKNOWN_CHOICE,
    )
    package = StringField(_l("Choose a package"))
    name = StringField(
        _l("Your full name"),
        [
            DataRequired(_l("Enter your full name. It is your signature.")),
            Length(max=120, message=_l("Use 120 characters or fewer.")),
        ],
    )
    strokes = StrokesField(_l("Signature"))
    agreed = BooleanField(
        _l("I accept this quote and its terms"), [InputRequired(_l("Check this box to accept the quote."))]
    )

    def __init__(self, facts: dict = NOTHING, **kwargs):
        """`facts` are the result of `evidence.frozen`."""
        lines, package = facts["lines"], first_package(facts)
        super().__init__(data={"chosen": preselected(lines), "package": package and str(package)}, **kwargs)
        self.chosen.choices = [(line["id"], line["description"]) for line in lines if line["optional"]]
        self.packages = {str(each["id"]): each["id"] for each in facts.get("packages", ())}

    def validate_package(self, field):
        """Exactly one of the packages, and nothing where there are none to choose from."""
        if self.packages and (len(field.raw_data or ()) != 1 or field.data not in self.packages):
            raise ValidationError(str(UNKNOWN_PACKAGE))

    @property
    def wanted_package(self) -> int | None:
        """The id of the package chosen; None for anything that is none of them."""
        return self.packages.get(self.package.data or "")

    @property
    def wanted(self) -> list[int]:
        """The ids of the optional lines that are checked."""
        return [int(line_id) for line_id in self.chosen.data or ()]

    @property
    def shown(self) -> int | None:
        """The total shown on the page, in minor units; None if it is missing or not a number."""
        try:
            return int(self.total.data or "")
        except ValueError:
            return None

    def signature(self, viewer: Viewer) -> Signature:
        """The signature, with the IP address, the browser, and how the viewer was signed in."""
        browser = request.user_agent.string[:300]
        return Signature(self.name.data, self.strokes.data, viewer.by.ip_address, browser, viewer.proof)


class LookForm(Form):
    version = IntegerField(validators=[Optional()])


class DeclineForm(Form):
    version = IntegerField(validators=[Optional()])
    reason = TextAreaField(_l("Reason for declining"), [Length(max=1000, message=_l("Use 1,000 characters or fewer."))])


class ChangeRequestForm(Form):
    version = IntegerField(validators=[Optional()])
    message = TextAreaField(
        _l("Your message"),
        [
            DataRequired(_l("Tell us what you would like.")),
            Length(max=2000, message=_l("Use 2,000 characters or fewer.")),
        ],
    )
