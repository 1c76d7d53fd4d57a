"""What is compiled before the web server forks is what its pages then execute."""

from collections import defaultdict

from bench.pages import PAGES
from bench.site import OFFICE, PORTAL
from sergio.extensions import db
from sergio.warm_up import warm_up
from tests.browser import Browser
from tests.overview import builders

COLD = {"pay", "payments", "payments-found", "customer-search", "requests", "activity", "pdf"}
"""Pages that also have a statement which they build anew, or in a form that depends on what was searched for."""
COMMON = [page for page in PAGES if page.door and page.name not in COLD]
FIRST = defaultdict(lambda: 1)


def test_the_first_view_of_a_common_page_compiles_nothing(app, world, once):
    once("common", lambda: builders.a_bit_of_all(world.ana, world.theo))
    browsers = {PORTAL: Browser(app, "sparkle"), OFFICE: Browser(app, "sparkle")}
    browsers[PORTAL].be(world.ana)
    browsers[OFFICE].be(world.olga)
    compiled = db.engines["reading"].get_execution_options()["compiled_cache"]
    compiled.clear()
    warm_up(app)
    before = set(compiled)
    for page in COMMON:
        assert browsers[page.door].get(page.path.format_map(FIRST)).status_code == 200, page.name
        assert [str(compiled[key]) for key in set(compiled) - before] == [], page.name
