"""The budgets: what keeps them is not named, what does not keep them is."""

from collections import Counter

from bench import budget
from bench.footprint import Footprint
from bench.growth import Growth
from bench.measure import Sample
from bench.pages import LIST, PORTAL, REPEAT, Page
from tests.faults.booking_load import Outcome

HOME = Page("home", "/portal/", PORTAL, LIST)
FINE = Sample(cpu=4.0, hello=0.25, rate=250, p50=4, p99=7, requests=500)
LIGHT = Footprint(0.7, 70 * budget.MB, 60 * budget.MB, {HOME: 6_000}, 35_000, 30)


def complaints(**samples):
    """What is said of the home page, with the samples `at_1`, `at_16` and `at_64`."""
    measured = {(HOME, int(name.removeprefix("at_"))): sample for name, sample in samples.items()}
    return list(budget.broken("sqlite", measured))


def test_a_page_within_its_budget_is_not_named():
    assert complaints(at_1=FINE, at_16=FINE._replace(cpu=4.8), at_64=FINE._replace(p99=8)) == []


def test_a_page_that_is_too_slow_is_named_with_its_share():
    assert complaints(at_1=FINE._replace(cpu=5.0)) == ["home (sqlite) is at 5.0% of hello, its budget is 6%."]


def test_a_page_that_costs_more_in_a_crowd_is_named():
    [complaint] = complaints(at_1=FINE, at_16=FINE._replace(cpu=5.0))
    assert complaint == "home (sqlite) costs 1.25 times as much at 16 connections, its budget is 1.2."


def test_a_long_tail_is_named_only_if_enough_requests_were_measured():
    [complaint] = complaints(at_64=FINE._replace(p99=10))
    assert complaint == "home (sqlite) has a p99 of 2.5 times its p50 at 64 connections, its budget is 2."
    assert complaints(at_64=FINE._replace(p99=10, requests=100)) == []


def test_a_page_that_fails_is_named_unless_it_is_one_in_a_hundred():
    assert complaints(at_16=FINE._replace(failed=5)) == []
    assert complaints(at_16=FINE._replace(failed=6)) == ["home (sqlite) failed 6 of 500 times at 16 connections."]


def test_a_repeat_view_has_a_budget_of_its_own():
    again = HOME._replace(budget=REPEAT)
    assert list(budget.broken("sqlite", {(again, 1): FINE}))
    assert not list(budget.broken("sqlite", {(again, 1): FINE._replace(cpu=0.5)}))


def test_growth_is_named_with_its_ratio():
    grown = [Growth(HOME, 4.0, 5.0, 1.25), Growth(HOME, 4.0, 6.0, 1.5)]
    [complaint] = budget.outgrown("sqlite", grown)
    assert complaint == "home (sqlite) costs 1.50 times as much in a large company, its budget is 1.3."


def test_what_is_light_and_quick_is_not_named():
    assert list(budget.overweight(LIGHT)) == []


def test_each_thing_that_is_too_heavy_is_named():
    heavy = Footprint(0.8, 99 * budget.MB, 81 * budget.MB, {HOME: 6_145}, 35_841, 30)
    assert [sentence.split()[0] for sentence in budget.overweight(heavy)] == ["home", "A", "Loading", "A"]


def test_slow_and_double_bookings_are_named():
    fine = Outcome(rate=150, p50=400, p99=500, longest=600, counts=Counter(), cpu=10, doubles=0)
    assert list(budget.slow_bookings({"sqlite": fine})) == []
    worse = {"sqlite": fine._replace(p99=501), "postgresql": fine._replace(doubles=1)}
    assert list(budget.slow_bookings(worse)) == [
        "Bookings (sqlite) have a p99 of 501 ms, their budget is 500.",
        "1 bookings (postgresql) overlap with another one.",
    ]
