"""Greetings by time of day, and the company's welcome message with its variables."""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime

from sergio.lib.language import gettext as _

VARIABLES = ("customer_name", "first_name", "company_name", "company_phone", "company_email")
VARIABLE = re.compile(r"{(\w{1,40})}")
NAMED = re.compile(r"{[^{}\n]{1,40}}")
NOON, EVENING = 12, 18


def greeting(first_name: str, local_time: datetime) -> str:
    """ "Good morning, Ana", by the reader's local time."""
    if local_time.hour < NOON:
        return _("Good morning, %(name)s", name=first_name)
    if local_time.hour < EVENING:
        return _("Good afternoon, %(name)s", name=first_name)
    return _("Good evening, %(name)s", name=first_name)


def welcome(company, name: str, first_name: str, text: str | None = None) -> str:
    """The company's welcome message for a reader, or a default one; `text` is a message that is not saved yet."""
    names = {
        "customer_name": name,
        "first_name": first_name,
        "company_name": company.name,
        "company_phone": company.national_phone,
        "company_email": company.email,
    }
    message = company.welcome if text is None else text
    return filled(message.strip(), names) or _("Your quotes, invoices, and appointments are all here.")


def unknown_variables(text: str, known: Iterable[str] = VARIABLES) -> list[str]:
    """What stands in braces and is no variable, which customers therefore see as it was typed."""
    names = set(known)
    return sorted({found for found in NAMED.findall(text) if found[1:-1] not in names})


def filled(text: str, values: Mapping[str, str]) -> str:
    """`text` with each `{variable}` of `values` replaced by its value; variables inside a value are not replaced.

    Anything else in braces is unchanged. The result is plain text and must be escaped.
    """
    return VARIABLE.sub(lambda found: values.get(found[1], found[0]), text)
