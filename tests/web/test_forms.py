"""Fields as HTML: the same as WTForms writes, apart from the order of the attributes."""

from html.parser import HTMLParser

import pytest
from flask import Flask
from werkzeug.datastructures import MultiDict
from wtforms import (
    BooleanField,
    EmailField,
    HiddenField,
    IntegerField,
    SelectField,
    StringField,
    TelField,
    TextAreaField,
)
from wtforms.meta import DefaultMeta
from wtforms.validators import DataRequired, InputRequired, Length

from sergio.quotes.forms import AcceptanceForm, ChangeRequestForm, DeclineForm
from sergio.web.forms import Form, blank

HOSTILE = """"><script>alert('1')</script>&amp;"""


@pytest.fixture(autouse=True)
def request_context():
    with Flask("forms").test_request_context():
        yield


class Sample(Form):
    name = StringField("Name", [DataRequired(), Length(min=2, max=120)])
    email = EmailField("Email", [InputRequired()])
    phone = TelField("Phone", [Length(max=40)])
    notes = TextAreaField("Notes", [Length(max=2000)])
    agreed = BooleanField("Agreed", [InputRequired()])
    next = HiddenField()
    number = IntegerField("Number")
    color = SelectField("Color", choices=["red", "green"])


@pytest.mark.parametrize("field", ["name", "email", "phone", "notes", "agreed", "next", "number", "color"])
@pytest.mark.parametrize("value", [None, "", "y", "two\nlines", "\nfirst line empty", HOSTILE])
@pytest.mark.parametrize(
    "given", [{}, {"autofocus": True, "spellcheck": False, "rows": 4, "aria_describedby": HOSTILE}]
)
def test_a_field_has_the_tag_attributes_and_text_that_wtforms_gives_it(field, value, given):
    filled_in = None if value is None else MultiDict({field: value})
    form = Sample(formdata=filled_in, meta={"csrf": False})
    assert parsed(form[field](**given)) == parsed(DefaultMeta().render_field(form[field], given))


@pytest.mark.parametrize("form", [AcceptanceForm, ChangeRequestForm, DeclineForm])
def test_a_blank_form_has_no_values_and_no_token(form):
    assert "csrf_token" not in blank(form)
    assert not any(field.data for field in blank(form))


def parsed(html: str) -> list:
    """Tags with their attributes, and text, as a browser reads them."""
    reader = Reader()
    reader.feed(html.replace("\r\n", "\n"))
    reader.close()
    return reader.found


class Reader(HTMLParser):
    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, sorted(attrs, key=str)))

    def handle_data(self, data):
        self.found.append(data)
