"""Lists of postal codes as people paste them: single codes, ranges such as 04101-04109, and beginnings such as 041*."""

import re
from collections.abc import Iterable
from typing import NamedTuple

LONGEST = 12
ENTRY = re.compile(r"[A-Z0-9]{1,12}\*?")
RANGE = re.compile(r"([A-Z0-9]{1,12})-([A-Z0-9]{1,12})")
PLUS_FOUR = re.compile(r"\d{5}-\d{4}")
DASHES = str.maketrans(dict.fromkeys("‐‑‒–—−", "-"))


class Codes(NamedTuple):
    """The entries of a list, ready to be asked."""

    whole: frozenset[str]
    beginnings: tuple[str, ...]
    ranges: tuple[tuple[str, str], ...]

    def entry_of(self, code: str) -> str | None:
        """The entry that a postal code is part of."""
        code = plain(code)
        if code in self.whole:
            return code
        beginning = next((each for each in self.beginnings if code.startswith(each)), None)
        if beginning is not None:
            return f"{beginning}*"
        return next((f"{low}-{high}" for low, high in self.ranges if is_between(code, low, high)), None)


NO_CODES = Codes(frozenset(), (), ())


def plain(code: str) -> str:
    """A code as it is compared: "sw1a 1aa" is "SW1A1AA", and of a ZIP+4 only the first five digits count."""
    written = "".join(code.upper().translate(DASHES).split())
    return written[:5] if PLUS_FOUR.fullmatch(written) else written.replace("-", "")


def entries_of(text: str) -> tuple[list[str], list[str]]:
    """The entries of a typed list, each once, and the parts that are none.

    Commas, semicolons and line breaks part them; so do spaces where all is digits, which only then part no code.
    """
    good, bad = [], []
    for part in filter(None, (part.strip() for part in re.split(r"[,;\n\t]", text))):
        pieces = spread(part)
        entries = [entry(piece) for piece in pieces]
        if None in entries:
            bad.append(part)
        good += [each for each in entries if each]
    return list(dict.fromkeys(good)), bad


def spread(part: str) -> list[str]:
    joined = re.sub(r"\s*(?:-|\bto\b|\.\.)\s*", "-", part.translate(DASHES), flags=re.IGNORECASE)
    digits = re.fullmatch(r"[\d*\s-]+", joined)
    return joined.split() if digits else [joined]


def entry(piece: str) -> str | None:
    """An entry as it is stored; None if it is none."""
    written = "".join(piece.upper().split())
    if PLUS_FOUR.fullmatch(written):
        return written[:5]
    found = RANGE.fullmatch(written)
    if found:
        low, high = found.groups()
        return written if kinds(low) == kinds(high) and low <= high else None
    return written if ENTRY.fullmatch(written) else None


def kinds(code: str) -> str:
    """Where a code has digits and where letters."""
    return "".join("9" if letter.isdigit() else "A" for letter in code)


def prepared(entries: Iterable[str]) -> Codes:
    ranges = {each: found.groups() for each in entries if (found := RANGE.fullmatch(each))}
    beginnings = tuple(each[:-1] for each in entries if each.endswith("*"))
    whole = frozenset(each for each in entries if each not in ranges and not each.endswith("*"))
    return Codes(whole, beginnings, tuple((low, high) for low, high in ranges.values()))


def is_between(code: str, low: str, high: str) -> bool:
    """Whether the code, or its beginning of that length, lies in the range: "04103" in 041-045, "SW3" in SW1-SW9."""
    beginning = code[: len(low)]
    return kinds(beginning) == kinds(low) and low <= beginning <= high
