"""The catalogs have every text that customers can read, and no page of theirs has English in another language."""

import re
from html import unescape
from io import BytesIO

import pytest
import time_machine
from babel.messages.mofile import write_mo

from sergio.lib.language import ENGLISH, LANGUAGES
from tests.booking.builders import MONDAY
from tests.overview import builders
from tools import translations

TRANSLATED = [language for language in LANGUAGES if language != ENGLISH]
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|\{\w+\}")
COUNT = "%(num)s"
TAG = re.compile(r"<(script|style|svg|template)\b.*?</\1>|<[^>]*>", re.DOTALL)
HREF = re.compile(r'<a\b[^>]*href="(/portal/[^"#]*)"')
OWN_WORDS = {"Windows", "Deep clean", "Spring clean", "Cleaning"}
"""What a company wrote itself."""


@pytest.fixture(scope="module", params=TRANSLATED)
def catalog(request):
    return translations.catalog(request.param)


@pytest.fixture(scope="module")
def template():
    return translations.template()


def test_everything_is_translated_and_nothing_is_left_over(catalog, template):
    wanted = {(message.id, message.context) for message in template if message.id}
    kept = {(message.id, message.context): message for message in catalog if message.id}
    missing = [key for key in wanted if key not in kept or not translations.is_translated(kept[key])]
    assert (missing, set(kept) - wanted) == ([], set()), "Translate it in the .po files, then run ./dev translations"


def test_placeholders_are_those_of_the_text(catalog):
    for message in catalog:
        if message.id:
            texts = message.id if message.pluralizable else (message.id,)
            for string in message.string if message.pluralizable else (message.string,):
                expected = sorted(PLACEHOLDER.findall(texts[-1]))
                found = sorted(PLACEHOLDER.findall(string))
                assert found == expected or (found == sorted(PLACEHOLDER.findall(texts[0]))), message.id


def test_the_compiled_catalog_is_that_of_the_translations(catalog):
    compiled = BytesIO()
    write_mo(compiled, catalog)
    assert translations.po_file(str(catalog.locale)).with_suffix(".mo").read_bytes() == compiled.getvalue()


def test_marks_are_written_as_the_language_does(catalog):
    for message in catalog:
        for string in message.string if message.pluralizable else (message.string,) if message.id else ():
            if str(catalog.locale) == "fr":
                assert not re.search(r"'|[ \w][;!?](\s|$)|\w:(\s|$)| [:;!?»]|« ", string), string
            else:
                assert string.count("?") == string.count("¿"), string
                assert string.count("!") == string.count("¡"), string


def test_pages_have_no_english(app, browser_of, ana, theo, session):
    """Every page that a customer's links lead to, against all texts of the program, also the office's: in Spanish with
    SQLite, in French with PostgreSQL.
    """
    ana.language = {"sqlite": "es", "postgresql": "fr"}[session.get_bind().dialect.name]
    catalog = translations.catalog(ana.language)
    with time_machine.travel(MONDAY, tick=False):
        builders.a_bit_of_all(ana, theo)
        pages = crawled(browser_of(ana), "/portal/")
    assert len(pages) > 25
    english = translations.every_text() - OWN_WORDS - set(same_in_both(catalog))
    pieces = [PLACEHOLDER.split(text) for text in english if has_words(text)]
    found = {text: path for path, page in pages.items() for text in texts_of(page)}
    left = {text for text in found if text in english or any(fits(text, each) for each in pieces)}
    assert {text: found[text] for text in left} == {}


def same_in_both(catalog):
    """The texts that are written alike in both languages, such as "%(num)d photos" in French."""
    for message in catalog:
        forms = (message.id, message.string) if message.pluralizable else ((message.id,), (message.string,))
        yield from (text for text, translated in zip(*forms, strict=False) if text == translated)


def has_words(text: str) -> bool:
    """Whether it has placeholders, and is not made of them alone."""
    return bool(PLACEHOLDER.search(text) and re.search(r"[A-Za-z]{3}", PLACEHOLDER.sub("", text)))


def fits(text: str, pieces: list[str]) -> bool:
    """Whether that is a text of these pieces, with any values between them."""
    return text.startswith(pieces[0]) and text.endswith(pieces[-1]) and all(piece in text for piece in pieces)


def crawled(browser, start: str) -> dict[str, str]:
    """The pages by path that links lead to: one of each list's other pages and filters."""
    pages, waiting = {}, [start]
    while waiting:
        path = waiting.pop()
        shape = re.sub(r"\d+", "1", path.partition("?")[0])
        if shape not in pages:
            response = browser.get(path)
            pages[shape] = response.text if response.mimetype == "text/html" else ""
            waiting += [unescape(href) for href in HREF.findall(pages[shape])]
    return pages


def texts_of(page: str) -> set[str]:
    """The texts between the tags, and the labels in attributes."""
    labels = re.findall(r'(?:aria-label|alt|title|placeholder)="([^"]*)"', page)
    found = [*TAG.sub("\n", page).split("\n"), *labels]
    return {unescape(text).strip() for text in found if text.strip()}
