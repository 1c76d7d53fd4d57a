"""Composing an email: subject, text and HTML in the company's colors and language, kept as a row."""

import re
from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from email.utils import make_msgid

import mrml
from flask import current_app, render_template

from sergio import jobs
from sergio.companies import colors
from sergio.extensions import db
from sergio.lib import clock
from sergio.lib.language import OFFICE, speaking
from sergio.lib.language import gettext as _
from sergio.outbox.kind import Kind
from sergio.outbox.models import OutgoingEmail
from sergio.outbox.paused import PausedAddress
from sergio.outbox.wording import PREHEADER, words_for

NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""Characters that XML, and so MJML, may not contain (XML 1.0, 2.2)."""
EMPTY_LINES = re.compile(r"\n\s*\n\s*\n")
ENDS_OF_LINES = re.compile(r"(?<!\n--)[ \t]+\n")
"""Spaces that a value left empty, but for the mark before the signature (RFC 3676, 4.3)."""


def send(
    company,
    to: str,
    template: str,
    subject: str,
    *,
    kind: Kind | None = None,
    expires_at: datetime | None = None,
    attachments=(),
    reply_to: str = "",
    lane: str = jobs.EMAIL,
    unsubscribe_url: str = "",
    **context,
):
    """Put an email into the outbox, in the current transaction; a worker sends it after the commit. It is in the
    language that is spoken (`lib.language`), as `subject` must be, too.

    `template` names `<template>.txt` and `<template>.mjml` (both get `company` and `context`). An email with
    `expires_at` is not sent later than that, and its text is deleted once it is sent. `attachments` are
    `(name, media type, text)`; replies go to `reply_to`, else to the company. At `unsubscribe_url` its reader ends
    emails of that kind. For a customer's contact use `customers.emails.notify`.
    """
    email = composed(company, to, template, subject, unsubscribe_url=unsubscribe_url, **context)
    email.kind, email.unsubscribe_url = kind.name if kind else "", unsubscribe_url
    email.attachments = [list(attachment) for attachment in attachments]
    email.expires_at, email.reply_to = expires_at, reply_to
    if (caught := catching.get()) is not None:
        caught.append(email)
    else:
        put(email, lane)
    return email


def put(email: OutgoingEmail, lane: str = jobs.EMAIL):
    """Keep an email and let a worker send it, unless its address is paused; a sign-in email is always sent."""
    company = email.company
    db.session.add(email)
    db.session.flush()
    if lane != jobs.SIGN_IN and (pause := PausedAddress.now_of(company, email.to)):
        email.mark_refused(pause.sentence, clock.now())
    else:
        jobs.enqueue("outbox.deliver", company=company, lane=lane, email_id=email.id)


def send_test(email: OutgoingEmail, to: str):
    """Send a sample to a staff member: it is about no customer, and nobody unsubscribes by it."""
    email.to, email.subject = to, one_line(_("Test: %(subject)s", subject=email.subject))
    email.customer_id = email.contact_id = email.about_number = email.expires_at = None
    email.kind = email.about = email.unsubscribe_url = ""
    email.attachments = []
    put(email)


def send_kind(company, to: str, kind: Kind, values: dict[str, str], **more):
    """Put an email of a kind into the outbox, in the company's words or ours; `values` are of its variables."""
    words = words_for(company, kind).with_values(of_company(company) | values)
    return send(company, to, kind.template, words.subject, kind=kind, words=words, **more)


def of_company(company) -> dict[str, str]:
    return {
        "company_name": company.name,
        "company_phone": company.national_phone,
        "company_email": company.email,
    }


catching: ContextVar[list[OutgoingEmail] | None] = ContextVar("catching", default=None)


@contextmanager
def emails_caught() -> Generator[list[OutgoingEmail]]:
    """Within the block, emails are composed, added to the list, and neither kept nor sent: for samples of them."""
    caught: list[OutgoingEmail] = []
    before = catching.set(caught)
    try:
        with db.session.no_autoflush:
            yield caught
    finally:
        catching.reset(before)


def is_sample() -> bool:
    """Whether what is composed now is only shown, so that no link in it needs to work."""
    return catching.get() is not None


def composed(company, to: str, template: str, subject: str, **context) -> OutgoingEmail:
    text, html = rendered(company, template, subject=subject, **context)
    content = {"subject": one_line(subject), "text": text, "html": html, "customer_id": customer_of(context)}
    about, number = document_of(context)
    content |= {"about": about, "about_number": number, "contact_id": contact_of(context)}
    return OutgoingEmail(company=company, message_id=new_message_id(), to=to, **content)


def customer_of(context: dict) -> int | None:
    """The id of the customer whom one of the rows in an email belongs to."""
    owners = (getattr(row, "customer_id", None) for row in context.values())
    return next((owner for owner in owners if owner is not None), None)


def contact_of(context: dict) -> int | None:
    return getattr(context.get("contact"), "id", None)


def document_of(context: dict) -> tuple[str, int | None]:
    """The kind and the number of the document that an email leads to."""
    found = ((name, getattr(context.get(name), "number", None)) for name in DOCUMENTS)
    return next(((name, number) for name, number in found if number is not None), ("", None))


DOCUMENTS = ("quote", "invoice", "appointment")


def new_message_id() -> str:
    return make_msgid(domain=current_app.config["SERGIO"].root_domain.partition(":")[0])


def to_office(company, template: str, subject: str, **context):
    """Email the company itself, at `Company.email`, in the `OFFICE` language; does nothing if that is empty."""
    if company.email:
        with speaking(OFFICE):
            send(company, company.email, template, subject, **context)


def rendered(company, template: str, *, subject: str, **context) -> tuple[str, str]:
    """The text and the HTML of an email, in the language that is spoken and the company's colors."""
    light, dark = (colors.properties(company.brand, company.accent, scheme) for scheme in (colors.LIGHT, colors.DARK))
    context |= {"company": company, "subject": subject}
    text = render_template(f"{template}.txt", **context)
    preheader = beginning(text, subject)
    mjml = render_template(f"{template}.mjml", light=light, dark=dark, preheader=preheader, **context)
    text = EMPTY_LINES.sub("\n\n", ENDS_OF_LINES.sub("\n", text.strip())) + "\n"
    return text, mrml.to_html(NOT_XML.sub("", mjml)).content


def beginning(text: str, subject: str) -> str:
    """What an inbox shows beside the subject: how the text begins, without the subject and links."""
    lines = text.partition("\n-- \n")[0].splitlines()
    return one_line(" ".join(line for line in lines if "://" not in line and line.rstrip(".") != subject))[:PREHEADER]


def one_line(text: str) -> str:
    """Text for a header: no line breaks or control characters, at most 250 characters."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:250]
