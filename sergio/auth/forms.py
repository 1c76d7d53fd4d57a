"""The forms of the sign-in pages: an email address, or the code from the email."""

from wtforms import EmailField, HiddenField, StringField, ValidationError
from wtforms.validators import InputRequired, Length

from sergio.lib.email_addresses import well_formed
from sergio.lib.language import lazy_gettext as _l
from sergio.web.forms import Form


class EmailForm(Form):
    """Where to send the link, and the path to open after signing in."""

    email = EmailField(
        _l("Email address"),
        [InputRequired(_l("Enter your email address.")), Length(max=254, message=_l("This is too long."))],
    )
    next = HiddenField()

    def validate_email(self, field):
        email = well_formed(field.data)
        if email is None:
            raise ValidationError(_l("Enter a valid email address, such as name@example.com."))
        field.data = email


class CodeForm(Form):
    """The eight letters and digits from the email."""

    code = StringField(
        _l("Code from the email"),
        [InputRequired(_l("Enter the code.")), Length(max=40, message=_l("This is too long."))],
    )

    def refuse(self):
        """Add the error for a wrong code to the field."""
        self.code.validate(self, [wrong])


def wrong(form, field):
    raise ValidationError(_l("That code is incorrect. Check our latest email, or request a new code."))
