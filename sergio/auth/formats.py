"""Sentences about a contact's access to the portal."""

import re
from datetime import datetime

from sergio.auth.labels import ACTIVE, BOUNCED, EXPIRED, INVITED, NO_EMAIL, NONE
from sergio.companies.models import Company
from sergio.lib.language import gettext as _

REPLY = re.compile(r"[45]\d\d[ -]+(?:[45]\.(\d{1,3}\.\d{1,3}))?")
"""A mail server's reply, with the subject and the detail of its enhanced status code (RFC 3463)."""
UNKNOWN = re.compile(r"no such|unknown|not exist|not found|invalid (?:recipient|mailbox)|unavailable", re.IGNORECASE)
FULL = re.compile(r"\bfull\b|quota|storage", re.IGNORECASE)


def refusal_sentence(refusal: str) -> str:
    """Why an email was not delivered, in plain words; a sentence of our own stays as it is."""
    reply = REPLY.match(refusal)
    if reply is None:
        return refusal
    detail = reply[1] or ""
    if detail == "2.2" or FULL.search(refusal):
        return _("The mailbox is full. Ask them to make room and send it again, or use another address.")
    if detail.startswith("7."):
        return _("Their mail server doesn't accept our email. Ask them for another address.")
    if detail.startswith(("1.", "2.")) or UNKNOWN.search(refusal):
        return _("This email address doesn't exist. Correct it, then invite them again.")
    return _("Their mail server refused the email. Check the address, then invite them again.")


def access_sentence(status: str, row, company: Company) -> str:
    """What is behind a status, or ""; `row` is one of the statements of `listing`."""
    if status == NONE:
        return ""
    if status == NO_EMAIL:
        return _("Can't be invited without an email address.")
    if status == BOUNCED:
        return refusal_sentence(row.refusal)
    if status == ACTIVE:
        return _("Last used the portal %(day)s", day=company.format_moment(row.seen))
    return invited_sentence(status, row, company)


def invited_sentence(status: str, row, company: Company) -> str:
    days = {"day": company.short_day(row.sent_at), "until": company.short_day(row.expires_at), "name": row.sent_by}
    if status == EXPIRED:
        return _("Invited %(day)s by %(name)s, expired %(until)s", **days)
    if row.is_waiting:
        return _("Invited %(day)s by %(name)s. The email hasn't been sent yet.", **days)
    return _("Invited %(day)s by %(name)s, valid until %(until)s", **days)


def status_shown(row, now: datetime) -> str:
    """The status of a row as pages show it: an invitation that has expired is `EXPIRED`."""
    return EXPIRED if row.status == INVITED and row.expires_at <= now else row.status
