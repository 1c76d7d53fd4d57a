"""Signatures drawn by hand: read, scaled to the grid, or refused."""

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sergio.quotes.drawing import HEIGHT, LONGEST, WIDTH, Unreadable, path, strokes
from tests.quotes.builders import DRAWN, acceptance

points = st.fixed_dictionaries({"x": st.floats(-900, 900), "y": st.integers(-900, 900)})
drawings = st.lists(st.fixed_dictionaries({"points": st.lists(points, max_size=40)}), max_size=8)


def drawn(*lines) -> str:
    return json.dumps([{"points": [{"x": x, "y": y} for x, y in line]} for line in lines])


def test_a_drawing_fills_the_grid():
    assert strokes(drawn([(10, 10), (310, 110)], [(160, 60)])) == [[[0, 0], [600, 200]], [[300, 100]]]


def test_a_dot_stays_a_dot_in_the_middle():
    assert strokes(drawn([(7, 7), (7, 7)])) == [[[WIDTH // 2, HEIGHT // 2]]]


def test_an_empty_drawing_has_no_strokes():
    assert strokes("[]") == strokes('[{"points": []}]') == []


@given(drawings)
def test_every_drawing_ends_on_the_grid_in_integers(drawing):
    for stroke in strokes(json.dumps(drawing)):
        for x, y in stroke:
            assert 0 <= x <= WIDTH
            assert 0 <= y <= HEIGHT
            assert type(x) is type(y) is int


def test_a_drawing_becomes_a_path():
    assert path([[[0, 0], [600, 200]], [[300, 100]]]) == "M0 0L600 200L600 200M300 100L300 100"


BOMBS = {
    "no json": "hello",
    "a number": "7",
    "a text": '"x"',
    "nothing": "null",
    "an object": '{"points": []}',
    "no points": "[{}]",
    "points of text": '[{"points": [{"x": "1", "y": "2"}]}]',
    "truth": '[{"points": [{"x": true, "y": false}]}]',
    "half a point": '[{"points": [{"x": 1}]}]',
    "not a number": '[{"points": [{"x": NaN, "y": 1}]}]',
    "infinity": '[{"points": [{"x": 1e999, "y": 1}]}]',
    "far away": '[{"points": [{"x": 1e6, "y": 1}]}]',
    "a huge integer": '[{"points": [{"x": %s, "y": 1}]}]' % ("9" * 5000),
    "deep": "[" * 100_000,
    "deep and closed": "[" * 50_000 + "]" * 50_000,
    "too many points": drawn([(number % 600, number % 199) for number in range(5000)]),
    "too long": " " * (LONGEST + 1),
    "markup": "<script>alert(1)</script>",
}


@pytest.mark.parametrize("bomb", BOMBS.values(), ids=BOMBS)
def test_anything_else_is_refused_at_once(bomb):
    started = time.perf_counter()
    with pytest.raises(Unreadable):
        strokes(bomb)
    assert time.perf_counter() - started < 1


@pytest.mark.parametrize(
    "bomb", [BOMBS["deep"], BOMBS["too many points"], BOMBS["markup"]], ids=["deep", "many", "markup"]
)
def test_the_page_refuses_it_with_a_sentence_and_keeps_nothing(browser_of, ana, quote, bomb):
    page = browser_of(ana).post("/portal/quotes/1/acceptance", acceptance(quote, strokes=bomb))
    assert page.status_code == 422
    assert "could not read this signature" in page.text
    assert len(page.text) < 20_000


def test_a_valid_drawing_is_shown_again_when_another_field_is_invalid(browser_of, ana, quote):
    page = browser_of(ana).post("/portal/quotes/1/acceptance", acceptance(quote, name="", strokes=DRAWN))
    assert page.status_code == 422
    assert "&#34;penColor&#34;" in page.text


def test_a_body_larger_than_any_form_is_refused(browser_of, ana, quote):
    page = browser_of(ana).post("/portal/quotes/1/acceptance", acceptance(quote, strokes="x" * 5_000_000))
    assert page.status_code == 413
