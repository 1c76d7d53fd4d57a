"""A form that was open for too long comes back, whatever page it is of, also where a company has saved nothing yet."""

import re

import pytest
from werkzeug.routing import IntegerConverter

from tests.browser import Browser
from tests.overview import builders

LATE = "This page was open for too long, so nothing has been sent yet."
EMPTY_LIST = re.compile(r"<ul>\s*</ul>")
NO_FORM = {200, 204, 303, 400, 404}
"""A part of a page as it was typed, a page elsewhere, one that needs more than is sent here, or no such row."""
SEEN = "portal.seen.note"  # a page tells that it was seen, in a word


def paths_of(app, door: str) -> list[str]:
    """The paths below that door of the views that give a form back, with 1 for each number."""
    urls = app.url_map.bind("sparkle.sergio.test")
    return [
        urls.build(rule.endpoint, dict.fromkeys(rule.arguments, 1), method="POST")
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith(door) and "POST" in (rule.methods or ())
        if all(isinstance(kind, IntegerConverter) for kind in rule._converters.values())
        if rule.endpoint != SEEN
        if getattr(app.view_functions[rule.endpoint], "returns_form", False)
    ]


@pytest.mark.parametrize(("door", "least"), [("/office/", 55), ("/portal/", 12)])
def test_a_late_form_comes_back_and_lists_no_token_among_its_errors(app, world, once, door, least):
    once("late", lambda: builders.a_bit_of_all(world.ana, world.theo))
    browser = Browser(app, "sparkle")
    browser.be(world.olga if door == "/office/" else world.ana)
    returned = 0
    for path in paths_of(app, door):
        page = browser.post(path, {"csrf_token": "old"})
        assert page.status_code in NO_FORM | {422}, path
        if page.status_code == 422:
            returned += 1
            assert LATE in page.text, path
            assert 'href="#csrf_token"' not in page.text, path
            assert not EMPTY_LIST.search(page.text), path
    assert returned >= least, returned
