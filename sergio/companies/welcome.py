"""How a company greets people: its own words with a few names to fill in, and the time of day."""

import re
from datetime import datetime

from flask_babel import gettext as _

VARIABLES = ("customer_name", "first_name", "company_name", "company_phone", "company_email")
VARIABLE = re.compile("{(" + "|".join(VARIABLES) + ")}")
NOON, EVENING = 12, 18


def greeting(company, first_name: str, at: datetime) -> str:
    """ "Good morning, Ana", by the company's clock."""
    hour = at.astimezone(company.zone).hour
    if hour < NOON:
        return _("Good morning, %(name)s", name=first_name)
    if hour < EVENING:
        return _("Good afternoon, %(name)s", name=first_name)
    return _("Good evening, %(name)s", name=first_name)


def welcome(company, contact) -> str:
    """The company's welcome message for a contact, or a plain one if it has none."""
    names = {
        "customer_name": contact.name or contact.customer.name,
        "first_name": contact.first_name,
        "company_name": company.name,
        "company_phone": company.phone,
        "company_email": company.email,
    }
    return filled(company.welcome.strip(), names) or _("This is where your quotes, invoices and visits are.")


def filled(text: str, values: dict[str, str]) -> str:
    """`text` with each `{variable}` of the list put in, once: what a value brings along is not looked at again.

    Anything else in braces stays as it was typed. The result is text and must be escaped like any other.
    """
    return VARIABLE.sub(lambda found: values[found[1]], text)
