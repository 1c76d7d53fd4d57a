"""One version of a quote with the answers to it, as pages and PDFs show it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property

from sqlalchemy import Row

from sergio.quotes import comparison, evidence, invoicing
from sergio.quotes.drawing import path
from sergio.quotes.formats import FormattedOffer
from sergio.quotes.labels import LABELS, REPLACED
from sergio.quotes.looks import last_seen
from sergio.quotes.models import (
    Quote,
    QuoteAcceptance,
    QuoteChangeRequest,
    QuoteDecline,
    QuoteReply,
    QuoteVersion,
)
from sergio.quotes.statuses import DECLINED, OPEN, SENT


@dataclass(frozen=True)
class ShownQuote:
    """`version` is None for the draft of a quote that was never sent. `on` is the company's today."""

    quote: Quote
    version: QuoteVersion | None
    on: date

    @classmethod
    def numbered(cls, quote: Quote, version: int | None, on: date) -> "ShownQuote | None":
        """The version with that number, or the newest for None; None if there is no such version."""
        if version is None or version == quote.version:
            return cls(quote, quote.newest, on)
        found = next((sent for sent in quote.versions if sent.version == version), None)
        return cls(quote, found, on) if found else None

    @property
    def number(self) -> int:
        """The version's number; 1 for a draft."""
        return self.version.version if self.version else 1

    @property
    def is_newest(self) -> bool:
        return self.version is self.quote.newest

    @property
    def is_answered(self) -> bool:
        return bool(self.proof or self.decline or self.requests)

    @cached_property
    def facts(self) -> dict:
        """The result of `evidence.frozen` when it was sent; of a draft, as it is now."""
        return self.version.facts if self.version else evidence.frozen(self.quote, None)

    @cached_property
    def status(self) -> str:
        if self.is_newest:
            return self.quote.status(self.on)
        return DECLINED if self.decline else REPLACED

    @property
    def is_open(self) -> bool:
        return self.status in OPEN

    @property
    def label(self) -> str:
        return str(LABELS[self.status])

    @property
    def valid_until(self) -> date:
        return self.version.valid_until if self.version else self.quote.valid_until

    @property
    def at(self) -> datetime:
        """The date of the document: when it was accepted, else sent, else created."""
        if self.proof:
            return self.proof.at
        return self.version.sent_at if self.version else self.quote.created_at

    @property
    def proof(self) -> QuoteAcceptance | None:
        return self.quote.acceptance if self.is_newest else None

    @property
    def signature(self) -> str:
        """The drawn signature as the `d` of an SVG path; "" without one."""
        return path(self.proof.strokes) if self.proof else ""

    @property
    def decline(self) -> QuoteDecline | None:
        return self.quote.decline_of(self.number)

    @property
    def requests(self) -> list[QuoteChangeRequest]:
        return self.quote.requests_of(self.number)

    @property
    def earlier(self) -> list[int]:
        """The numbers of older versions that were answered, the latest first."""
        answers = [*self.quote.declines, *self.quote.change_requests]
        return sorted({answer.version for answer in answers} - {self.quote.version, self.number}, reverse=True)

    @property
    def conversation(self) -> list[QuoteChangeRequest | QuoteReply]:
        """What the customer wrote about this version and what staff wrote back, the earliest first."""
        return [message for request in self.requests for message in (request, *request.replies)]

    @property
    def deposit_invoice(self) -> Row | None:
        """The invoice of the deposit that was accepted: number, status, amount due."""
        if self.proof is None or not self.proof.offer.get("deposit"):
            return None
        return invoicing.deposit_invoice(self.quote)

    def offer(self, chosen: Collection[int] | None = None, package: int | None = None) -> FormattedOffer:
        """The accepted offer, else the offer with the optional lines `chosen` and the `package` (ids), for None what is
        chosen until the customer chooses.
        """
        if self.proof:
            return FormattedOffer(self.proof.offer)
        return FormattedOffer(evidence.choose(self.facts, chosen, package))


class PreviewedQuote(ShownQuote):
    """The draft as the version that sending it now would make."""

    is_newest = True
    status = SENT
    proof = None

    @property
    def number(self) -> int:
        return self.quote.version + 1

    @property
    def valid_until(self) -> date:
        return self.quote.valid_until

    @cached_property
    def facts(self) -> dict:
        facts = evidence.frozen(self.quote, None)
        return facts | comparison.since(last_seen(self.quote), facts)
