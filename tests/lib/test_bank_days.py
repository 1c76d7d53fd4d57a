"""Four business days, as US banks count them."""

from datetime import date

import pytest

from sergio.lib.bank_days import closed_days, debit_arrives


@pytest.mark.parametrize(
    ("started", "arrives"),
    [
        (date(2026, 11, 30), date(2026, 12, 4)),
        (date(2026, 12, 3), date(2026, 12, 9)),
        (date(2026, 12, 5), date(2026, 12, 10)),
        (date(2026, 11, 24), date(2026, 12, 1)),
        (date(2026, 12, 22), date(2026, 12, 29)),
        (date(2026, 12, 30), date(2027, 1, 6)),
        (date(2027, 7, 2), date(2027, 7, 9)),
    ],
)
def test_weekends_and_holidays_do_not_count(started, arrives):
    assert debit_arrives(started) == arrives


@pytest.mark.parametrize(
    ("year", "memorial_day"), [(2026, 25), (2027, 31), (2028, 29), (2029, 28), (2030, 27), (2032, 31)]
)
def test_memorial_day_is_the_last_monday_of_may(year, memorial_day):
    assert {day for day in closed_days(year) if day.month == 5} == {date(year, 5, memorial_day)}


def test_a_holiday_on_saturday_is_not_kept_and_one_on_sunday_is_on_monday():
    assert date(2026, 7, 3) not in closed_days(2026)
    assert date(2027, 7, 5) in closed_days(2027)
