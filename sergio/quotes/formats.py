"""A frozen offer, formatted for pages, emails and the PDF."""

from datetime import date
from operator import itemgetter

from sergio import pricing
from sergio.companies.models import Company
from sergio.lib.language import gettext as _
from sergio.quotes.attachments import JPEG, name_of
from sergio.quotes.change_text import sentences, sentences_without_prices


class FormattedOffer:
    """The offer of `evidence.choose`, formatted for the company as it was when it was sent; every value is a text."""

    def __init__(self, facts: dict):
        self.facts = pricing.in_ppm(facts)
        self.company = Company(**facts["company"])  # as it was then; never saved

    @property
    def lines(self) -> list[dict]:
        """The lines included in the total; optional ones and those of the package are marked."""
        names = {each["id"]: each["name"] for each in self.facts.get("packages", ())}
        optional = _("Optional, included")
        return [
            self._line(line, optional if line["optional"] else names.get(line.get("package")))
            for line in self.facts["lines"]
        ]

    @property
    def left_out(self) -> list[dict]:
        """Optional lines not included in the total."""
        return [self._line(line, None) for line in self.facts["left_out"] if line["optional"]]

    @property
    def choices(self) -> list[dict]:
        """All optional lines, each with the `id` it is chosen by, and whether it is `included`."""
        included = [line for line in self.facts["lines"] if line["optional"]]
        left_out = [line for line in self.facts["left_out"] if line["optional"]]
        lines = sorted([*included, *left_out], key=itemgetter("position"))
        return [{"included": line in included, **self._choice(line)} for line in lines]

    @property
    def packages(self) -> list[dict]:
        """All packages with their lines and amounts, their `id` to choose them by, and whether they are `included`."""
        return [self._package(package) for package in self.facts.get("packages", ())]

    @property
    def attachments(self) -> list[dict]:
        """Name, kind and size of each attachment, with the `id` of its files; old contents have none."""
        return [
            {
                **each,
                "name": name_of(each),
                "is_picture": each["media_type"] == JPEG,
                "kind": _("Picture") if each["media_type"] == JPEG else "PDF",
                "size": file_size(each["size"]),
            }
            for each in self.facts.get("attachments", ())
        ]

    @property
    def total(self) -> str:
        return self.company.money(self.facts["total"])

    @property
    def totals(self) -> list[tuple[str, str]]:
        """Labels and amounts from subtotal to total; only the total without taxes."""
        taxes = [(self._tax(tax["tax_ppm"]), tax["amount"]) for tax in self.facts["taxes"]]
        rows = [(_("Subtotal"), self.facts["subtotal"]), *taxes] if taxes else []
        return [(label, self.company.money(amount)) for label, amount in [*rows, (_("Total"), self.facts["total"])]]

    @property
    def deposit(self) -> str:
        """ "$200.00"; "" if none is asked for."""
        amount = self.facts.get("deposit", 0)
        return self.company.money(amount) if amount else ""

    @property
    def valid_until(self) -> str:
        return self.company.short_day(date.fromisoformat(self.facts["valid_until"]))

    @property
    def sent_on(self) -> str:
        return self.company.short_day(date.fromisoformat(self.facts["sent_on"])) if self.facts["sent_on"] else ""

    @property
    def changes(self) -> list[str]:
        """What changed since the version the customer saw, in sentences; none of a first version."""
        return sentences(self.facts.get("changes", ()), self.company)

    @property
    def changes_without_prices(self) -> list[str]:
        """The same where customers do not see the prices of lines."""
        return sentences_without_prices(self.facts.get("changes", ()), self.company)

    def _tax(self, ppm: int) -> str:
        return _("Tax %(rate)s", rate=pricing.format_tax_rate(ppm))

    def _choice(self, line: dict) -> dict:
        """An optional line, with a `note` of everything about it but its amount."""
        shown = self._line(line, None)
        count = shown["quantity"] if shown["quantity"] != "1" else None
        note = " · ".join(text for text in (shown["detail"], count, shown["discount"]) if text)
        return {"id": line["id"], "note": note or None, **shown}

    def _package(self, package: dict) -> dict:
        offered = sorted([*self.facts["lines"], *self.facts["left_out"]], key=itemgetter("position"))
        lines = [line for line in offered if line["package"] == package["id"]]
        return {
            **package,
            "included": package["id"] == self.facts["package"],
            "lines": [self._line(line, None) for line in lines],
            "amount": self.company.money(sum(line["amount"] for line in lines)),
        }

    def _line(self, line: dict, mark: str | None) -> dict:
        quantity = pricing.format_quantity(line["quantity"])
        rate, discount = line.get("discount_rate", 0), line.get("discount", 0)
        return {
            "description": line["description"],
            "detail": line["detail"] or None,
            "mark": mark,
            "package": line.get("package"),
            "date": None,
            "quantity": f"{quantity} {line['unit']}".strip(),
            "unit_price": self.company.money(line["unit_price"]),
            "discount": pricing.format_discount(rate, discount, self.company.currency) or None,
            "amount": self.company.money(line["amount"]),
        }


def file_size(size: int) -> str:
    """ "1.2 MB" or "40 KB", of 1024 units as file managers count."""
    megabytes = size / 1024**2
    return f"{megabytes:.1f} MB" if megabytes >= 1 else f"{max(round(size / 1024), 1)} KB"
