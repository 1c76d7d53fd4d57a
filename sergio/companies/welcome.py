"""Greetings by time of day, and the company's welcome message with its variables."""

from datetime import datetime

from sergio.lib.language import gettext as _
from sergio.lib.variables import filled

VARIABLES = ("customer_name", "first_name", "company_name", "company_phone", "company_email")
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
