"""A quote as a PDF, made only from the frozen version and the answer to it."""

from functools import partial

from sergio.companies import logos
from sergio.companies.letterhead import form_labels, letterhead
from sergio.files.pdf import Pdf
from sergio.lib.language import gettext as _
from sergio.lib.language import speaking
from sergio.quotes.drawing import HEIGHT, WIDTH
from sergio.quotes.formats import FormattedOffer
from sergio.quotes.models import Quote
from sergio.quotes.shown import ShownQuote
from sergio.quotes.statuses import ACCEPTED


def pdf_of(shown: ShownQuote) -> Pdf:
    """The PDF of a version of a quote with its status."""
    quote = shown.quote
    state = {
        "content": shown.proof.digest if shown.proof else shown.facts,
        "status": None if shown.is_open else shown.status,
        "link": url(quote) if shown.is_open else None,
        "line_prices": quote.company.shows_line_prices,
    }
    name = f"quotes/{quote.number}/{shown.number}"
    return Pdf(quote.company_id, name, state, "quotes/pdf/quote.typ", partial(values, shown), shown.at)


def values(shown: ShownQuote) -> dict:
    """The values of the template, all as text in the language it was sent in; the template's head lists the keys."""
    offer = shown.offer()
    with speaking(offer.company.language):
        return document(shown, offer)


def document(shown: ShownQuote, offer: FormattedOffer) -> dict:
    proof = shown.proof
    title = _("Quote %(number)s from %(company)s", number=shown.quote.number, company=offer.company.name)
    return {
        **letterhead(offer.company, title, logos.printed(shown.quote.company_id, offer.company.logo)),
        "customer": {"name": offer.facts["customer"], "address": []},
        "property": {"name": None, "address": offer.facts["place"]} if offer.facts["place"] else None,
        "status": status(shown),
        "headline": f"{offer.facts['title']}: {offer.total}",
        "link": link(shown.quote) if shown.is_open else None,
        "labels": labels(shown.quote.company),
        "facts": facts(offer),
        "lines": printed([line for line in offer.lines if proof or not line["package"]], shown.quote.company),
        "packages": [] if proof else packages(offer, shown.quote.company),
        "optional_lines": offer.left_out,
        "totals": [row(label, amount) for label, amount in offer.totals],
        "deposit": deposit(shown, offer),
        "attachments": "\n".join(f"{each['name']} ({each['size']})" for each in offer.attachments) or None,
        "notes": offer.facts["intro"] or None,
        "terms": offer.facts["terms"] or None,
        "acceptance": acceptance(proof, offer) if proof else None,
    }


def labels(company) -> dict:
    """The fixed texts of the document. Optional work always has prices, because customers choose by them."""
    return form_labels(
        company,
        title=_("Quote"),
        optional_amount=_("Amount"),
        customer=_("Prepared for"),
        packages=_("Choose one package"),
        optional_lines=_("Optional work, not included in the total"),
        attachments=_("Attachments, in the portal"),
        acceptance=_("Acceptance"),
    )


def printed(lines: list[dict], company) -> list[dict]:
    """The lines without their discounts where customers do not see the prices of lines."""
    return lines if company.shows_line_prices else [{**line, "discount": None} for line in lines]


def packages(offer: FormattedOffer, company) -> list[dict]:
    """Name, price, note and lines of each package, and a mark on the one that the total includes."""
    included = _("Included in the total")
    return [
        {
            "title": f"{package['name']}: {package['amount']}",
            "mark": included if package["included"] else None,
            "note": package["note"] or None,
            "lines": printed(package["lines"], company),
        }
        for package in offer.packages
    ]


def deposit(shown: ShownQuote, offer: FormattedOffer) -> str | None:
    """A sentence about the deposit; None without one."""
    if not offer.deposit:
        return None
    if shown.proof:
        return _("Deposit: %(amount)s", amount=offer.deposit)
    return _("A deposit of %(amount)s is due when you accept.", amount=offer.deposit)


def facts(offer: FormattedOffer) -> list[dict]:
    """Number, version (if there was more than one) and dates."""
    version = offer.facts["version"]
    pairs = [
        (_("Quote number"), str(offer.facts["number"])),
        (_("Version"), str(version) if version > 1 else ""),
        (_("Issued"), offer.sent_on),
        (_("Valid until"), offer.valid_until),
    ]
    return [{"label": label, "value": value} for label, value in pairs if value]


def status(shown: ShownQuote) -> dict | None:
    """Label and tone; None while the quote is open."""
    if shown.is_open:
        return None
    return {"label": shown.label, "tone": "good" if shown.status == ACCEPTED else "quiet"}


def link(quote: Quote) -> dict:
    return {"text": _("View and respond to this quote online"), "url": url(quote)}


def url(quote: Quote) -> str:
    return quote.company.url(quote.portal_path)


def row(label: str, amount: str) -> dict:
    return {"label": label, "amount": amount, "strong": label == _("Total")}


def acceptance(proof, offer: FormattedOffer) -> dict:
    """Who accepted and when, the digest of the acceptance, and the signature."""
    moment = f"{offer.company.format_moment(proof.at)} {proof.at.astimezone(offer.company.zone).tzname()}"
    accepted = _("Accepted by %(name)s on %(moment)s.", name=proof.name, moment=moment)
    strokes = [[[x / WIDTH, y / HEIGHT] for x, y in stroke] for stroke in proof.strokes]
    return {
        "text": "\n".join([accepted, _("Fingerprint: %(digest)s", digest=proof.digest)]),
        "name": proof.name,
        "signature": strokes or None,
        "signature_alt": _("Signature of %(name)s", name=proof.name),
    }
