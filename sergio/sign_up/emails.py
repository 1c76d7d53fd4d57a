"""The email with the link that founds a company."""

from datetime import datetime

from sergio.lib.language import gettext as _
from sergio.outbox import platform


def confirm(to: str, *, url: str, host: str, message_id: str, created_at: datetime) -> str:
    """Send the link; "" or the mail server's refusal (`platform.send_now`).

    Anybody can have it sent to anyone, so it has no text of the request but the host, in which nobody can advertise.
    """
    subject = _("Create your customer portal")
    about = {"message_id": message_id, "created_at": created_at}
    return platform.send_now(to, "sign_up/email/confirm", subject, **about, link=url, host=host)
