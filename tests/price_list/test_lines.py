"""The editor of lines: what was typed, its errors and totals, and what the buttons do."""

import time

import pytest
from werkzeug.datastructures import MultiDict

from sergio.lib import clock
from sergio.price_list.lines import MOST_LINES, TypedLines
from sergio.price_list.models import PriceListItem
from tests.factories import by

CLEAN = {"description": "Clean", "quantity": "1.5", "unit": "hour", "unit_price": "40.00", "tax_rate": "10%"}
BLANK = {"quantity": "1"}


def posted(*lines: dict, currency="USD", **more) -> TypedLines:
    """The lines of a form that was sent, with the keys a, b, c, …"""
    form = MultiDict(more)
    for key, line in zip("abcdefgh", lines, strict=False):
        form.add("line", key)
        for field, text in line.items():
            form.add(f"{field}-{key}", text)
    return TypedLines.posted(form, currency)


def texts(lines: TypedLines) -> list[str]:
    return [line.description for line in lines.lines]


def test_lines_have_the_order_of_their_keys_in_the_form():
    form = MultiDict([("description-b", "Second"), ("line", "a"), ("line", "b"), ("description-a", "First")])
    assert texts(TypedLines.posted(form, "USD")) == ["First", "Second"]


def test_a_line_is_read_and_priced_as_it_will_be_charged():
    lines = posted(CLEAN, {**CLEAN, "discount": "10%"}, {**CLEAN, "quantity": "1", "tax_rate": "", "discount": "5"})
    assert lines.is_valid
    assert [(line["quantity"], line["unit_price"], line["tax_ppm"]) for line in lines.values] == [
        *((1500, 4000, 100_000), (1500, 4000, 100_000), (1000, 4000, 0)),
    ]
    assert [(line["discount_rate"], line["discount"]) for line in lines.values] == [(0, 0), (1000, 0), (0, 500)]
    assert [line.amount for line in lines.lines] == [6000, 5400, 3500]
    assert lines.totals == [("Subtotal", "$149.00"), ("Tax 10%", "$11.40"), ("Total", "$160.40")]


def test_blank_lines_are_left_out():
    lines = posted(BLANK, CLEAN, {"quantity": "1", "unit": ""})
    assert lines.is_valid
    assert len(lines.values) == 1


@pytest.mark.parametrize(
    ("field", "typed", "sentence"),
    [
        ("description", "", "Describe the line."),
        ("description", "x" * 501, "Use at most 500 characters."),
        ("detail", "x" * 2001, "Use at most 2,000 characters."),
        ("unit", "x" * 21, "Use at most 20 characters."),
        ("quantity", "", "Enter a quantity, such as 1 or 1.5."),
        ("unit_price", "", "Enter a price. It can be 0."),
        ("unit_price", "cheap", "Enter an amount, such as 120 or 120.50."),
        ("discount", "60.01", "The discount is more than the line costs."),
        ("tax_rate", "x", "Enter a percentage, such as 8.25%."),
    ],
)
def test_an_error_stands_at_its_field_and_the_other_lines_count(field, typed, sentence):
    lines = posted({**CLEAN, field: typed}, CLEAN)
    assert not lines.is_valid
    assert lines.lines[0].errors == {field: sentence}
    assert lines.problems == [(f"{field}-a", "Line 1", sentence)]
    assert getattr(lines.lines[0], field) == typed
    assert lines.totals[-1] == ("Total", "$66.00")
    assert lines.uncounted == 1


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ({**CLEAN, "unit_price": "-40"}, "The total is below zero."),
        ({**CLEAN, "quantity": "50", "unit_price": "20,000,000"}, "The total is more than $1,000,000,000.00."),
    ],
)
def test_a_total_has_limits(line, error):
    assert posted(line).error == error


def test_a_line_beyond_all_measure_is_refused_at_its_price():
    lines = posted({**CLEAN, "quantity": "1000000", "unit_price": "20,000,000"})
    assert lines.lines[0].errors == {"unit_price": "This line comes to more than $1,000,000,000.00."}


def test_hand_made_keys_do_no_harm():
    form = MultiDict(
        [("line", "a-b"), ("line", ""), ("line", "x" * 13), ("line", "a"), ("line", "a"), ("quantity-a", "1")]
    )
    assert [line.key for line in TypedLines.posted(form, "USD").lines] == ["a"]


def test_there_are_limits_to_the_lines(sparkle):
    form = MultiDict([("line", f"k{number}") for number in range(MOST_LINES + 50)])
    lines = TypedLines.posted(form, "USD")
    assert len(lines.lines) == MOST_LINES + 1
    assert lines.error == "There can be up to 200 lines. Remove some first."
    full = TypedLines.posted(MultiDict([("line", f"k{number}") for number in range(MOST_LINES)]), "USD")
    assert full.edit("copy-k0", sparkle)
    assert len(full.lines) == MOST_LINES
    assert full.error == "There can be up to 200 lines. Remove some first."


@pytest.mark.parametrize(
    ("wish", "expected", "focus"),
    [
        ("up-b", ["B", "A", "C"], "B"),
        ("up-a", ["A", "B", "C"], "A"),
        ("down-b", ["A", "C", "B"], "B"),
        ("down-c", ["A", "B", "C"], "C"),
        ("copy-a", ["A", "A", "B", "C"], "A"),
        ("remove-b", ["A", "C"], "C"),
        ("remove-c", ["A", "B"], "B"),
        ("add", ["A", "B", "C", ""], ""),
    ],
)
def test_the_buttons_work_without_script(sparkle, wish, expected, focus):
    lines = posted(*({**CLEAN, "description": name} for name in "ABC"))
    assert lines.edit(wish, sparkle)
    assert texts(lines) == expected
    assert next(line.description for line in lines.lines if line.key == lines.focus) == focus


@pytest.mark.parametrize("wish", ["save", "", "up-zz", "remove", "explode-a"])
def test_anything_else_is_no_button_of_the_editor(sparkle, wish):
    assert not posted(CLEAN).edit(wish, sparkle)


def test_an_item_is_copied_into_the_first_free_line(sparkle, rival, olga, world, session):
    facts = {"detail": "All rooms", "unit": "hour", "unit_price": 4000, "tax_ppm": 82_500}
    item = PriceListItem.create(sparkle, name="Deep clean", by=by(olga), at=clock.now(), **facts)
    theirs = PriceListItem.create(rival, name="Secret", by=by(world.rita), at=clock.now(), **facts)
    session.flush()
    lines = posted(CLEAN, BLANK, find="deep")
    assert lines.edit(f"item-{item.number}", sparkle)
    assert [line.texts for line in lines.lines][1:] == [
        {
            "description": "Deep clean",
            "detail": "All rooms",
            "quantity": "1",
            "unit": "hour",
            "unit_price": "40.00",
            "discount": "",
            "tax_rate": "8.25%",
        }
    ]
    assert theirs.number == item.number
    yen = posted(CLEAN, currency="JPY")
    yen.edit(f"item-{item.number}", sparkle)
    assert yen.lines[-1].unit_price == ""


def test_fifty_lines_are_read_in_a_few_milliseconds():
    form = MultiDict()
    for number in range(50):
        form.add("line", f"k{number}")
        for field, text in CLEAN.items():
            form.add(f"{field}-k{number}", text)
    TypedLines.posted(form, "USD")
    begun = time.process_time()
    assert TypedLines.posted(form, "USD").is_valid
    assert time.process_time() - begun < 0.03
