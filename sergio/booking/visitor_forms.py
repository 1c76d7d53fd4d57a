"""The form in which somebody who is no customer yet says who they are."""

from wtforms import EmailField, StringField, TelField
from wtforms.validators import DataRequired, InputRequired, Length, Optional

from sergio.customers.forms import Reachable, one_line
from sergio.lib.language import lazy_gettext as _l


class VisitorForm(Reachable):
    """Name, email address and phone number. `website` is hidden: whoever fills it in is a program."""

    name = StringField(_l("Your name"), [DataRequired(_l("Enter your name.")), Length(max=120)])
    email = EmailField(_l("Email address"), [InputRequired(_l("Enter your email address.")), Length(max=254)])
    phone = TelField(_l("Phone"), [Optional(), Length(max=40)])
    website = StringField(_l("Leave this empty"), [Length(max=200)])

    def __init__(self, country: str, **more):
        super().__init__(**more)
        self.country = country

    @property
    def full_name(self) -> str:
        return one_line(self.name.data)
