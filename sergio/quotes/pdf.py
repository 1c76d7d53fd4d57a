"""A quote on paper. An accepted one is printed from the frozen copy alone, so its bytes stay what they were."""

from datetime import date

from flask_babel import gettext as _

from sergio.companies.letterhead import form_words, letterhead
from sergio.lib import typst
from sergio.quotes.drawing import HEIGHT, WIDTH
from sergio.quotes.evidence import offer_of
from sergio.quotes.formats import FormattedOffer
from sergio.quotes.listing import LABELS
from sergio.quotes.models import ACCEPTED, OPEN, Quote


def printed(quote: Quote, on: date) -> bytes:
    """The PDF of a quote as it stands on a day; it is dated when it was accepted, else sent, else written."""
    at = quote.acceptance.at if quote.acceptance else quote.sent_at or quote.created_at
    return typst.render("quotes/pdf/quote.typ", document(quote, on), at=at)


def document(quote: Quote, on: date) -> dict:
    """What the template shows, every value worded: see its head for the keys."""
    proof = quote.acceptance
    offer = FormattedOffer(proof.offer if proof else offer_of(quote, quote.preselected))
    title = _("Quote %(number)s from %(company)s", number=quote.number, company=offer.company.name)
    return {
        **letterhead(offer.company, title),
        "customer": {"name": offer.facts["customer"], "address": []},
        "property": {"name": None, "address": offer.facts["place"]} if offer.facts["place"] else None,
        "status": status(quote.state(on)),
        "headline": f"{offer.facts['title']}: {offer.total}",
        "link": None if proof else link(quote),
        "labels": labels(),
        "facts": facts(offer),
        "lines": offer.lines,
        "optional_lines": offer.left_out,
        "totals": [row(label, amount) for label, amount in offer.totals],
        "notes": offer.facts["intro"] or None,
        "terms": offer.facts["terms"] or None,
        "acceptance": acceptance(proof, offer) if proof else None,
    }


def labels() -> dict:
    """The words of the form itself."""
    return form_words(
        title=_("Quote"),
        customer=_("Prepared for"),
        optional_lines=_("Optional work, not included in the total"),
        acceptance=_("Acceptance"),
    )


def facts(offer: FormattedOffer) -> list[dict]:
    """Number and days; the version where there was more than one."""
    version = offer.facts["version"]
    pairs = [
        (_("Quote number"), str(offer.facts["number"])),
        (_("Version"), str(version) if version > 1 else ""),
        (_("Issued"), offer.sent_on),
        (_("Valid until"), offer.valid_until),
    ]
    return [{"label": label, "value": value} for label, value in pairs if value]


def status(state: str) -> dict | None:
    """How it stands, unless it simply waits for an answer."""
    if state in OPEN:
        return None
    return {"label": str(LABELS[state]), "tone": "good" if state == ACCEPTED else "quiet"}


def link(quote: Quote) -> dict:
    """Where to answer it."""
    return {"text": _("See and answer this quote online"), "url": quote.company.url(f"/portal/quotes/{quote.number}")}


def row(label: str, amount: str) -> dict:
    return {"label": label, "amount": amount, "strong": label == _("Total")}


def acceptance(proof, offer: FormattedOffer) -> dict:
    """Who took the offer and when, with the fingerprint of the proof."""
    moment = f"{offer.company.format_moment(proof.at)} {proof.at.astimezone(offer.company.zone).tzname()}"
    accepted = _("Accepted by %(name)s on %(moment)s.", name=proof.name, moment=moment)
    strokes = [[[x / WIDTH, y / HEIGHT] for x, y in stroke] for stroke in proof.strokes]
    return {
        "text": "\n".join([accepted, _("Fingerprint: %(digest)s", digest=proof.digest)]),
        "name": proof.name,
        "signature": strokes or None,
        "signature_alt": _("Signature of %(name)s", name=proof.name),
    }
