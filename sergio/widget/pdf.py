"""The poster with the QR code of the portal. It is not kept: it shows the company as it is now."""

from datetime import datetime
from io import BytesIO

from sergio.auth.ways import QR, marked
from sergio.companies import logos
from sergio.companies.letterhead import letterhead
from sergio.companies.models import Company
from sergio.lib import typst
from sergio.lib.language import gettext as _
from sergio.lib.language import speaking


def poster(company: Company, *, at: datetime) -> bytes:
    with speaking(company.language):
        shown = values(company)
    return typst.render_apart("widget/pdf/poster.typ", shown, at=at)


def values(company: Company) -> dict:
    """The values of the template, all as text; the template's head lists the keys."""
    title = _("%(company)s online", company=company.name)
    url = company.url(marked("/portal/", QR))
    return {
        **letterhead(company, title, logos.printed(company.id, company.logo)),
        "headline": _("Your quotes, invoices, and appointments in one place"),
        "steps": [
            _("Scan the code with your phone's camera."),
            _("Enter your email address. We'll send you a link, no password needed."),
            _("Accept quotes, pay invoices, and book appointments, day or night."),
        ],
        "code": qr_code(url),
        "alt": _("QR code of %(url)s", url=company.url("/portal/")),
        "typed": company.url("/portal").partition("://")[2],
        "or": _("Or open"),
    }


def qr_code(url: str) -> bytes:
    import segno

    picture = BytesIO()
    segno.make(url, error="m").save(picture, kind="png", scale=16, border=2)
    return picture.getvalue()
