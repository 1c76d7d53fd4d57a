"""Sentences, days and times in the reader's language, which lasts for a block only."""

from datetime import UTC, date, datetime

import pytest

from sergio.lib import language
from sergio.lib.language import gettext, lazy_gettext, ngettext, pgettext, speaking

DAY = date(2026, 11, 24)


def test_days_and_times_are_written_in_the_readers_language():
    at = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
    assert (language.format_day(DAY), language.short_day(DAY)) == ("Tue, Nov 24, 2026", "Nov 24, 2026")
    assert language.format_time(at) == "9:30\xa0AM"
    with speaking("de"):
        assert (language.format_day(DAY), language.short_day(DAY)) == ("Di., 24. Nov. 2026", "24.11.2026")
        assert language.format_time(at) == "09:30"
    assert language.format_time(at) == "9:30\xa0AM"


def test_the_language_ends_with_its_block_even_after_an_error():
    with pytest.raises(ZeroDivisionError), speaking("de"):
        assert 1 / 0
    assert language.spoken.get() == "en"


def test_sentences_come_from_the_catalog_of_the_language(catalog):
    catalog("de", {"Pay": "Bezahlen", ("%(num)d day", 0): "%(num)d Tag", ("%(num)d day", 1): "%(num)d Tage"})
    pay = lazy_gettext("Pay")
    with speaking("de"):
        assert [gettext("Pay"), str(pay), ngettext("%(num)d day", "%(num)d days", 2)] == [
            "Bezahlen",
            "Bezahlen",
            "2 Tage",
        ]
    assert [gettext("Pay"), str(pay), ngettext("%(num)d day", "%(num)d days", 1)] == ["Pay", "Pay", "1 day"]


@pytest.mark.parametrize(
    ("text", "spanish"),
    [
        ("Visa ending in 4242", "Visa terminada en 4242"),
        ("Bank account ending in 6789, with 3 more", "Cuenta bancaria terminada en 6789, with 3 more"),
        ("Bank transfer", "Transferencia bancaria"),
        ("Check 1042", "Check 1042"),
        ("", ""),
    ],
)
def test_what_was_kept_in_english_is_shown_in_the_readers_language(text, spanish):
    assert language.kept(text) == text
    with speaking("es"):
        assert language.kept(text) == spanish


def test_a_time_ends_a_spanish_sentence_with_one_period():
    with speaking("es"):
        assert language.format_time(datetime(2026, 11, 24, 21, 30, tzinfo=UTC)) == "9:30\xa0pm"


def test_a_word_with_a_context_has_its_own_translation():
    with speaking("es"):
        assert (gettext("Paid"), pgettext("payment", "Paid")) == ("Pagada", "Pagado")
    assert pgettext("payment", "Paid") == "Paid"


@pytest.fixture
def catalog(tmp_path, monkeypatch):
    """`catalog(language, sentences)`: a compiled catalog with these sentences."""
    from babel.messages import Catalog, mofile

    def write(name: str, sentences: dict):
        messages = Catalog(name)
        messages.add("Pay", sentences["Pay"])
        messages.add(("%(num)d day", "%(num)d days"), (sentences["%(num)d day", 0], sentences["%(num)d day", 1]))
        folder = tmp_path / name / "LC_MESSAGES"
        folder.mkdir(parents=True)
        with (folder / "messages.mo").open("wb") as file:
            mofile.write_mo(file, messages)

    monkeypatch.setattr(language, "FOLDER", tmp_path)
    language.catalog.cache_clear()
    yield write
    language.catalog.cache_clear()
