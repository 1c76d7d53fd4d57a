"""The code that a company copies to its website or its emails."""

from markupsafe import Markup

from sergio.auth.ways import LINK, SIGNATURE, TEXT_MESSAGE, WIDGET, marked
from sergio.companies.models import Company
from sergio.lib.language import gettext as _
from sergio.widget.script import Script

FIXED = Markup('<script src="{url}" integrity="{integrity}" crossorigin="anonymous" defer></script>')
FOLLOWING = Markup('<script src="{url}" defer></script>')
ELEMENT = Markup('<sergio-login{attributes}><a href="{url}">{label}</a></sergio-login>')


def element(company: Company, attributes: dict[str, str]) -> Markup:
    """The button, with the plain link that stands there without the script."""
    books = attributes.get("data-show") == "book"
    url = company.url(marked("/portal/book" if books else "/portal/", WIDGET))
    label = attributes.get("data-label") or (_("Book an appointment") if books else _("Log in"))
    written = Markup("").join(
        Markup(' {}="{}"').format(*each) if each[1] else Markup(" {}").format(each[0]) for each in attributes.items()
    )
    return ELEMENT.format(attributes=written, url=url, label=label)


def script_tag(company: Company, *, follows_colors: bool) -> Markup:
    script = Script.of(company)
    if follows_colors:
        return FOLLOWING.format(url=company.url("/portal/widget.js"))
    return FIXED.format(url=company.url(script.path), integrity=script.integrity)


def plain_link(company: Company) -> Markup:
    return Markup('<a href="{}">{}</a>').format(company.url(marked("/portal/", LINK)), _("Log in"))


def text_message(company: Company) -> str:
    url = company.url(marked("/portal/", TEXT_MESSAGE))
    words = "%(company)s: see your quotes, pay invoices, and book appointments at %(url)s"
    return _(words, company=company.name, url=url)


def signature(company: Company) -> str:
    """Lines for the end of an email."""
    url = company.url(marked("/portal/", SIGNATURE))
    lines = [company.name, company.national_phone, _("Quotes, invoices, and appointments: %(url)s", url=url)]
    return "\n".join(filter(None, lines))
