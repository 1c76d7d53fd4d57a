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
    "in a block of a layout": "{% extends 'layout.html' %}{% block main %}{{ value }}{% endblock %}",
    "in a sentence": "{{ _('%(name)s paid', name=value) }}",
    "in a shared macro": "{% import 'ui.html' as ui %}{{ ui.shown(value) }}",
    "called by a shared macro": "{% import 'ui.html' as ui %}{% call ui.card() %}{{ value }}{% endcall %}",
    "given by a plain function": "{{ icon(value) }}",
}
SHARED = {
    "layout.html": "<main>{% block main %}{% endblock %}</main>",
    "ui.html": (
        "{% macro shown(it) %}<b>{{ it }}</b>{% endmacro %}{% macro card() %}<p>{{ caller() }}</p>{% endmacro %}"
    ),
}


@pytest.fixture(scope="module")
def environment():
    made = formats.Environment(Flask("templates"), loader=DictLoader(SHARED), autoescape=True)
    made.globals.update(icon=str)
    return made


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


@pytest.mark.parametrize(
    ("template", "html"),
    [
        ("{{ _('<b>') }}", "<b>"),
        ("{% import 'ui.html' as ui %}{{ ui.shown(7) }}", "<b>7</b>"),
        ("{% import 'ui.html' as ui %}{% call ui.card() %}<i>{% endcall %}", "<p><i></p>"),
    ],
)
def test_what_is_html_already_is_not_escaped_again(environment, template, html):
    assert environment.from_string(template).render() == html


def test_the_same_sentence_is_html_in_one_template_and_text_in_another(environment):
    paid = "{{ _('%(name)s paid', name=value) }}"
    assert environment.from_string(paid).render(value="<") == "&lt; paid"
    assert environment.overlay(autoescape=False).from_string(paid).render(value="<") == "< paid"


def test_a_block_is_one_text(environment):
    block = "{% block main %}{% for each in [1, 2, 3] %}{{ each }}{% endfor %}{% endblock %}"
    assert [*environment.from_string(block).generate()] == ["123"]
    page = environment.from_string("{% extends 'layout.html' %}" + block)
    assert [*page.generate()] == ["<main>", "123", "</main>"]


def test_templates_of_the_app_use_it(app):
    assert isinstance(app.jinja_env, formats.Environment)
    assert "environment.escaped(" in app.jinja_env.compile("{{ value }}", filename="a.html", raw=True)
