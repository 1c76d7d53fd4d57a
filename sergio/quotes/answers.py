"""What a customer says to a quote: yes with proof, no, or not like this. Each answer is a row, written once."""

from dataclasses import asdict
from datetime import datetime

from sqlalchemy import BigInteger, Index, String, UniqueConstraint, event
from sqlalchemy.orm import Mapped, mapped_column, relationship

from sergio.customers.models import Contact
from sergio.database.checks import at_least
from sergio.database.company_scope import CompanyOwned, within_company
from sergio.extensions import Model
from sergio.lib.refused import Refused
from sergio.quotes.evidence import Signature, fingerprint


class OtherTotal(Refused):
    """What is accepted does not come to the total that was shown."""


class QuoteAcceptance(CompanyOwned, Model):
    """Who took which offer, when and from where. Written once, never edited."""

    __table_args__ = (
        UniqueConstraint("company_id", "quote_id"),
        at_least("version", 1),
        Index(None, "company_id", "at"),
        *within_company(quote_id="quote", contact_id="contact"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    quote_id: Mapped[int]
    contact_id: Mapped[int] = mapped_column()
    version: Mapped[int]
    at: Mapped[datetime]
    offer: Mapped[dict]
    total: Mapped[int] = mapped_column(BigInteger)
    name: Mapped[str] = mapped_column(String(120))
    strokes: Mapped[list]
    address: Mapped[str] = mapped_column(String(45))
    browser: Mapped[str] = mapped_column(String(300))
    signed_in: Mapped[dict]
    digest: Mapped[str] = mapped_column(String(64))

    contact: Mapped[Contact] = relationship(foreign_keys=contact_id)

    @property
    def facts(self) -> dict:
        """All that the fingerprint covers: the offer and every circumstance of the signature."""
        circumstances = ("version", "offer", "total", "name", "strokes", "address", "browser", "signed_in")
        return {"at": self.at.isoformat(), **{name: getattr(self, name) for name in circumstances}}

    def seal(self, signature: Signature):
        """Put the signature under the offer, and take the fingerprint of it all."""
        for name, value in asdict(signature).items():
            setattr(self, name, value)
        self.total = self.offer["total"]
        self.digest = fingerprint(self.facts)

    @property
    def untouched(self) -> bool:
        """Whether the row still says what it said when it was sealed."""
        return self.digest == fingerprint(self.facts)


class QuoteDecline(CompanyOwned, Model):
    """Who said no to which version, and why."""

    __table_args__ = (
        UniqueConstraint("company_id", "quote_id", "version"),
        Index(None, "company_id", "at"),
        *within_company(quote_id="quote", contact_id="contact"),
        at_least("version", 1),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    quote_id: Mapped[int]
    contact_id: Mapped[int] = mapped_column()
    version: Mapped[int]
    at: Mapped[datetime]
    name: Mapped[str] = mapped_column(String(120))
    reason: Mapped[str] = mapped_column(String(1000))


class QuoteChangeRequest(CompanyOwned, Model):
    """What somebody would like to be different, in their own words."""

    __table_args__ = (
        at_least("version", 1),
        Index(None, "company_id", "quote_id"),
        Index(None, "company_id", "at"),
        *within_company(quote_id="quote", contact_id="contact"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    quote_id: Mapped[int] = mapped_column()
    contact_id: Mapped[int] = mapped_column()
    version: Mapped[int]
    at: Mapped[datetime]
    name: Mapped[str] = mapped_column(String(120))
    message: Mapped[str] = mapped_column(String(2000))


@event.listens_for(QuoteAcceptance, "before_update")
@event.listens_for(QuoteAcceptance, "before_delete")
def written_once(mapper, connection, acceptance):
    """Whoever thinks better of a contract makes a new one."""
    raise PermissionError("An acceptance is never edited.")
