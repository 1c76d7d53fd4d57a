"""What changed between two versions, in plain sentences."""

from copy import deepcopy

import pytest

from sergio.companies.models import Company
from sergio.lib.language import speaking
from sergio.quotes import comparison
from sergio.quotes.change_text import sentences, sentences_without_prices

FENCE = {
    "id": 1,
    "position": 0,
    "description": "Fence",
    "detail": "Larch",
    "quantity": 2000,
    "unit": "m",
    "unit_price": 60_000,
    "discount_rate": 0,
    "discount": 0,
    "tax_ppm": 0,
    "amount": 120_000,
    "optional": False,
    "preselected": False,
    "package": None,
}
GATE = FENCE | {"id": 2, "description": "Gate", "quantity": 1000, "unit": "", "unit_price": 30_000, "amount": 30_000}
BASIC = {"id": 7, "position": 0, "name": "Basic", "note": "", "recommended": False}
BEFORE = {
    "version": 1,
    "title": "Garden fence",
    "intro": "Hello",
    "terms": "None",
    "valid_until": "2026-12-14",
    "lines": [FENCE, GATE],
    "packages": [BASIC],
    "deposit": 0,
    "total": 150_000,
}


def told(after: dict, before: dict = BEFORE) -> list[str]:
    company = Company(currency="USD", language="en", time_zone="America/New_York")
    with speaking("en"):
        return sentences(comparison.changes(before, after), company)


def changed(**values) -> dict:
    return deepcopy(BEFORE) | values


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"lines": [FENCE]}, "Removed: Gate, $300.00."),
        ({"lines": [FENCE, GATE, GATE]}, "Added: Gate, $300.00."),
        ({"lines": [FENCE, GATE | {"unit_price": 28_000, "amount": 28_000}]}, "Gate: $280.00 instead of $300.00."),
        ({"lines": [FENCE, GATE | {"discount_rate": 1000, "amount": 27_000}]}, "Gate: $270.00 instead of $300.00."),
        ({"lines": [FENCE | {"quantity": 1500}, GATE]}, "Fence: quantity 1.5 m instead of 2 m."),
        ({"lines": [FENCE, GATE | {"tax_ppm": 825_00}]}, "Gate: tax 8.25% instead of 0%."),
        ({"lines": [FENCE | {"detail": "Oak"}, GATE]}, "Fence: the description changed."),
        ({"lines": [FENCE, GATE | {"optional": True}]}, "Gate is now optional."),
        ({"lines": [FENCE, GATE, GATE | {"package": 7}]}, "Added: Gate (Basic), $300.00."),
        ({"packages": []}, "Package removed: Basic."),
        ({"packages": [BASIC, BASIC | {"id": 8, "name": "Deluxe"}]}, "New package: Deluxe."),
        ({"packages": [BASIC | {"note": "Weekly"}]}, "Package Basic: the description changed."),
        ({"title": "Lower fence"}, "New title: Lower fence."),
        ({"intro": "Good day"}, "The introduction changed."),
        ({"terms": "Pay first"}, "The terms changed."),
        ({"deposit": 20_000}, "A deposit of $200.00 is now due when you accept."),
        ({"valid_until": "2026-12-31"}, "Valid until Dec 31, 2026 instead of Dec 14, 2026."),
        ({"total": 140_000}, "Total: $1,400.00 instead of $1,500.00."),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_each_change_is_a_sentence(values, sentence):
    assert told(changed(**values)) == [sentence]


def test_the_same_lines_with_other_ids_in_another_order_changed_nothing():
    assert told(changed(lines=[GATE | {"id": 11, "position": 0}, FENCE | {"id": 12, "position": 1}])) == []


def test_a_deposit_that_went_or_changed_is_told():
    with_deposit = BEFORE | {"deposit": 20_000}
    assert told(BEFORE, with_deposit) == ["No deposit is due anymore."]
    assert told(BEFORE | {"deposit": 10_000}, with_deposit) == ["Deposit: $100.00 instead of $200.00."]


def test_a_version_from_before_there_were_packages_and_discounts_is_compared_too():
    old = {name: value for name, value in BEFORE.items() if name not in ("packages", "deposit")}
    new = ("discount_rate", "discount", "package")
    old["lines"] = [{name: value for name, value in line.items() if name not in new} for line in BEFORE["lines"]]
    assert told(BEFORE, old) == ["New package: Basic."]


def test_without_prices_only_totals_are_told():
    company = Company(currency="USD", language="en", time_zone="America/New_York")
    after = changed(lines=[FENCE, GATE | {"unit_price": 1, "amount": 1}], total=120_001)
    with speaking("en"):
        found = sentences_without_prices(comparison.changes(BEFORE, after), company)
    assert found == ["Gate: the price changed.", "Total: $1,200.01 instead of $1,500.00."]
