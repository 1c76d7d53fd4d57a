"""The forms of a quote's draft: starting one, and editing it."""

from datetime import date, timedelta

from wtforms import BooleanField, DateField, IntegerField, SelectField, StringField, TextAreaField
from wtforms.validators import DataRequired, InputRequired, Length, Optional, ValidationError

from sergio.customers.forms import only_place, place_choices, place_of
from sergio.customers.models import Customer
from sergio.customers.roles import DECIDERS
from sergio.lib.language import gettext as _
from sergio.lib.language import lazy_gettext as _l
from sergio.price_list.typed import discount_of, discount_text
from sergio.web.forms import Form

FURTHEST = timedelta(days=5 * 366)
NONE = ""


class DayField(DateField):
    """A day; what is none gets a sentence of ours."""

    def process_formdata(self, valuelist):
        try:
            super().process_formdata(valuelist)
        except ValueError:
            raise ValueError(_("Enter a day as year, month and day, such as 2026-12-31.")) from None


class NewQuoteForm(Form):
    """The title and the service address of a new quote."""

    title = StringField(
        _l("What is the quote for?"),
        [DataRequired(_l("Enter a title.")), Length(max=200, message=_l("Use at most 200 characters."))],
    )
    place = SelectField(_l("Service address"), choices=[])

    def __init__(self, customer: Customer, **more):
        super().__init__(data={"place": only_place(customer)}, **more)
        self.customer = customer
        self.place.choices = place_choices(customer)

    @property
    def columns(self) -> dict:
        """The values by attribute of `Quote`."""
        return {"title": self.title.data, "place": place_of(self.customer, self.place.data)}


class QuoteForm(Form):
    """Everything of a draft but its lines and packages."""

    title = StringField(
        _l("Title"), [DataRequired(_l("Enter a title.")), Length(max=200, message=_l("Use at most 200 characters."))]
    )
    place = SelectField(_l("Service address"), choices=[])
    contact = SelectField(_l("Send to"), choices=[])
    valid_until = DayField(_l("Valid until"), [InputRequired(_l("Choose the last day."))])
    deposit = StringField(_l("Deposit"), [Length(max=40, message=_l("Use at most 40 characters."))])
    invoices_deposit = BooleanField(_l("Invoice the deposit as soon as the customer accepts"))
    intro = TextAreaField(_l("Introduction"), [Length(max=2000, message=_l("Use at most 2,000 characters."))])
    terms = TextAreaField(_l("Terms"), [Length(max=4000, message=_l("Use at most 4,000 characters."))])

    def __init__(self, quote, **more):
        super().__init__(data=stored(quote), **more)
        self.quote = quote
        self.place.choices = place_choices(quote.customer, quote.place)
        self.contact.choices = contacts(quote)
        self.asked = 0, 0

    def validate_valid_until(self, field):
        today = date.today()  # noqa: DTZ011 - a rough limit
        if field.data and not date(2000, 1, 1) <= field.data <= today + FURTHEST:
            raise ValidationError(_("Choose a day within the next five years."))

    def validate_deposit(self, field):
        try:
            self.asked = discount_of(field.data or "", self.quote.currency)
        except ValueError as error:
            raise ValidationError(str(error)) from None

    @property
    def columns(self) -> dict:
        """The values by attribute of `Quote`."""
        texts = {name: self[name].data or "" for name in ("title", "intro", "terms")}
        rate, amount = self.asked
        return {
            **texts,
            "place": place_of(self.quote.customer, self.place.data),
            "contact": next((each for each in self.quote.customer.contacts if str(each.id) == self.contact.data), None),
            "valid_until": self.valid_until.data,
            "deposit_rate": rate,
            "deposit": amount,
            "invoices_deposit": self.invoices_deposit.data,
        }


def stored(quote) -> dict:
    """The values of the fields."""
    return {
        **{name: getattr(quote, name) for name in ("title", "intro", "terms", "valid_until", "invoices_deposit")},
        "place": str(quote.place.number) if quote.place else NONE,
        "contact": str(quote.contact_id or NONE),
        "deposit": discount_text(quote.deposit_rate, quote.deposit, quote.currency),
    }


def contacts(quote) -> list[tuple[str, str]]:
    """The contacts who may accept quotes and can be emailed; the first one is used where none is chosen."""
    customer = quote.customer
    usual = customer.contact_for(None, DECIDERS)
    first = _("%(name)s (first contact)", name=usual.name) if usual else _("No one with an email address")
    reachable = [each for each in customer.present_contacts if each.email and each.role in DECIDERS]
    chosen = [quote.contact] if quote.contact and quote.contact not in reachable else []
    return [(NONE, first), *((str(each.id), f"{each.name}, {each.email}") for each in [*reachable, *chosen])]


class MessageForm(Form):
    """A message to the customer, with the version and the revision of the quote that the page showed."""

    version = IntegerField(validators=[Optional()])
    revision = IntegerField(validators=[Optional()])
    message = TextAreaField(_l("Message"), [Length(max=2000, message=_l("Use at most 2,000 characters."))])


class ReplyForm(Form):
    message = TextAreaField(
        _l("Your answer"),
        [DataRequired(_l("Write your answer.")), Length(max=2000, message=_l("Use at most 2,000 characters."))],
    )


class UndoForm(Form):
    reason = TextAreaField(
        _l("Why?"),
        [
            DataRequired(_l("Enter a reason. It is kept.")),
            Length(max=1000, message=_l("Use at most 1,000 characters.")),
        ],
    )
