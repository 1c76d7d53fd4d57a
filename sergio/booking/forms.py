"""The forms of booking: a new place, and notes and answers for an appointment."""

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from wtforms import RadioField, StringField, TextAreaField
from wtforms.validators import DataRequired, Length, Optional, Regexp

from sergio.audit.actor import Actor
from sergio.booking.change_requests import LONGEST
from sergio.booking.photo_forms import PhotosOfCustomer
from sergio.booking.services import CHOICE, NUMBER
from sergio.customers.models import Customer, Property
from sergio.lib import places
from sergio.lib.language import gettext as _
from sergio.lib.language import lazy_gettext as _l
from sergio.lib.refused import Refused
from sergio.web.forms import Form

ADDRESS = ("street", "city", "region", "postal_code")
MOST_PLACES = 50
LONGEST_NOTES = 2000


class PlaceForm(Form):
    """The address of a new place. City and region may be left empty where the postal code tells them."""

    street = StringField(_l("Street address"), [DataRequired(_l("Enter the street address.")), Length(max=200)])
    city = StringField(_l("City"), [DataRequired(_l("Enter the city.")), Length(max=120)])
    region = StringField(_l("State or region"), [Length(max=60)])
    postal_code = StringField(_l("ZIP or postal code"), [Length(max=20)])

    def __init__(self, country: str, **more):
        super().__init__(**more)
        found = places.of_postal_code(self.postal_code.data or "", country)
        if found and not self.city.data:
            self.city.data = found.name
            self.region.data = self.region.data or found.region

    @property
    def typed(self) -> dict[str, str]:
        """The address by column."""
        return {name: " ".join((text or "").split()) for name, text in self.data.items() if name in ADDRESS}

    def place_of(self, customer: Customer, *, by: Actor, now: datetime) -> Property:
        """The customer's existing place with this address, else a new one, added to the session."""
        typed = self.typed
        known = any(same(place, typed) for place in customer.properties)
        if not known and len(customer.properties) >= MOST_PLACES:
            raise Refused(_("You have reached the limit for service addresses. Call us to add another one."))
        return customer.add_property(typed, by=by, at=now)


class DeclineForm(Form):
    """What the office writes to a customer whose request it declines."""

    message = TextAreaField(_l("Message to the customer"), [Length(max=500)])


class ChangeRequestForm(Form):
    """What a customer asks for when it is too late to change an appointment online."""

    message = TextAreaField(
        _l("What should we change?"), [DataRequired(_l("Tell us what you need.")), Length(max=LONGEST)]
    )


class ReplyForm(Form):
    """The office's answer to that."""

    reply = TextAreaField(_l("Your answer"), [DataRequired(_l("Write an answer.")), Length(max=LONGEST)])


class BookingForm(PhotosOfCustomer):
    """The customer's notes, answers and photos. The time is checked by `Availability`."""

    notes = TextAreaField(_l("Is there anything we should know?"), [Length(max=LONGEST_NOTES)])
    asked: tuple[str, ...] = ()
    """The names of the fields of the service's questions."""

    def refuse_large_request(self):
        super().refuse_large_request()
        self.refuse(_("What you typed was not sent with them, so check it below."))

    @property
    def text(self) -> str:
        return self.notes.data or ""

    @property
    def typed(self) -> dict:
        """The values by field, to be shown again; those that are too long are cut."""
        return {name: str(self[name].data or "")[:LONGEST_NOTES] for name in ("notes", *self.asked)}

    @property
    def questions(self) -> list:
        """The fields of the service's questions."""
        return [self[name] for name in self.asked]

    @property
    def answers(self) -> list[list[str]]:
        """Pairs of a question and its answer; questions without an answer are left out."""
        return [[field.label.text, field.data] for field in self.questions if field.data]


class Question(NamedTuple):
    """A question of a service, as the forms that ask it are made from it."""

    id: int
    wording: str
    kind: str
    options: tuple[str, ...]
    required: bool


def booking_form(questions: Sequence, typed: dict | None = None) -> BookingForm:
    """The form for a service with these questions (rows of `QUESTIONS`), and the values that were `typed` before."""
    asked = (Question(*row) for row in questions)
    return form_asking(tuple(each._replace(options=tuple(each.options)) for each in asked))(data=typed)


@lru_cache(maxsize=1000)
def form_asking(questions: tuple[Question, ...]) -> type[BookingForm]:
    """Kept, because making a class of forms takes longer than all the rest of a form."""
    fields = {f"question_{question.id}": field_of(question) for question in questions}
    return type("BookingForm", (BookingForm,), {**fields, "asked": tuple(fields)})


def field_of(question: Question):
    needed = [DataRequired(_l("Answer this question."))] if question.required else [Optional()]
    if question.kind == CHOICE:
        return RadioField(question.wording, needed, choices=[*question.options], default="")
    if question.kind == NUMBER:
        number = Regexp(r"-?[0-9]{1,12}([.,][0-9]{1,6})?\Z", message=_l("Enter a number, such as 3."))
        return StringField(question.wording, [*needed, number], render_kw={"inputmode": "decimal"})
    return StringField(question.wording, [*needed, Length(max=500)])


def same(place: Property, typed: dict) -> bool:
    """Whether a place has the typed address, ignoring case."""
    return all(getattr(place, name).casefold() == text.casefold() for name, text in typed.items())
