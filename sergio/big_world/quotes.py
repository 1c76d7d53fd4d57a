"""Quotes of a large company: of ten, six are accepted, one is declined, one is to be changed, two have no answer."""

from datetime import date, timedelta
from functools import partial
from types import SimpleNamespace

from sergio.big_world.history import LINE, PRICE, History, Part, Work, frozen, named
from sergio.companies.models import Company
from sergio.lib.canonical import canonical_json, fingerprint
from sergio.lib.text import folded
from sergio.quotes import evidence
from sergio.quotes.answer import QuoteAcceptance, QuoteChangeRequest, QuoteDecline
from sergio.quotes.models import Quote, QuoteLine, QuoteVersion
from sergio.quotes.statuses import ACCEPTED, CHANGES_REQUESTED, DECLINED, OPEN, SENT

A_DAY = 5
REQUIRED = {"optional": False, "preselected": False}


def offered(history: History, count: int) -> list[Part]:
    documents = history.documents(count, A_DAY)
    declined = [work for work in documents if work.n % 10 == 2]
    return [
        (Quote, partial(quote, history), documents),
        (QuoteVersion, partial(version, history), documents),
        (QuoteLine, lambda work: {"quote_id": work.n, "position": 1, **LINE, **REQUIRED}, documents),
        (QuoteAcceptance, partial(acceptance, history), [work for work in documents if work.n % 10 > 3]),
        (QuoteDecline, lambda work: {**answer(work), "reason": ""}, declined),
        (QuoteChangeRequest, lambda work: {**answer(work), "message": ""}, documents[::10]),
    ]


def quote(history: History, work: Work) -> dict:
    until = last_day(history.company, work)
    status = outcome(work)
    projected = {"outcome": status, "open_until": until if status in OPEN else None}
    return {
        **history.shared(work),
        **projected,
        "valid_until": until,
        "total": PRICE,
        "shown_total": PRICE,
        "title_key": folded(f"Work {work.n}"),
        "version": 1,
        "created_at": work.at,
    }


def outcome(work: Work) -> str:
    if work.n % 10 > 3:
        return ACCEPTED
    return {0: CHANGES_REQUESTED, 2: DECLINED}.get(work.n % 10, SENT)


def last_day(company: Company, work: Work) -> date:
    return company.day(work.at) + timedelta(days=30)


def version(history: History, work: Work) -> dict:
    until = last_day(history.company, work)
    row = {"quote_id": work.n, "version": 1, "sent_at": work.at, "valid_until": until, "title": f"Work {work.n}"}
    return {**row, "currency": history.company.currency, "total": PRICE, **frozen(content(history, work))}


def content(history: History, work: Work) -> dict:
    company, until = history.company, last_day(history.company, work)
    line = {"id": 1, "position": 1, **LINE, "amount": PRICE, **REQUIRED}
    days = {"sent_on": company.day(work.at).isoformat(), "valid_until": until.isoformat()}
    about = {**history.letter(work), **days, "version": 1, "intro": "", "customer": named(work.customer)["name"]}
    return {**about, "lines": [line]}


def answer(work: Work) -> dict:
    about = {"quote_id": work.n, "contact_id": work.customer, "version": 1}
    return {**about, "at": work.at, "name": named(work.customer)["name"]}


def acceptance(history: History, work: Work) -> dict:
    """As it is signed by who is signed in, without a drawing."""
    offer, signed_in = evidence.choose(content(history, work)), {"email": f"c{work.customer}@example.com"}
    signed = {**answer(work), "offer": offer, "total": PRICE, "strokes": [], "signed_in": signed_in}
    signed |= {"ip_address": "", "browser": ""}
    facts = evidence.signed_facts(SimpleNamespace(**signed))
    return {**signed, "digest": fingerprint(canonical_json(facts))}
