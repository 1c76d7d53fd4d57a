"""Paging: every row once and in order, whatever is added meanwhile and whatever is asked for, at the same cost."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest
from sqlalchemy import Column, Date, Index, Integer, MetaData, String, Table, insert, literal, select, union_all

from sergio.database.engines import Utc
from sergio.extensions import db
from sergio.web.paging import ROWS, ROWS_AND_ONE, Order, Paging

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
PATH = "/list"
TABS = {"all": "All", "some": "Some"}

notes = Table(
    "paging_note",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("at", Utc),
    Column("on", Date),
    Column("name", String),
    Index("ix_paging_note", "at", "id"),
)
LATEST = Order("latest", notes.c.at, notes.c.id, descending=True)
BY_NAME = Order("name", notes.c.name, notes.c.id)
BY_DAY = Order("day", notes.c.on, notes.c.id)
NEWEST, OLDEST = Order("newest", notes.c.id, descending=True), Order("oldest", notes.c.id)


@pytest.fixture
def listed(app, session):
    """A table of 45 notes, of which some share a time, a day or a name."""
    engine = db.engine
    notes.create(engine)
    add(*({"id": n, "at": NOON + timedelta(n // 3), "on": day(n // 4), "name": f"N{n % 7}"} for n in range(1, 46)))
    yield notes
    session.rollback()
    notes.drop(engine)


def day(n: int) -> date:
    return date(2026, 11, 23) + timedelta(n)


def add(*rows: dict):
    with db.engine.begin() as connection:
        connection.execute(insert(notes), list(rows))


def page_by(*orders: Order):
    """The statement for a page of all notes: in one part or, for two orders, those with an id above 20 first."""
    if len(orders) == 1:
        return select(notes).where(orders[0].after).order_by(*orders[0].by).limit(ROWS_AND_ONE)
    conditions = (notes.c.id > 20, notes.c.id <= 20)
    parts = [part(index, *each) for index, each in enumerate(zip(conditions, orders, strict=True))]
    found = union_all(*(select(each.subquery()) for each in parts)).subquery()
    return select(found).order_by(found.c.part, found.c.place).limit(ROWS_AND_ONE)


def part(index: int, condition, order: Order):
    place = notes.c.id if order is OLDEST else -notes.c.id
    rows = select(notes, literal(index).label("part"), place.label("place"))
    return rows.where(condition, order.after).order_by(*order.by).limit(ROWS_AND_ONE)


@dataclass
class Shown:
    """A page as a browser sees it."""

    ids: list[int]
    first: str | None
    next: str | None


def shown(url: str, *orders: Order) -> Shown:
    """The page at a URL of the list."""
    paging = Paging(PATH, dict(parse_qsl(urlsplit(url).query)), TABS)
    ids = [row.id for row in paging.rows_of(page_by(*orders), *orders)]
    return Shown(ids, paging.first, paging.next)


def every_page(*orders: Order) -> list[Shown]:
    pages = [shown(PATH, *orders)]
    while url := pages[-1].next:
        pages.append(shown(url, *orders))
    return pages


def ids_of(pages: list[Shown]) -> list[int]:
    return [each for page in pages for each in page.ids]


def in_order(*keys) -> list[int]:
    return list(db.session.scalars(select(notes.c.id).order_by(*keys)))


@pytest.mark.parametrize("order", [LATEST, BY_NAME, BY_DAY, NEWEST, OLDEST])
def test_pages_show_every_row_once_and_in_order_with_ties(listed, order):
    pages = every_page(order)
    assert [len(page.ids) for page in pages] == [20, 20, 5]
    assert ids_of(pages) == in_order(*order.by)


def test_the_parts_follow_each_other(listed):
    pages = every_page(OLDEST, NEWEST)
    assert ids_of(pages) == [*range(21, 46), *range(20, 0, -1)]
    assert [len(page.ids) for page in pages] == [20, 20, 5]


def test_a_page_may_end_where_a_part_ends(listed):
    add(*({"id": n, "at": NOON, "on": day(0), "name": ""} for n in range(46, 61)))
    assert ids_of(every_page(OLDEST, NEWEST)) == [*range(21, 61), *range(20, 0, -1)]


def test_only_the_first_page_has_no_link_to_it_and_only_the_last_has_no_next_one(listed):
    first, second, last = every_page(LATEST)
    assert (first.first, second.first, last.first) == (None, f"{PATH}?show=all", f"{PATH}?show=all")
    assert first.next
    assert second.next
    assert last.next is None


@pytest.mark.parametrize(("rows", "pages"), [(ROWS, 1), (ROWS + 1, 2), (2 * ROWS, 2)])
def test_a_full_last_page_has_no_next_one(listed, rows, pages):
    with db.engine.begin() as connection:
        connection.execute(notes.delete().where(notes.c.id > rows))
    assert [page.next is None for page in every_page(OLDEST)] == [*[False] * (pages - 1), True]


def test_no_rows_are_one_empty_page(listed):
    with db.engine.begin() as connection:
        connection.execute(notes.delete())
    assert every_page(OLDEST) == [Shown([], None, None)]


def test_rows_that_come_or_go_meanwhile_move_nothing(listed):
    first = shown(PATH, LATEST)
    add({"id": 99, "at": NOON + timedelta(99), "on": day(0), "name": "new"})
    with db.engine.begin() as connection:
        connection.execute(notes.delete().where(notes.c.id.in_([first.ids[0], first.ids[-1]])))
    second = shown(first.next, LATEST)
    assert ids_of([first, second]) == list(range(45, 5, -1))


def test_the_links_keep_the_tab_and_the_search(listed):
    paging = Paging(PATH, {"show": "some", "after": "x"}, TABS, q="Smith & Co")
    paging.rows_of(page_by(OLDEST), OLDEST)
    assert paging.first == f"{PATH}?show=some&q=Smith+%26+Co"
    assert paging.next == f"{PATH}?show=some&q=Smith+%26+Co&after=0~20"


AFTER = [
    *("", "~", "~~~", "0", "0~", "x", "x~1", "-1~1", "-2~1", "1~1", "9~1", "0~x", "0~1~2", "0~1~2~3", "0~-2", "0~ 1"),
    *("0~1_0", "0~+1", "0~٣", f"0~{2**31}", f"0~{2**63}", f"0~{10**30}", f"0~{'9' * 5000}", f"{'9' * 5000}~1"),
    *("0~\x00", "0~\x00~1", "0~a\x00~1", f"0~a~{10**30}", "0~a~x", "0~𐏿~x", "0~'; DROP TABLE paging_note~x"),
    *("0~nan", "0~None", "0~2026-11-23", "0~2026-11-23~1", "0~2026-11-23 12:00:00~1", "0~20261123T12Z~1"),
    *("0~0001-01-01 00:00:00+23:59~1", "0~9999-12-31 23:59:59-23:59~1", "0~2026-13-45 12:00:00+00:00~1"),
    *("0~2026-11-23 12:00:00+00:00", f"0~2026-11-23 12:00:00+00:00~{2**31}", "0~2026-11-23 12:00:00+00:00~x"),
    "0~2026-W48-1~1",
]


LISTS = {"times": (LATEST,), "numbers": (OLDEST,), "days": (BY_DAY,), "names": (BY_NAME,), "parts": (NEWEST, OLDEST)}


@pytest.mark.parametrize("orders", LISTS.values(), ids=LISTS)
def test_what_is_no_place_in_the_list_gets_the_first_page(listed, orders):
    wrong = [after for after in AFTER if not is_a_place(after, *orders)]
    assert len(wrong) > len(AFTER) - 10
    first = shown(PATH, *orders).ids
    for after in wrong:
        paging = Paging(PATH, {"after": after}, TABS)
        assert [row.id for row in paging.rows_of(page_by(*orders), *orders)] == first, after


def is_a_place(after: str, *orders: Order) -> bool:
    """Whether it is written as the list itself writes its places."""
    number, day, moment = r"(-1|0|[1-9]\d{0,8})", r"2026-11-23", r"2026-11-23 12:00:00\+00:00"
    keys = {OLDEST: number, NEWEST: number, LATEST: f"{moment}~{number}", BY_DAY: f"{day}~{number}"}
    keys |= {BY_NAME: f"[^~\0]*~{number}"}
    return any(re.fullmatch(f"{part}~{keys[order]}", after, re.ASCII) for part, order in enumerate(orders))


def test_a_separator_in_the_last_column_is_part_of_it(listed):
    order = Order("note", notes.c.id, notes.c.name)
    assert order.read("7~a~b") == {"note_id": 7, "note_name": "a~b"}


def test_a_place_beyond_the_last_row_is_an_empty_last_page(listed):
    assert shown(f"{PATH}?after=0~999999", OLDEST) == Shown([], f"{PATH}?show=all", None)


def test_page_400_costs_what_page_1_costs(listed, statements):
    """The same statement, read by the index, whatever page is asked for."""
    add(*({"id": n, "at": NOON + timedelta(0, 60 * n), "on": day(0), "name": ""} for n in range(100, 8_200)))
    page_400 = f"{PATH}?after=0~{NOON + timedelta(0, 60 * 220)}~220".replace("+", "%2B")
    costs = []
    for url in (PATH, page_400):
        with statements() as seen:
            assert len(shown(url, LATEST).ids) == ROWS
        costs.append([statement for statement in seen if "paging_note" in statement])
    assert costs[0] == costs[1]
    assert len(costs[0]) == 1
    if db.engine.dialect.name == "sqlite":
        with db.engine.connect() as connection:
            any_values = ("",) * costs[0][0].count("?")
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {costs[0][0]}", any_values).all()
        assert [re.sub(r"\(.*", "", step) for *_, step in plan] == ["SEARCH paging_note USING INDEX ix_paging_note "]
