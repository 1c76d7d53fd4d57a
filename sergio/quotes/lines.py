"""The tables of a quote's lines and packages, part of its models."""

from collections.abc import Iterable, Sequence

from sqlalchemy import BigInteger, CheckConstraint, ForeignKeyConstraint, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from sergio import pricing
from sergio.database.checks import at_least
from sergio.database.company_scope import CompanyOwned, within_company
from sergio.extensions import Model
from sergio.lib.language import gettext as _

COPIED = (
    *("description", "detail", "quantity", "unit", "unit_price", "discount_rate", "discount", "tax_ppm"),
    *("optional", "preselected"),
)


class QuotePackage(CompanyOwned, Model):
    """One of the packages of a quote's draft, of which the customer chooses exactly one."""

    __table_args__ = (
        UniqueConstraint("company_id", "quote_id", "id"),
        *within_company(quote_id="quote"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    quote_id: Mapped[int] = mapped_column()
    position: Mapped[int]
    name: Mapped[str] = mapped_column(String(120))
    note: Mapped[str] = mapped_column(String(500), default="")
    recommended: Mapped[bool]

    def __init__(self, *, note="", recommended=False, **values):
        super().__init__(note=note, recommended=recommended, **values)


class QuoteLine(CompanyOwned, Model):
    """A line of a quote's draft; the customer may leave out an optional one. A line of a package is part of the price
    if the package is chosen.
    """

    __table_args__ = (
        at_least("tax_ppm", 0),
        at_least("discount", 0),
        CheckConstraint(f"discount_rate BETWEEN 0 AND {pricing.WHOLE}", name="discount_rate"),
        CheckConstraint("discount_rate = 0 OR discount = 0", name="one_discount"),
        CheckConstraint("package_id IS NULL OR NOT optional", name="packages_are_whole"),
        Index(None, "company_id", "quote_id", "position"),
        *within_company(quote_id="quote"),
        ForeignKeyConstraint(
            ["company_id", "quote_id", "package_id"],
            ["quote_package.company_id", "quote_package.quote_id", "quote_package.id"],
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    quote_id: Mapped[int] = mapped_column()
    package_id: Mapped[int | None] = mapped_column()
    position: Mapped[int]
    description: Mapped[str] = mapped_column(String(500))
    detail: Mapped[str] = mapped_column(String(2000), default="")
    quantity: Mapped[int] = mapped_column(BigInteger)
    unit: Mapped[str] = mapped_column(String(20), default="")
    unit_price: Mapped[int] = mapped_column(BigInteger)
    discount_rate: Mapped[int]
    discount: Mapped[int] = mapped_column(BigInteger)
    tax_ppm: Mapped[int]
    optional: Mapped[bool]
    preselected: Mapped[bool]

    package: Mapped[QuotePackage | None] = relationship(foreign_keys=package_id)

    def __init__(self, *, quantity=pricing.ONE, tax_ppm=0, discount_rate=0, discount=0, **values):
        """Quantities, amounts and rates are in the units of `pricing`."""
        values = {"optional": False, "preselected": False, "detail": "", "unit": "", **values}
        super().__init__(quantity=quantity, tax_ppm=tax_ppm, discount_rate=discount_rate, discount=discount, **values)

    @property
    def amount(self) -> int:
        return pricing.amount(self.quantity, self.unit_price, discount_rate=self.discount_rate, discount=self.discount)


def placed(rows: Iterable, company) -> list:
    """The lines or packages with their positions from 0."""
    rows = list(rows)
    for position, row in enumerate(rows):
        row.company, row.position = company, position
    return rows


def copied(lines: Iterable[QuoteLine], packages: Iterable[QuotePackage]) -> tuple[list[QuoteLine], list[QuotePackage]]:
    """The same as new rows."""
    copies = {each: QuotePackage(name=each.name, note=each.note, recommended=each.recommended) for each in packages}
    values = [{name: getattr(line, name) for name in COPIED} for line in lines]
    rows = [QuoteLine(**each, package=copies.get(line.package)) for each, line in zip(values, lines, strict=True)]
    return rows, list(copies.values())


def first_package(packages: Sequence[QuotePackage]) -> QuotePackage | None:
    """The package that is chosen until the customer chooses: the recommended one, else the first."""
    return next((each for each in packages if each.recommended), packages[0] if packages else None)


def first_shown(lines: Iterable[QuoteLine], packages: Sequence[QuotePackage]) -> list[QuoteLine]:
    """The lines in the price until the customer chooses."""
    chosen = first_package(packages)
    return [line for line in lines if is_included(line, chosen)]


def is_included(line: QuoteLine, chosen: QuotePackage | None) -> bool:
    if line.package:
        return line.package is chosen
    return not line.optional or line.preselected


def why_incomplete(lines: Sequence[QuoteLine], packages: Sequence[QuotePackage]) -> str:
    """Why this cannot be sent, as a sentence: nothing to pay for, a choice that is none, a discount above its line; ""
    if it can.
    """
    if not lines:
        return _("Add at least one line before you send this quote.")
    if len(packages) == 1:
        return _("Add a second package, so that there is a choice.")
    for package in packages:
        if not any(line.package is package for line in lines):
            return _("The package %(name)s has no lines. Add one, or remove it.", name=package.name)
    for line in lines:
        if line.discount > max(pricing.amount(line.quantity, line.unit_price), 0):
            return _("The discount on %(line)s is more than its price.", line=line.description)
    return ""
