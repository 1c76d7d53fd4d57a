"""A letter as it goes over the wire: headers that cannot be broken out of, lines of a length servers take."""

from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import localtime

from werkzeug.http import parse_options_header

from sergio.lib.email_addresses import on_the_wire
from sergio.outbox.compose import one_line
from sergio.outbox.models import OutgoingEmail

QUOTED = "quoted-printable"  # else mrml's HTML is one line, and a server takes 998 characters (RFC 5321 4.5.3.1.6)


def addressed(email: OutgoingEmail, sender: str) -> EmailMessage:
    """The letter from our own address (`sender`) in the company's name, with answers to the company's."""
    letter = EmailMessage(SMTP)
    letter["From"] = Address(one_line(email.company.name), addr_spec=sender)
    letter["To"] = Address(addr_spec=on_the_wire(email.to))
    if answers := on_the_wire(email.company.email):
        letter["Reply-To"] = Address(addr_spec=answers)
    letter["Subject"] = one_line(email.subject)
    letter["Date"] = localtime(email.created_at)
    letter["Message-ID"] = email.message_id
    letter.set_content(email.text, cte=QUOTED)
    letter.add_alternative(email.html, "html", cte=QUOTED)
    for name, kind, text in email.attachments:
        attach(letter, name, kind, text)
    return letter


def attach(letter: EmailMessage, name: str, kind: str, text: str):
    """Add a text file under its media type, such as "text/calendar; method=REQUEST"."""
    kind, options = parse_options_header(kind)
    letter.add_attachment(text.encode(), *kind.split("/"), filename=name, params={**options, "charset": "utf-8"})
