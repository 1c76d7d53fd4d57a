"""Texts with `{variables}` in braces, such as a company's welcome message and its own words for emails."""

import re
from collections.abc import Iterable, Mapping

VARIABLE = re.compile(r"{(\w{1,40})}")
NAMED = re.compile(r"{[^{}\n]{1,40}}")


def unknown_variables(text: str, known: Iterable[str]) -> list[str]:
    """What stands in braces and is no variable, which readers therefore see as it was typed."""
    names = set(known)
    return sorted({found for found in NAMED.findall(text) if found[1:-1] not in names})


def filled(text: str, values: Mapping[str, str]) -> str:
    """`text` with each `{variable}` of `values` replaced by its value; variables inside a value are not replaced.

    Anything else in braces is unchanged. The result is plain text and must be escaped.
    """
    return VARIABLE.sub(lambda found: values.get(found[1], found[0]), text)
