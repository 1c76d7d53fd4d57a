"""How a company greets people: by the time of day, and with its own message, in which names are filled in."""

import re
from datetime import datetime

from flask_babel import gettext as _

VARIABLES = ("customer_name", "first_name", "company_name", "company_phone", "company_email")
VARIABLE = re.compile("{(" + "|".join(VARIABLES) + ")}")
NOON, EVENING = 12, 18


def greeting(first_name: str, local_time: datetime) -> str:
    """ "Good morning, Ana", by the reader's clock."""
    if local_time.hour < NOON:
        return _("Good morning, %(name)s", name=first_name)
    if local_time.hour < EVENING:
        return _("Good afternoon, %(name)s", name=first_name)
    return _("Good evening, %(name)s", name=first_name)


def welcome(company, name: str, first_name: str) -> str:
    """The company's welcome message for a reader, or a plain one if it has none."""
    names = {
        "customer_name": name,
        "first_name": first_name,
        "company_name": company.name,
        "company_phone": company.phone,
        "company_email": company.email,
    }
    return filled(company.welcome.strip(), names) or _("Your quotes, invoices, and appointments are all here.")


def filled(text: str, values: dict[str, str]) -> str:
    """`text` with each `{variable}` of the list replaced, once: variables inside a value are not.

    Anything else in braces stays as it was typed. The result is text and must be escaped like any other.
    """
    return VARIABLE.sub(lambda found: values[found[1]], text)
