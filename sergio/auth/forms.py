"""The forms of the sign-in pages, and of inviting customers to the portal."""

from wtforms import EmailField, HiddenField, RadioField, SelectMultipleField, StringField, ValidationError
from wtforms.validators import DataRequired, InputRequired, Length

from sergio.auth.labels import CHOSEN, NEVER, WHO_LABELS
from sergio.customers.contact_forms import RoleForm
from sergio.customers.forms import one_line
from sergio.customers.roles import BOOKING
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


class NewEmailForm(Form):
    """Another address of a contact."""

    email = EmailField(
        _l("New email address"),
        [InputRequired(_l("Enter your new email address.")), Length(max=254, message=_l("This is too long."))],
    )
    validate_email = EmailForm.validate_email


class PersonForm(RoleForm):
    """Somebody whom a customer invites to their account."""

    name = StringField(_l("Name"), [DataRequired(_l("Enter their name.")), Length(max=120)])
    email = EmailField(_l("Email address"), [InputRequired(_l("Enter their email address.")), Length(max=254)])
    validate_email = EmailForm.validate_email

    def __init__(self, currency: str, **more):
        super().__init__(currency, stored={"name": "", "email": "", "role": BOOKING}, **more)

    @property
    def facts(self) -> dict:
        """The arguments of `people.invite`."""
        return {"name": one_line(self.name.data), "email": self.email.data, "access": self.access}


class InvitedForm(Form):
    """The button of an invitation's page, and the path to open after signing in."""

    next = HiddenField()


MOST_CHOSEN = 500


def identifier(text) -> int:
    """An id of a row; 0 for text that is none."""
    return int(text) if str(text).isdecimal() and len(str(text)) < 10 else 0


class InviteesForm(Form):
    """Whom to invite: contacts by what is known of them, or those ticked (`contact`, their ids)."""

    who = RadioField(_l("Who to invite"), choices=[], default=NEVER)
    contact = SelectMultipleField(_l("Selected"), coerce=identifier, default=(), validate_choice=False)

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.who.choices = [*WHO_LABELS.items()]

    def validate_contact(self, field):
        if self.who.data == CHOSEN and not (0 < len(field.data) <= MOST_CHOSEN and all(field.data)):
            raise ValidationError(_l("Select between 1 and 500 contacts, or choose them by a filter."))

    @property
    def asked(self) -> tuple[str, list[int]]:
        """`who` and the ids; of an invalid form, the contacts that were never invited."""
        if self.who.errors or self.contact.errors:
            return NEVER, []
        return str(self.who.data), [int(each) for each in self.contact.data or ()]


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
