"""What templates write is escaped as markupsafe does it, in every place where a value can stand."""

import pytest
from flask import Flask
from jinja2 import DictLoader
from markupsafe import Markup, escape

from sergio.web import formats


class Link:
    """Writes itself as HTML."""

    def __html__(self):
        return "<a>&amp;</a>"


class Name(str):
    """Text of another type, which may hide anything."""


VALUES = ["Theo", "", *"&<>\"'", "<script>", Markup("<b>"), Name("<i>"), Name("Olga"), Link(), 7, 7.5, None, ["<"]]
PLACES = {
    "alone": "{{ value }}",
    "in an attribute": '<p title="{{ value }}">',
    "in a loop": "{% for each in [value] %}{{ each }}{% endfor %}",
    "in a macro": "{% macro shown(it) %}{{ it }}{% endmacro %}{{ shown(value) }}",
    "called": "{% macro shown() %}{{ caller() }}{% endmacro %}{% call shown() %}{{ value }}{% endcall %}",
    "set": "{% set kept %}{{ value }}{% endset %}{{ kept }}",
    "filtered": "{{ [value, value]|join('|') }}",
    "in a block": "{% block main %}{{ value }}{% endblock %}",
}


@pytest.fixture(scope="module")
def environment():
    return formats.Environment(Flask("templates"), loader=DictLoader({}), autoescape=True)


@pytest.mark.parametrize("value", VALUES, ids=map(str, range(len(VALUES))))
def test_a_value_is_escaped_as_markupsafe_does_it(value):
    assert formats.Environment.escaped(value) == escape(value)


@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES.keys())
def test_markup_is_escaped_wherever_a_value_stands(environment, place):
    written = environment.from_string(place).render(value="<script>&")
    assert "&lt;script&gt;&amp;" in written
    assert "<script>" not in written
    assert "&amp;amp;" not in written


def test_without_autoescaping_nothing_is_escaped(environment):
    assert environment.overlay(autoescape=False).from_string("{{ value }}").render(value="<") == "<"


def test_templates_of_the_app_use_it(app):
    assert isinstance(app.jinja_env, formats.Environment)
    assert "environment.escaped(" in app.jinja_env.compile("{{ value }}", filename="a.html", raw=True)
