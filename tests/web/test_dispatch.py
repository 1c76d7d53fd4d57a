"""Requests run in the order in which they came, few at a time, but one that waits for something delays nobody."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from threading import Event, Lock
from time import monotonic

import pytest

from sergio.database.turns import Turns
from sergio.lib import elsewhere
from sergio.web.dispatch import Dispatcher, Request

QUICK, NEVER = 0.02, 3600.0


def run(coroutine):
    """Its result, from a thread of its own: the browser of other tests may have an event loop in this one."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, coroutine).result()


class Pages:
    """Responds to numbers, and notes in which order and how many at once; "slow" waits until `let_go` is set, "away"
    does so for another server.
    """

    def __init__(self):
        self.begun: list[int] = []
        self.running = self.most = 0
        self.mutex = Lock()
        self.let_go = Event()
        self.slow = 0
        self.moment = Event()

    def __call__(self, request):
        if request == "slow":
            self.slow += 1
            self.let_go.wait()
        elif request == "away":
            with elsewhere.waiting():
                self.let_go.wait()
        elif request == "broken":
            raise ValueError(request)
        else:
            self.respond(request)
        return request

    def respond(self, number: int):
        with self.mutex:
            self.begun.append(number)
            self.running += 1
            self.most = max(self.most, self.running)
        self.moment.wait(0.005)
        with self.mutex:
            self.running -= 1


@pytest.fixture
def pages():
    pages = Pages()
    yield pages
    pages.let_go.set()


def dispatcher(pages: Pages, *, threads: int = 16, at_once: int = 1, quick: float = QUICK) -> Dispatcher:
    return Dispatcher(pages, threads=threads, at_once=at_once, quick=quick)


async def ask(dispatcher: Dispatcher, requests) -> list:
    return await asyncio.gather(*map(dispatcher.response_to, requests), return_exceptions=True)


@pytest.mark.parametrize("at_once", [1, 2])
def test_requests_begin_in_their_order_and_few_at_a_time(pages, at_once):
    assert run(ask(dispatcher(pages, at_once=at_once, quick=NEVER), range(60))) == list(range(60))
    assert all(abs(place - number) < at_once for place, number in enumerate(pages.begun))
    assert pages.most == at_once


def test_control_without_turns_all_threads_run_at_once(pages):
    run(ask(dispatcher(pages, at_once=16), range(60)))
    assert pages.most > 2


async def ask_beside(kind: str, pages: Pages, *, count: int, within: float, **limits):
    """The response to a quick request that comes after so many of that kind, which are still waiting then."""
    pool = dispatcher(pages, at_once=2, **limits)
    waiting = asyncio.gather(*(pool.response_to(kind) for _ in range(count)))
    await asyncio.sleep(0)
    quick = asyncio.ensure_future(pool.response_to(1))
    try:
        return await asyncio.wait_for(asyncio.shield(quick), within)
    finally:
        pages.let_go.set()
        assert await asyncio.gather(waiting, quick) == [[kind] * count, 1]


def test_requests_that_wait_for_something_delay_nobody(pages):
    assert run(ask_beside("slow", pages, count=15, within=20)) == 1
    assert pages.slow == 15


def test_requests_that_wait_for_another_server_delay_nobody_from_the_beginning(pages):
    assert run(ask_beside("away", pages, count=15, within=20, quick=NEVER)) == 1


async def begun_beside_slow_ones(pages: Pages, slow: int) -> int:
    """How many of so many slow requests have begun when the first of four has just made room."""
    pool = dispatcher(pages, at_once=4, quick=0.4)
    waiting = asyncio.gather(*(pool.response_to("slow") for _ in range(slow)))
    while pages.slow < 5:
        await asyncio.sleep(0.01)
    begun = pages.slow
    pages.let_go.set()
    await waiting
    return begun


def test_slow_requests_make_room_one_after_the_other(pages):
    assert run(begun_beside_slow_ones(pages, slow=16)) == 5


def test_one_more_beside_those_that_wait_for_long_makes_room_as_soon_as_alone(pages):
    pool = dispatcher(pages)
    pool.running = dict.fromkeys(Request(None, None, since=began) for began in [100.0] * 8 + [200.0])
    assert pool._counting(200.0 + QUICK / 2) == 1
    assert pool._counting(200.0 + QUICK * 1.5) == 0


def test_control_if_they_counted_they_would(pages):
    with pytest.raises(TimeoutError):
        run(ask_beside("slow", pages, count=15, within=0.5, quick=NEVER))


@pytest.mark.parametrize("writing", [True, False])
def test_nothing_begins_beside_a_writer_of_this_process(pages, monkeypatch, writing):
    """The control is without the writer, which has itself waited for so long that it no longer counted."""
    monkeypatch.setattr(Turns, "writing_since", monotonic() if writing else Turns.writing_since)
    began = monotonic()
    assert run(ask(dispatcher(pages, quick=0.4), [1])) == [1]
    assert (monotonic() - began > 0.3) is writing


def test_there_are_no_more_threads_than_allowed(pages):
    with pytest.raises(TimeoutError):
        run(ask_beside("slow", pages, count=4, threads=4, within=0.5))
    assert pages.slow == 4


def test_an_error_is_that_of_its_request_only(pages):
    first, error, last = run(ask(dispatcher(pages), [1, "broken", 2]))
    assert (first, last) == (1, 2)
    assert isinstance(error, ValueError)
