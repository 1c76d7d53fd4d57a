"""The email with the sign-in link and code."""

from datetime import datetime
from typing import Any

from sergio import jobs, outbox
from sergio.lib.language import gettext as _
from sergio.lib.language import speaking


def sign_in(company, to: str, name: str, *, path: str, code: str, expires_at: datetime):
    """The link (a path) and the code of eight letters, to one address; `name` greets the reader and may be empty."""
    facts: dict[str, Any] = {
        "name": name,
        "link": company.url(path),
        "code": f"{code[:4]}-{code[4:]}",
        "until": expires_at,
    }
    outbox.send(company, to, "auth/email/sign_in", subject(company), expires_at=expires_at, lane=jobs.SIGN_IN, **facts)


def sign_in_too_late(company, to: str, *, requested_at: datetime):
    """Keep a record for the office that a link was requested and could not be sent in time."""
    outbox.keep_unsent(company, to, subject(company), requested_at=requested_at)


def subject(company) -> str:
    with speaking(company.language):
        return _("Sign in to %(company)s", company=company.name)
