"""The letter that signs somebody in."""

from datetime import datetime

from flask_babel import force_locale
from flask_babel import gettext as _

from sergio import outbox


def sign_in(company, to: str, name: str, *, path: str, code: str, expires_at: datetime):
    """The link (a path) and the code of eight letters, to one address; `name` greets the reader and may be empty."""
    with force_locale(company.language):
        subject = _("Sign in to %(company)s", company=company.name)
    facts = {"name": name, "link": company.url(path), "code": f"{code[:4]}-{code[4:]}", "until": expires_at}
    outbox.send(company, to, "auth/email/sign_in", subject, expires_at=expires_at, **facts)
