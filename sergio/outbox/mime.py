"""An email as a MIME message: headers without line breaks, lines within the limits of mail servers."""

import re
from email.headerregistry import Address
from email.message import EmailMessage, MIMEPart
from email.policy import SMTP
from email.utils import localtime

from werkzeug.http import parse_options_header

from sergio.companies import logos
from sergio.lib.email_addresses import on_the_wire
from sergio.outbox.compose import one_line
from sergio.outbox.models import OutgoingEmail

INVITATION = "text/calendar; method="
"""Attachments of this type are messages to the reader's calendar."""
FILE_OF_INVITATION = "application/ics"
QUOTED = "quoted-printable"  # else mrml's HTML is one line, and a server takes 998 characters (RFC 5321 4.5.3.1.6)


def mime_message(email: OutgoingEmail, sender: str) -> EmailMessage:
    """From `sender` (our own address) with the company's name; Reply-To is the email's own, else the company's."""
    message = EmailMessage(SMTP)
    message["From"] = Address(one_line(email.company.name), addr_spec=sender)
    message["To"] = Address(addr_spec=on_the_wire(email.to))
    if reply_to := on_the_wire(email.reply_to or email.company.email):
        message["Reply-To"] = Address(addr_spec=reply_to)
    message["Subject"] = one_line(email.subject)
    message["Date"] = localtime(email.created_at)
    message["Message-ID"] = email.message_id
    if email.unsubscribe_url:  # RFC 8058: mail programs end such emails by one POST, without a page
        message["List-Unsubscribe"] = f"<{email.unsubscribe_url}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(email.text, cte=QUOTED)
    message.add_alternative(email.html, "html", cte=QUOTED)
    attach_logo(message, email)
    for _name, kind, text in email.attachments:
        if kind.startswith(INVITATION):
            add_invitation(message, kind, text)
    for name, kind, text in email.attachments:
        attach(message, name, FILE_OF_INVITATION if kind.startswith(INVITATION) else kind, text)
    return message


LOGO = re.compile(r"cid:logo-([0-9a-f]{32})\b")


def attach_logo(message: EmailMessage, email: OutgoingEmail):
    """Add the logo that the HTML shows, so that no reader has to load it from us. Where it is gone, the name stands."""
    for digest in set(LOGO.findall(email.html)):
        picture, html = logos.printed(email.company_id, digest), message.get_body(("html",))
        if picture and isinstance(html, MIMEPart):
            html.add_related(picture, "image", "png", cid=f"<logo-{digest}>", disposition="inline", filename="logo.png")


def add_invitation(message: EmailMessage, kind: str, text: str):
    """Add an iMIP message (RFC 6047 2.4) beside the text and the HTML, where Gmail and Outlook look for it and show its
    buttons. The same file is attached, for programs that only open files.
    """
    _kind, options = parse_options_header(kind)
    message.add_alternative(text, "calendar", params=options, cte=QUOTED)


def attach(message: EmailMessage, name: str, kind: str, text: str):
    """Add a text file under its media type, such as "text/calendar; method=REQUEST"."""
    kind, options = parse_options_header(kind)
    message.add_attachment(text.encode(), *kind.split("/"), filename=name, params={**options, "charset": "utf-8"})
