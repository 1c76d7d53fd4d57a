"""Composing an email: subject, text and HTML in the company's colors and the reader's language, kept as a row."""

import re
from datetime import datetime
from email.utils import make_msgid

import mrml
from flask import current_app, render_template

from sergio import jobs
from sergio.companies import colors
from sergio.extensions import db
from sergio.lib.language import OFFICE, speaking
from sergio.outbox.models import OutgoingEmail

NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""Characters that XML, and so MJML, may not contain (XML 1.0, 2.2)."""


def send(
    company,
    to: str,
    template: str,
    subject: str,
    *,
    expires_at: datetime | None = None,
    attachments=(),
    reply_to: str = "",
    lane: str = jobs.EMAIL,
    **context,
):
    """Put an email into the outbox, in the current transaction; a worker sends it after the commit. It is in the
    language that is spoken (`lib.language`), as `subject` must be, too.

    `template` names `<template>.txt` and `<template>.mjml` (both get `company` and `context`). An email with
    `expires_at` is not sent later than that, and its text is deleted once it is sent. `attachments` are
    `(name, media type, text)`; replies go to `reply_to`, else to the company. For a customer's contact use
    `customers.emails.to_contact`.
    """
    email = composed(company, to, template, subject, **context)
    email.attachments = [list(attachment) for attachment in attachments]
    email.expires_at, email.reply_to = expires_at, reply_to
    db.session.add(email)
    db.session.flush()
    jobs.enqueue("outbox.deliver", company=company, lane=lane, email_id=email.id)
    return email


def composed(company, to: str, template: str, subject: str, **context) -> OutgoingEmail:
    text, html = rendered(company, template, subject=subject, **context)
    content = {"subject": one_line(subject), "text": text, "html": html, "customer_id": customer_of(context)}
    return OutgoingEmail(company=company, message_id=new_message_id(), to=to, **content)


def customer_of(context: dict) -> int | None:
    """The id of the customer whom one of the rows in an email belongs to."""
    owners = (getattr(row, "customer_id", None) for row in context.values())
    return next((owner for owner in owners if owner is not None), None)


def new_message_id() -> str:
    return make_msgid(domain=current_app.config["SERGIO"].root_domain.partition(":")[0])


def to_office(company, template: str, subject: str, **context):
    """Email the company itself, at `Company.email`, in the `OFFICE` language; does nothing if that is empty."""
    if company.email:
        with speaking(OFFICE):
            send(company, company.email, template, subject, **context)


def rendered(company, template: str, **context) -> tuple[str, str]:
    """The text and the HTML of an email, in the language that is spoken and the company's colors."""
    light, dark = (colors.properties(company.brand, company.accent, scheme) for scheme in (colors.LIGHT, colors.DARK))
    text = render_template(f"{template}.txt", company=company, **context)
    mjml = render_template(f"{template}.mjml", company=company, light=light, dark=dark, **context)
    return text.strip() + "\n", mrml.to_html(NOT_XML.sub("", mjml)).content


def one_line(text: str) -> str:
    """Text for a header: no line breaks or control characters, at most 250 characters."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:250]
