"""The plans as data, and which features a company has."""

from dataclasses import replace
from itertools import pairwise

import pytest

from sergio.audit.actor import BY_OPERATOR
from sergio.companies.plans import API, BY_CODE, FEATURES, FREE, PLANS, PORTAL, PRO, SOLD, STARTER, least_with
from sergio.lib import clock
from sergio.lib.refused import Refused
from sergio.payments.stripe.currencies import LEAST, to_stripe


def test_every_plan_is_described_and_each_larger_one_has_more():
    assert tuple(BY_CODE) == PLANS
    plans = list(BY_CODE.values())
    for smaller, larger in pairwise(plans):
        assert smaller.price < larger.price
        assert smaller.features < larger.features
    assert plans[-1].features == frozenset(FEATURES)
    assert all(plan.includes and str(plan.name) and str(plan.about) for plan in plans)


def test_a_sold_plan_costs_what_stripe_can_charge():
    for code in SOLD:
        plan = BY_CODE[code]
        assert to_stripe(plan.price, plan.currency) >= LEAST[plan.currency]


def test_the_portal_begins_with_starter():
    assert least_with(PORTAL).code == least_with(API).code == STARTER


@pytest.mark.parametrize(("plan", "opens"), [(FREE, False), (STARTER, True), (PRO, True)])
def test_a_plan_decides_whether_there_is_a_portal(world, plan, opens):
    world.solo.change_plan(plan, by=BY_OPERATOR, at=clock.now())
    assert world.solo.has_portal is opens


@pytest.mark.parametrize(
    "changed",
    [{"company": "solo"}, {"plans": False}, {"stripe_secret_key": "", "stripe_publishable_key": ""}],
    ids=lambda changed: next(iter(changed)),
)
def test_an_installation_that_sells_no_plans_has_every_feature(app, world, changed):
    config = app.config["SERGIO"]
    app.config["SERGIO"] = replace(config, **changed)
    try:
        assert world.solo.plan == FREE
        assert all(world.solo.has(feature) for feature in FEATURES)
        world.solo.refuse_larger_team(500)
    finally:
        app.config["SERGIO"] = config


def test_a_plan_includes_so_many_team_members(world):
    world.solo.refuse_larger_team(2)
    with pytest.raises(Refused, match="Free plan includes up to 3 team members"):
        world.solo.refuse_larger_team(3)


def test_an_unknown_plan_is_refused(world):
    with pytest.raises(Refused, match="gold is not one of the plans"):
        world.solo.change_plan("gold", by=BY_OPERATOR, at=clock.now())
