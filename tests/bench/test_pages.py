"""The pages of the bench: each is there and responds, and every post is another one."""

import subprocess
import sys

import pytest

from bench import slots
from bench.pages import PAGES
from bench.posts import request_for_link, signed_event
from bench.site import WEBHOOK_SECRET
from sergio.lib import clock
from sergio.payments.stripe.signature import is_from_stripe
from tests.faults.program import ROOT


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_each_path_is_a_route(database, page):
    numbered = ("quote", "invoice", "payable", "service", "place", "customer", "appointment", "payment")
    path = page.path.format(**dict.fromkeys(numbered, 1)).partition("?")[0]
    method = "POST" if page.posts else "GET"
    host = database.url_map.bind("sparkle.sergio.test")
    assert host.match(path, method=method)


def test_each_request_for_a_link_has_an_address_and_network_of_its_own():
    first, second = (request_for_link(n, "token").split("\t") for n in (1, 300))
    assert (first[0], second[0]) == ("10.0.0.1", "10.0.1.44")
    assert first[1] != second[1]


def test_events_are_signed_as_stripe_signs():
    header, body = signed_event(7).split("\t")
    assert is_from_stripe(body.encode(), header, WEBHOOK_SECRET, clock.now())


def test_the_naive_loop_and_the_slot_engine_find_the_same_times():
    booked = slots.appointments()
    assert slots.naive(booked) == slots.engine(booked)
    assert len(slots.engine(booked)) > 100


def test_a_page_that_is_not_there_is_refused_by_name():
    command = [sys.executable, "-m", "bench", "--pages", "home,atrium"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "No page is called atrium." in done.stderr
