"""A frozen offer, formatted for pages, emails and the PDF."""

from datetime import date
from operator import itemgetter

from sergio import pricing
from sergio.companies.models import Company
from sergio.lib.language import gettext as _


class FormattedOffer:
    """The offer of `evidence.choose`, formatted for the company as it was when it was sent; every value is a text."""

    def __init__(self, facts: dict):
        self.facts = facts
        self.company = Company(**facts["company"])  # as it was then; never saved

    @property
    def lines(self) -> list[dict]:
        """The lines included in the total; optional ones are marked."""
        return [self._line(line, _("Optional, included") if line["optional"] else None) for line in self.facts["lines"]]

    @property
    def left_out(self) -> list[dict]:
        """Optional lines not included in the total."""
        return [self._line(line, None) for line in self.facts["left_out"]]

    @property
    def choices(self) -> list[dict]:
        """All optional lines, each with the `id` it is chosen by, and whether it is `included`."""
        included = [line for line in self.facts["lines"] if line["optional"]]
        lines = sorted([*included, *self.facts["left_out"]], key=itemgetter("position"))
        return [{"id": line["id"], "included": line in included, **self._line(line, None)} for line in lines]

    @property
    def total(self) -> str:
        return self.company.money(self.facts["total"])

    @property
    def totals(self) -> list[tuple[str, str]]:
        """Labels and amounts from subtotal to total; only the total without taxes."""
        taxes = [(self._tax(tax["rate"]), tax["amount"]) for tax in self.facts["taxes"]]
        rows = [(_("Subtotal"), self.facts["subtotal"]), *taxes] if taxes else []
        return [(label, self.company.money(amount)) for label, amount in [*rows, (_("Total"), self.facts["total"])]]

    @property
    def valid_until(self) -> str:
        return self.company.short_day(date.fromisoformat(self.facts["valid_until"]))

    @property
    def sent_on(self) -> str:
        return self.company.short_day(date.fromisoformat(self.facts["sent_on"])) if self.facts["sent_on"] else ""

    def _tax(self, rate: int) -> str:
        return _("Tax %(rate)s", rate=pricing.format_rate(rate))

    def _line(self, line: dict, mark: str | None) -> dict:
        quantity = pricing.format_quantity(line["quantity"])
        return {
            "description": line["description"],
            "detail": line["detail"] or None,
            "mark": mark,
            "date": None,
            "quantity": f"{quantity} {line['unit']}".strip(),
            "unit_price": self.company.money(line["unit_price"]),
            "amount": self.company.money(line["amount"]),
        }
