"""Reading a CSV file as any program writes it: its characters, its separator, its rows."""

import csv
import re
import unicodedata
from collections.abc import Iterator
from io import StringIO
from itertools import islice
from typing import NamedTuple

from sergio.lib.language import gettext as _
from sergio.lib.language import lazy_gettext as _l

LARGEST = 5 * 1024 * 1024
"""Bytes of a file."""
MOST_LINES = 20_000
"""Rows of a file, without the headings."""
MOST_COLUMNS = 100
SAMPLE = 20
"""Rows from which the separator is guessed."""
LOOKED_AT = 2000
"""Bytes by which UTF-16 without a byte order mark is recognized: in Latin letters, every other one is zero."""
SEPARATORS = (",", ";", "\t")
SAYS_SEPARATOR = re.compile(r'"?sep=([,;\t|])"?[ \t]*(?:\r\n|\r|\n)', re.IGNORECASE)
"""The line that Excel puts in front to name the separator."""
PLAIN = "\t\n\v\f\r"
"""The control characters that texts have."""


class UnreadableFile(Exception):
    """A file from which no rows can be read; the message is a sentence for the person who chose it."""


class Line(NamedTuple):
    """A row, and the line of the file on which it begins."""

    number: int
    cells: list[str]


class CsvFile(NamedTuple):
    """The rows of a file, without blank ones, each with as many cells as the widest."""

    lines: list[Line]
    width: int


def read(content: bytes) -> CsvFile:
    """The rows of a file; `UnreadableFile` for anything that is not a table of text of a sensible size."""
    text = decoded(content)
    named = SAYS_SEPARATOR.match(text)
    body = text[named.end() :] if named else text
    separator = named[1] if named else separator_of(body)
    lines = list(limited(records(body, separator), 1 if named else 0))
    if not lines:
        raise UnreadableFile(_("This file is empty."))
    width = max(len(line.cells) for line in lines)
    return CsvFile([Line(line.number, line.cells + [""] * (width - len(line.cells))) for line in lines], width)


def decoded(content: bytes) -> str:
    """The text of a file in UTF-8, UTF-16 or Windows-1252."""
    refuse_other_kinds(content)
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return strictly(content, "utf-16")
    for encoding, halves in {"utf-16-be": content[0:LOOKED_AT:2], "utf-16-le": content[1:LOOKED_AT:2]}.items():
        if halves.count(0) > len(halves) / 3:
            return strictly(content, encoding)
    try:
        return refusing_nul(content.decode("utf-8-sig"))
    except UnicodeDecodeError:
        text = strictly(content, "cp1252")
    if any(unicodedata.category(letter) == "Cc" and letter not in PLAIN for letter in set(text)):
        raise UnreadableFile(str(NOT_TEXT))
    return text


KINDS = {
    b"PK\x03\x04": _l("This is an Excel workbook or a ZIP file. If it is a workbook, save it as CSV first."),
    b"\xd0\xcf\x11\xe0": _l("This is an Excel workbook. Save it as CSV first."),
    b"%PDF": _l("This is a PDF. Choose a CSV file."),
}
"""How other files begin that people choose, with a sentence on each."""
NOT_TEXT = _l("This file isn't readable text. Save it as CSV with UTF-8 characters.")


def refuse_other_kinds(content: bytes):
    for beginning, sentence in KINDS.items():
        if content.startswith(beginning):
            raise UnreadableFile(str(sentence))


def strictly(content: bytes, encoding: str) -> str:
    try:
        return refusing_nul(content.decode(encoding))
    except UnicodeDecodeError:
        raise UnreadableFile(str(NOT_TEXT)) from None


def refusing_nul(text: str) -> str:
    if "\0" in text:
        raise UnreadableFile(str(NOT_TEXT))
    return text


def separator_of(text: str) -> str:
    """The separator with which most of the first rows are as wide as the first one; of several, the widest."""
    return max(SEPARATORS, key=lambda separator: fit(text, separator))


def fit(text: str, separator: str) -> tuple[float, int]:
    try:
        widths = [len(cells) for _number, cells in islice(records(text, separator), SAMPLE)]
    except csv.Error:
        return 0, 0
    if not widths or widths[0] == 1:
        return 0, 0
    return round(sum(width == widths[0] for width in widths) / len(widths), 1), widths[0]


def records(text: str, separator: str) -> Iterator[Line]:
    """The rows that are not blank."""
    reader = csv.reader(StringIO(text, newline=""), delimiter=separator)
    begins = 1
    for cells in reader:
        if any(map(str.strip, cells)):
            yield Line(begins, cells)
        begins = reader.line_num + 1


def limited(lines: Iterator[Line], before: int) -> Iterator[Line]:
    """The rows without empty cells at their ends, numbered behind the `before` lines of the file that precede them;
    `UnreadableFile` for too many of them, too many cells, or a quotation mark without its second one.
    """
    last = before
    try:
        for count, (number, cells) in enumerate(lines):
            last = before + number
            if count > MOST_LINES:
                most = f"{MOST_LINES:,}"
                raise UnreadableFile(
                    _("This file has more than %(most)s lines. Split it into several files.", most=most)
                )
            yield Line(last, narrow(cells))
    except csv.Error:
        raise UnreadableFile(
            _(
                "The file can't be read after line %(line)s. A line is too long, or a quotation mark is missing.",
                line=last,
            )
        ) from None


def narrow(cells: list[str]) -> list[str]:
    """The cells without empty ones at the end; `UnreadableFile` for too many."""
    width = next((place for place in range(len(cells), 1, -1) if cells[place - 1].strip()), 1)
    if width > MOST_COLUMNS:
        raise UnreadableFile(
            _("This file has more than %(most)s columns. Remove those you don't need.", most=MOST_COLUMNS)
        )
    return cells[:width]
