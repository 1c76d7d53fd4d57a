"""PDF documents: renders a typst template with plain values as PDF/A-3a and PDF/UA-1."""

import json
import re
import subprocess
import sys
import unicodedata
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from struct import calcsize, iter_unpack, unpack_from
from threading import BoundedSemaphore, Lock

ROOT = Path(__file__).parents[2]
TEMPLATES = Path(__file__).parents[1] / "templates"
FONTS = Path(__file__).parents[1] / "fonts"
STANDARDS = ["a-3a", "ua-1"]
BOX = "□"
JOINERS = "\u200c\u200d"
LONGEST = 30
"""Seconds for rendering in a process of its own, which usually takes a tenth of one."""

_lock = Lock()
_processes = BoundedSemaphore(2)


class Unprintable(Exception):
    """Typst could not render the document. The message is for the log, not for the customer."""


def render(template: str, document: dict, *, at: datetime) -> bytes:
    """The PDF of `document` by `templates/<template>`, dated `at`: equal input gives equal bytes.

    `document` has only values that the template shows, already formatted; bytes are images (PNG). They reach the
    template as values, never as source, so no text can be read as markup. Raises `Unprintable`.
    """
    inputs = {"document": json.dumps(printable(document))}
    # A compiler serves one thread at a time and raises "Already borrowed" at the second.
    with _lock:
        try:
            return _compiler().compile(
                TEMPLATES / template, sys_inputs=inputs, pdf_standards=STANDARDS, timestamp=int(at.timestamp())
            )
        except RuntimeError as error:
            raise Unprintable(f"{template}: {error}") from error


def render_apart(template: str, document: dict, *, at: datetime) -> bytes:
    """The same as `render`, in a new process: typst and its fonts take 60 MB of memory, which end with it."""
    request = json.dumps({"template": template, "document": document, "at": at.timestamp()}, default=list)
    command = [sys.executable, "-m", __name__]
    with _processes:
        try:
            done = subprocess.run(
                command, input=request.encode(), capture_output=True, cwd=ROOT, timeout=LONGEST, check=True
            )
        except subprocess.TimeoutExpired as error:
            raise Unprintable(f"{template}: not rendered after {LONGEST} seconds") from error
        except subprocess.CalledProcessError as error:
            raise Unprintable(error.stderr.decode(errors="replace").strip()) from error
    return done.stdout


def answer_request():
    """In the process of `render_apart`: read its request from stdin, write the PDF to stdout."""
    request = json.load(sys.stdin.buffer)
    at = datetime.fromtimestamp(request["at"], UTC)
    try:
        sys.stdout.buffer.write(render(request["template"], request["document"], at=at))
    except Unprintable as error:
        sys.exit(str(error))


def printable(value):
    """`value` with all text reduced to characters of our fonts, and bytes as lists of numbers."""
    match value:
        case str():
            return _alphabet().printable(value)
        case bytes():
            return list(value)
        case dict():
            return {key: printable(item) for key, item in value.items()}
        case list() | tuple():
            return [printable(item) for item in value]
    return value


class Alphabet(dict):
    """A table for `str.translate`: what to print for each code point, computed when first needed."""

    def __init__(self, fonts: list[set[int]]):
        super().__init__({ord("\r"): "\n", ord("\n"): "\n", ord("\t"): " ", 0x2028: "\n", 0x2029: "\n"})
        self.fonts = fonts
        self.shown = set().union(*fonts)
        marks = [chr(code) for code in self.shown if unicodedata.category(chr(code)).startswith("M")]
        self.marked = re.compile(f".[{JOINERS}{''.join(marks)}]+", re.DOTALL)

    def printable(self, text: str) -> str:
        text = unicodedata.normalize("NFC", text).replace("\r\n", "\n").translate(self)
        return self.marked.sub(self._in_one_font, text)

    def __missing__(self, code: int) -> str:
        self[code] = self._letter(chr(code))
        return self[code]

    def _letter(self, character: str) -> str:
        category = unicodedata.category(character)
        if category == "Cc" or (category == "Cf" and character not in JOINERS):
            return ""  # invisible; some break PDF/A, and direction marks can reverse an amount
        if category in ("Co", "Cs") or ord(character) not in self.shown:
            return BOX
        return character

    def _in_one_font(self, match: re.Match) -> str:
        """Keep the accents of a letter only if one font has them all: typst does not mix fonts within a letter."""
        letter = match[0]
        return letter if any(font.issuperset(map(ord, letter)) for font in self.fonts) else letter[0]


@cache
def _alphabet() -> Alphabet:
    return Alphabet([set(_code_points(path.read_bytes())) for path in sorted(FONTS.glob("*.[ot]tf"))])


@cache
def _compiler():
    import typst  # 84 MB of shared library, loaded only by processes that print

    fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[FONTS])
    return typst.Compiler(root=TEMPLATES, font_paths=fonts)


def _code_points(font: bytes) -> Iterator[int]:
    """Every code point a font has a glyph for, from the format 12 table of its `cmap` (OpenType specification)."""
    tables = {tag: start for tag, _, start, _ in _records(">4sIII", font, 12, unpack_from(">H", font, 4)[0])}
    cmap = tables[b"cmap"]
    for _, _, offset in _records(">HHI", font, cmap + 4, unpack_from(">H", font, cmap + 2)[0]):
        start = cmap + offset
        if unpack_from(">H", font, start)[0] == 12:
            for first, last, _ in _records(">III", font, start + 16, unpack_from(">I", font, start + 12)[0]):
                yield from range(first, last + 1)


def _records(layout: str, font: bytes, start: int, count: int) -> Iterator[tuple]:
    return iter_unpack(layout, font[start : start + count * calcsize(layout)])


if __name__ == "__main__":
    answer_request()
