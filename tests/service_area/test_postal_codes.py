"""Lists of postal codes: what people paste, and the codes that are part of them."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sergio.service_area.postal_codes import entries_of, prepared

ZIPS = st.integers(0, 99_999).map("{:05}".format)

UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


@pytest.mark.parametrize(
    ("typed", "entries"),
    [
        ("04101, 04102;04103\n04104\t04105", ["04101", "04102", "04103", "04104", "04105"]),
        ("04101 04102  04101", ["04101", "04102"]),
        ("04101-04109, 04530 to 04539, 04600 – 04609", ["04101-04109", "04530-04539", "04600-04609"]),
        ("041*, sw1*", ["041*", "SW1*"]),
        ("sw1a 1aa, K1A 0B1", ["SW1A1AA", "K1A0B1"]),
        ("04101-1234", ["04101"]),
        ("SW1-SW9", ["SW1-SW9"]),
        ("", []),
    ],
)
def test_what_people_paste_is_read(typed, entries):
    assert entries_of(typed) == (entries, [])


@pytest.mark.parametrize("typed", ["*", "0410?", "04109-04101", "041-04109", "SW1-123", "04101*2", "ÄÖ", "1" * 13])
def test_what_is_no_code_is_named(typed):
    assert entries_of(f"04101, {typed}") == (["04101"], [typed])


@pytest.mark.parametrize(
    ("entries", "code", "entry"),
    [
        (["04101"], "04101-1234", "04101"),
        (["04101"], "04102", None),
        (["041*"], "04199", "041*"),
        (["041*"], "04200", None),
        (["04101-04109"], "04109", "04101-04109"),
        (["04101-04109"], "04110", None),
        (["041-045"], "04599", "041-045"),
        (["SW1-SW9"], "sw3 4ab", "SW1-SW9"),
        (["SW1-SW9"], "SE1 2AB", None),
        (["SW1A1AA"], "sw1a 1aa", "SW1A1AA"),
        ([], "04101", None),
    ],
)
def test_a_code_is_part_of_an_entry(entries, code, entry):
    assert prepared(entries).entry_of(code) == entry


@UNHURRIED
@given(ZIPS, ZIPS, ZIPS)
def test_a_range_has_all_numbers_between_its_ends(one, other, code):
    low, high = sorted((one, other))
    assert (prepared([f"{low}-{high}"]).entry_of(code) is not None) == (int(low) <= int(code) <= int(high))
