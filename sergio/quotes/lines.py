"""The lines of a quote."""

from sqlalchemy import BigInteger, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from sergio import pricing
from sergio.database.checks import at_least
from sergio.database.company_scope import CompanyOwned, within_company
from sergio.extensions import Model


class QuoteLine(CompanyOwned, Model):
    """One piece of work on a quote; the customer may leave out an optional one."""

    __table_args__ = (
        at_least("tax_rate", 0),
        Index(None, "company_id", "quote_id", "position"),
        *within_company(quote_id="quote"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    quote_id: Mapped[int] = mapped_column()
    position: Mapped[int]
    description: Mapped[str] = mapped_column(String(500))
    detail: Mapped[str] = mapped_column(String(2000), default="")
    quantity: Mapped[int] = mapped_column(BigInteger)
    unit: Mapped[str] = mapped_column(String(20), default="")
    unit_price: Mapped[int] = mapped_column(BigInteger)
    tax_rate: Mapped[int]
    optional: Mapped[bool]
    preselected: Mapped[bool]

    def __init__(self, *, quantity=pricing.ONE, tax_rate=0, optional=False, preselected=False, **words):
        """`quantity` in thousandths, `unit_price` in minor units, `tax_rate` in basis points: see `pricing`."""
        super().__init__(quantity=quantity, tax_rate=tax_rate, optional=optional, preselected=preselected, **words)

    @property
    def amount(self) -> int:
        return pricing.amount(self.quantity, self.unit_price)
