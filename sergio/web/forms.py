"""The base class of all forms, their fields as HTML, and forms that nobody has filled in."""

from functools import cache
from typing import TypeVar

from flask import g, request
from flask_wtf import FlaskForm
from markupsafe import Markup, escape
from wtforms import StringField, i18n
from wtforms.validators import NumberRange, StopValidation
from wtforms.widgets import CheckboxInput, EmailInput, HiddenInput, TelInput, TextArea, TextInput

from sergio.lib.language import ENGLISH, spoken
from sergio.lib.language import gettext as _
from sergio.lib.language import lazy_gettext as _l
from sergio.lib.text import plain_name


class Form(FlaskForm):
    """A form whose text fields are trimmed."""

    def validate(self, extra_validators=None) -> bool:
        note_extra_fields(self)
        return super().validate(extra_validators)

    class Meta(FlaskForm.Meta):
        def get_translations(self, form):
            """WTForms' own sentences, in the reader's language."""
            return sentences(spoken.get())

        def bind_field(self, form, unbound_field, options):
            filters = unbound_field.kwargs.get("filters", [])
            if unbound_field.field_class.__name__ in ("StringField", "TextAreaField", "EmailField", "TelField"):
                filters = [*filters, trimmed]
            return unbound_field.bind(form=form, filters=filters, **options)

        def render_field(self, field, render_kw):
            """What WTForms writes, which takes 60 µs for a field: it escapes each attribute several times."""
            write = WRITERS.get(type(field.widget))
            if write is None:
                return super().render_field(field, render_kw)
            return Markup(write(field, render_kw))  # noqa: S704 - every value is escaped below


@cache
def sentences(language: str):
    return i18n.get_translations([language, ENGLISH])


def text_area(field, given: dict) -> str:
    return f"<textarea{attributes(field, given)}>\n{escape(field._value())}</textarea>"


def text_input(field, given: dict) -> str:
    own = {"type": field.widget.input_type, "value": field._value()}
    return f"<input{attributes(field, own | given)}>"


def checkbox(field, given: dict) -> str:
    return text_input(field, {"checked": bool(field.data), **given})


WRITERS = {
    **dict.fromkeys((TextInput, EmailInput, TelInput, HiddenInput), text_input),
    CheckboxInput: checkbox,
    TextArea: text_area,
}


def attributes(field, given: dict) -> str:
    """The HTML attributes of a field: its name, its limits, and those given, without those that are False or None."""
    limits = {name: getattr(field.flags, name) for name in field.widget.validation_attrs}
    named = {"id": field.id, "name": field.name, **limits, **given}.items()
    return "".join(attribute(name, value) for name, value in named if value is not None and value is not False)


def attribute(name: str, value) -> str:
    name = name.replace("_", "-")
    return f" {name}" if value is True else f' {name}="{escape(value)}"'


def add_error(field, sentence: str):
    field.errors = [*field.errors, sentence]


class Whole(StringField):
    """A whole number."""

    def process_formdata(self, valuelist):
        if valuelist:
            text = valuelist[0].replace("\0", "").strip()
            self.data = int(text) if text.isdecimal() and len(text) < 10 else text

    def pre_validate(self, form):
        if not isinstance(self.data, int):
            raise StopValidation(_("Enter a whole number."))


def between(least: int, most: int) -> NumberRange:
    return NumberRange(least, most, message=_l("Enter a number from %(min)s to %(max)s."))


F = TypeVar("F", bound=Form)


@cache
def blank(form: type[F], *facts: str) -> F:
    """A form to show, made once for all requests from the same facts: nobody has filled it in, and it has no CSRF token
    (`ui.csrf` writes that).
    """
    return form(*facts, formdata=None, meta={"csrf": False})


LONGEST_NAME, MOST_NAMES = 60, 30
"""What is kept of the names of fields that somebody made up."""


def note_extra_fields(form: FlaskForm):
    """Note the fields of the request that the form does not have in `g.extra_fields`, for the audit trail."""
    extra = sorted({*request.form, *request.files} - {field.name for field in form})
    g.extra_fields = [plain_name(name[:LONGEST_NAME]) for name in extra[:MOST_NAMES]]


def trimmed(text):
    """Text without surrounding white space and NUL, which databases refuse, and with line breaks as LF (forms send
    CRLF); other values unchanged.
    """
    return text.replace("\0", "").replace("\r\n", "\n").strip() if isinstance(text, str) else text
