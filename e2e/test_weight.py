"""Page weight: what a phone must load, counted as transferred."""

import pytest

from e2e.conftest import PHONE, watched_page

FIRST_VISIT = 50_000
ONE_PAGE = 14_000
PAGES = [
    "",
    "quotes",
    "quotes/1",
    "invoices",
    "invoices/79",
    "book",
    "book/time?service=1&place=1",
    "appointments",
    "history",
    "account",
]


@pytest.fixture
def phone(browser):
    """Without a service worker, whose requests Chromium does not tell the page of."""
    with watched_page(browser, **PHONE, service_workers="block") as page:
        yield page


@pytest.fixture
def sizes(phone):
    """Bytes of each response, headers and body as sent, by URL; of a page that was sent again, the largest."""
    seen: dict[str, int] = {}

    def note(request):
        taken = request.sizes()
        size = taken["responseBodySize"] + taken["responseHeadersSize"]
        seen[request.url] = max(size, seen.get(request.url, 0))  # a repeat view is a 304

    phone.on("requestfinished", note)
    return seen


def test_the_first_page_load_is_small(phone, demo, sign_in, sizes):
    sign_in(phone, "ana@example.com")
    phone.wait_for_load_state("networkidle")
    home = {url: size for url, size in sizes.items() if "sign-in" not in url}
    assert len(home) > 5
    assert sum(home.values()) < FIRST_VISIT, home


def test_no_page_is_large(phone, demo, sign_in, sizes):
    sign_in(phone, "ana@example.com")
    for path in PAGES:
        phone.goto(demo["portal"] + path, wait_until="networkidle")
        assert 500 < sizes[phone.url] < ONE_PAGE, (path, sizes[phone.url])
