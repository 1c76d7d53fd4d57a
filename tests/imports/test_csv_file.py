"""Reading CSV files of any program, and refusing what is none."""

import io
import zipfile

import pytest

from sergio.imports import csv_file
from sergio.imports.csv_file import MOST_COLUMNS, MOST_LINES, UnreadableFile

TEXT = 'Name,Notes\r\n"Zoë ""Z"" Ruiz","Gate code:\n4711, then left"\r\n\r\nÅsa,\r\n'
LINES = [(1, ["Name", "Notes"]), (2, ['Zoë "Z" Ruiz', "Gate code:\n4711, then left"]), (5, ["Åsa", ""])]


def lines(content: bytes) -> list[tuple[int, list[str]]]:
    return [tuple(line) for line in csv_file.read(content).lines]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
def test_characters_and_quoted_line_breaks_are_read_in_every_usual_encoding(encoding):
    assert lines(TEXT.encode(encoding)) == LINES


def test_big_endian_utf_16_with_a_byte_order_mark_is_read():
    assert lines(b"\xfe\xff" + TEXT.encode("utf-16-be")) == LINES


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_the_separator_is_the_one_that_makes_all_rows_alike(separator):
    rows = [["Name", "Street, city; or both", "Phone"], ["Ana", "7 Pine Road, Portland", ""], ["Ben", "1; 2; 3", "5"]]
    text = "\n".join(separator.join(f'"{cell}"' for cell in row) for row in rows)
    assert lines(text.encode()) == list(enumerate(rows, 1))


def test_commas_in_values_do_not_make_them_the_separator():
    assert lines(b"Name;Notes, if any\nAna;red, green, blue\nBen;none") == [
        (1, ["Name", "Notes, if any"]),
        (2, ["Ana", "red, green, blue"]),
        (3, ["Ben", "none"]),
    ]


def test_the_line_with_which_excel_names_the_separator_is_no_row():
    assert lines(b"sep=;\r\nName;City\r\nAna;Bath, ME") == [(2, ["Name", "City"]), (3, ["Ana", "Bath, ME"])]


def test_line_breaks_of_an_old_mac_are_line_breaks():
    assert lines(b"Name\rAna\rBen") == [(1, ["Name"]), (2, ["Ana"]), (3, ["Ben"])]


def zipped() -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as file:
        file.writestr("customers.csv", "Name\nAna")
    return content.getvalue()


REFUSED = {
    "nothing": (b"", "empty"),
    "only blank rows": (b"\n , \n\n", "empty"),
    "a ZIP file": (zipped(), "Excel workbook or a ZIP"),
    "an old workbook": (b"\xd0\xcf\x11\xe0" + bytes(500), "Excel workbook"),
    "a PDF": (b"%PDF-1.7 ...", "PDF"),
    "NULs": (b"Name\nA\0na\n", "readable text"),
    "NULs far behind": (b"Name\n" + b"Ana\n" * 500 + b"A\0na", "readable text"),
    "half a character of UTF-16": (b"\xff\xfeA", "readable text"),
    "random bytes": (bytes(range(1, 256)) * 20, "readable text"),
    "a million columns": (b"," * 999_999 + b"x\n", "more than 100 columns"),
    "a line of megabytes": (b"x" * 5_000_000, "too long"),
    "a quotation mark that is never closed": (b'Name\n"Ana\n' + b"Ben\n" * 50_000, "quotation mark"),
    "too many lines": (b"Name\n" + b"Ana\n" * (MOST_LINES + 1), "more than 20,000 lines"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_no_table_is_refused_with_a_sentence(what):
    content, words = REFUSED[what]
    with pytest.raises(UnreadableFile, match=words):
        csv_file.read(content)


def test_as_much_as_is_allowed_is_read():
    file = csv_file.read(b"Name" + b"," * (MOST_COLUMNS - 1) + b"x\n" + b"Ana\n" * MOST_LINES)
    assert (len(file.lines), file.width) == (MOST_LINES + 1, MOST_COLUMNS)


def test_empty_cells_at_the_ends_of_rows_are_no_columns():
    assert csv_file.read(b"Name,City,,,\nAna,Bath,,,\n").width == 2
