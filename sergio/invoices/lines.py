"""The table of an invoice's lines, part of its models."""

from sqlalchemy import BigInteger, CheckConstraint, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from sergio import pricing
from sergio.database.checks import at_least
from sergio.database.company_scope import CompanyOwned, within_company
from sergio.extensions import Model


class InvoiceLine(CompanyOwned, Model):
    """A line of an invoice. Once it is issued, its document has the frozen copy."""

    __table_args__ = (
        at_least("tax_ppm", 0),
        at_least("discount", 0),
        CheckConstraint(f"discount_rate BETWEEN 0 AND {pricing.WHOLE}", name="discount_rate"),
        CheckConstraint("discount_rate = 0 OR discount = 0", name="one_discount"),
        Index(None, "company_id", "invoice_id", "position"),
        *within_company(invoice_id="invoice"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    invoice_id: Mapped[int] = mapped_column()
    position: Mapped[int]
    description: Mapped[str] = mapped_column(String(500))
    detail: Mapped[str] = mapped_column(String(2000), default="")
    quantity: Mapped[int] = mapped_column(BigInteger)
    unit: Mapped[str] = mapped_column(String(20), default="")
    unit_price: Mapped[int] = mapped_column(BigInteger)
    discount_rate: Mapped[int]
    discount: Mapped[int] = mapped_column(BigInteger)
    tax_ppm: Mapped[int]

    def __init__(self, *, quantity=pricing.ONE, tax_ppm=0, discount_rate=0, discount=0, **columns):
        """Quantities, amounts and rates are in the units of `pricing`."""
        numbers = {"tax_ppm": tax_ppm, "discount_rate": discount_rate, "discount": discount}
        super().__init__(quantity=quantity, **{"detail": "", "unit": "", **numbers, **columns})

    @property
    def amount(self) -> int:
        discount = {"discount_rate": self.discount_rate, "discount": self.discount}
        return pricing.amount(self.quantity, self.unit_price, **discount)
