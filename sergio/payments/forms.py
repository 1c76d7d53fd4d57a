"""Forms for staff about payments."""

from wtforms import HiddenField, StringField
from wtforms.validators import DataRequired, Length

from sergio.lib.language import lazy_gettext as _l
from sergio.web.forms import Form


class ClosingForm(Form):
    """Why an attempt is closed. `attempt` is the key of the one that the page showed."""

    attempt = HiddenField()
    reason = StringField(_l("Reason"), [DataRequired(_l("Enter a reason.")), Length(max=500)])


class DismissalForm(Form):
    """Why an event that was set aside needs no action."""

    reason = StringField(_l("Reason"), [DataRequired(_l("Enter a reason.")), Length(max=500)])
