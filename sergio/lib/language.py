"""The language of the person who reads: translated sentences (gettext), and days and times as people write them in it.

The doors and the emails say with `speaking` whose language it is; English where nobody has said so. Catalogs are
compiled gettext files, `sergio/translations/<language>/LC_MESSAGES/messages.mo`; docs/translating.md says how they are
made.
"""

import re
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime, time
from functools import cache, lru_cache
from gettext import NullTranslations
from pathlib import Path

from babel import dates, lists
from babel.support import LazyProxy, Translations

FOLDER = Path(__file__).parent.parent / "translations"
ENGLISH = "en"
LANGUAGES = {ENGLISH: "English", "es": "Español", "fr": "Français"}
"""Those that customers can choose, by their own names."""
LOCALES = {"es": "es_US"}
"""Where the language alone stands for the formats of another region: "es" is Spain."""
OFFICE = ENGLISH
"""The office's pages and the emails to it are in English only."""
ENDING = re.compile(r"(.+) ending in (\w+)")
"""A card or a bank account, as it is kept (`kept`)."""
KEPT = 10_000
"""Days and times kept as text: some years of days in a few languages. Babel takes 40 µs for each."""

spoken: ContextVar[str] = ContextVar("spoken", default=ENGLISH)
"""The language of the request, or of the email that is being written."""


@contextmanager
def speaking(language: str) -> Generator[None]:
    """Use `language` within the block, or as a decorator within the function."""
    before = spoken.set(language)
    try:
        yield
    finally:
        spoken.reset(before)


def gettext(message: str, **values) -> str:
    text = catalog(spoken.get()).gettext(message)
    return text % values if values else text


def pgettext(context: str, message: str) -> str:
    """For a word that other languages write in different ways: `context` says of what, such as "payment"."""
    return catalog(spoken.get()).pgettext(context, message)


def ngettext(one: str, many: str, num: int, **values) -> str:
    return catalog(spoken.get()).ngettext(one, many, num) % {"num": num, **values}


def kept(text: str) -> str:
    """A text that was kept in English, such as "Check" or "Visa ending in 4242", in the reader's language: each of its
    parts that is a text of ours.
    """
    return ", ".join(part and kept_part(part) for part in text.split(", "))


def kept_part(part: str) -> str:
    if found := ENDING.fullmatch(part):
        return gettext("%(brand)s ending in %(digits)s", brand=gettext(found[1]), digits=found[2])
    return gettext(part)


def lazy_gettext(message: str) -> LazyProxy:
    """For constants: translated each time it is read."""
    return LazyProxy(gettext, message, enable_cache=False)


def locale_of(language: str) -> str:
    """The CLDR locale that formats days, times and amounts in a language."""
    return LOCALES.get(language, language)


def lazy_pgettext(context: str, message: str) -> LazyProxy:
    return LazyProxy(pgettext, context, message, enable_cache=False)


@cache
def catalog(language: str) -> NullTranslations:
    return Translations.load(FOLDER, [language])


def either(names: Sequence[str]) -> str:
    """ "Ana, Ben, or Cleo"; empty without any."""
    return lists.format_list(names, style="or", locale=locale_of(spoken.get())) if names else ""


def format_day(on: date) -> str:
    """ "Tue, Nov 24, 2026"."""
    return day_parts(on, "yMMMEd")


def short_day(on: date) -> str:
    """ "Nov 24, 2026"."""
    return written_day(on, "medium")


def written_day(on: date, pattern: str) -> str:
    """A day in one of CLDR's formats ("full", "medium") or in a pattern of its fields ("EEEE" is "Tuesday")."""
    return in_pattern(on, pattern, spoken.get())


def format_time(local: datetime) -> str:
    """ "9:30 AM", with a plain no-break space: few fonts have U+202F. In Spanish "9:30 am", as a period
    would stand beside that of the sentence.
    """
    return clock(local.hour, local.minute, spoken.get())


def day_parts(on: date, skeleton: str) -> str:
    """A day with the parts that a CLDR skeleton names: "MMM" is "Nov", "yMMMEd" is "Tue, Nov 24, 2026"."""
    return with_parts(on, skeleton, spoken.get())


def days(first: date, last: date) -> str:
    """ "Nov 22 to 28, 2026", in short."""
    return interval(first, last, spoken.get())


@lru_cache(KEPT)
def with_parts(on: date, skeleton: str, language: str) -> str:
    return dates.format_skeleton(skeleton, datetime.combine(on, time()), locale=locale_of(language))


@lru_cache(KEPT)
def in_pattern(on: date, pattern: str, language: str) -> str:
    return dates.format_date(on, pattern, locale=locale_of(language))


@lru_cache(KEPT)
def interval(first: date, last: date, language: str) -> str:
    return dates.format_interval(first, last, "yMMMd", locale=locale_of(language))


@lru_cache(KEPT)
def clock(hour: int, minute: int, language: str) -> str:
    text = dates.format_time(time(hour, minute), "short", locale=locale_of(language))
    return text.replace("\u202f", "\xa0").replace(".m.", "m")
