"""Emails of the installation itself, such as those to people who have no company here yet.

They are no rows, since those belong to a company: whoever sends one keeps what it is made of, and its Message-ID.
"""

from datetime import datetime

from flask import current_app

from sergio.companies.colors import NEUTRAL
from sergio.companies.models import Company
from sergio.lib.language import ENGLISH, speaking
from sergio.outbox.compose import catching, composed
from sergio.outbox.smtp import MimeMessage, hand_over

NAME = "Sergio"


def send_now(to: str, template: str, subject: str, *, message_id: str, created_at: datetime, **context) -> str:
    """Send an email to one address, outside a transaction: "" if the mail server accepted it, its reply if it refused
    permanently. Raises as `smtp.hand_over`.
    """
    with speaking(ENGLISH):
        email = composed(sender(), to, template, subject, **context)
    email.message_id, email.created_at, email.attachments = message_id, created_at, []
    if (caught := catching.get()) is not None:
        caught.append(email)
        return ""
    return hand_over(MimeMessage(email, sender=current_app.config["SERGIO"].mail_sender))


def sender() -> Company:
    """The installation in the place of a company, never added to a session; replies go to its support."""
    brand, accent = NEUTRAL
    nothing = dict.fromkeys(("phone", "street", "city", "region", "postal_code"), "")
    support = current_app.config["SERGIO"].support_email
    return Company(name=NAME, email=support, brand=brand, accent=accent, language=ENGLISH, country="US", **nothing)
