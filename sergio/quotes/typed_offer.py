"""The lines and packages of a quote's form as they were typed."""

from collections.abc import Iterable
from typing import Any, Self

from sergio.companies.models import Company
from sergio.lib.language import gettext as _
from sergio.price_list.lines import LONGEST_KEY, TypedLines, new_key
from sergio.price_list.typed_line import TEXTS, TypedLine
from sergio.quotes.lines import QuoteLine, QuotePackage
from sergio.web.forms import trimmed

MOST_PACKAGES = 5
OPTIONAL, PRESELECTED = "optional", "preselected"
LONGEST = {"name": 120, "note": 500}


class OfferedLine(TypedLine):
    """A line of a quote. `choice` is empty for one that is always included, `OPTIONAL`, `PRESELECTED`, or the key of a
    package.
    """

    __slots__ = ("choice",)

    fields = (*TEXTS, "choice")

    def read(self, currency: str):
        super().read(currency)
        if self.values is not None:
            chosen = {"optional": self.choice in (OPTIONAL, PRESELECTED), "preselected": self.choice == PRESELECTED}
            self.values |= chosen


class TypedPackage:
    """A package as it was typed, with `errors` by field."""

    __slots__ = ("errors", "key", "name", "note")

    def __init__(self, key: str, name: str, note: str):
        self.key, self.name, self.note = key, name, note
        self.errors: dict[str, str] = {}


class TypedOffer(TypedLines):
    """What a quote offers. `recommended` is the key of a package, "" for none."""

    line = OfferedLine

    def __init__(
        self, lines: Iterable[TypedLine], currency: str, packages: Iterable[TypedPackage] = (), recommended=""
    ):
        self.packages, self.recommended = list(packages), recommended
        super().__init__(lines, currency)

    @classmethod
    def of(cls, quote) -> Self:
        """That of a quote's draft, to be changed."""
        packages = [TypedPackage(key_of(each), each.name, each.note) for each in quote.packages]
        recommended = next((key_of(each) for each in quote.packages if each.recommended), "")
        offer = cls.stored(quote.lines, quote.currency)
        offer.packages, offer.recommended = packages, recommended
        offer.read()
        return offer

    @classmethod
    def posted(cls, form, currency: str) -> Self:
        offer = super().posted(form, currency)
        keys = dict.fromkeys(key for key in form.getlist("package") if key.isalnum() and len(key) <= LONGEST_KEY)
        texts = ([key, *(trimmed(form.get(f"package_{field}-{key}", "")) for field in LONGEST)] for key in keys)
        offer.packages = [TypedPackage(*each) for each in texts][: MOST_PACKAGES + 1]
        offer.recommended = form.get("recommended", "")
        offer.read()
        return offer

    @classmethod
    def texts_of_row(cls, row, currency: str) -> dict[str, str]:
        choice = PRESELECTED if row.preselected else OPTIONAL if row.optional else ""
        choice = key_of(row.package) if row.package else choice
        return super().texts_of_row(row, currency) | {"choice": choice}

    def read(self):
        super().read()
        known = {value for value, _label in self.choices}
        for line in self.lines:
            if line.values is not None and line.choice not in known:
                line.values, line.errors["choice"] = None, _("Choose one of these.")
        self._read_packages()

    def _read_packages(self):
        names = [package.name.casefold() for package in self.packages]
        for package in self.packages:
            package.errors = {}
            if not package.name:
                package.errors["name"] = _("Name the package.")
            elif names.count(package.name.casefold()) > 1:
                package.errors["name"] = _("Two packages have this name.")
            for field, most in LONGEST.items():
                if len(getattr(package, field)) > most:
                    package.errors[field] = _("Use at most %(most)s characters.", most=most)
        if len(self.packages) > MOST_PACKAGES:
            self.error = most_packages()

    @property
    def is_valid(self) -> bool:
        return super().is_valid and not any(package.errors for package in self.packages)

    @property
    def problems(self) -> list[tuple[str, str, str]]:
        return super().problems + [
            (f"package_{field}-{package.key}", _("Package %(number)s", number=number), sentence)
            for number, package in enumerate(self.packages, 1)
            for field, sentence in package.errors.items()
        ]

    @property
    def choices(self) -> list[tuple[str, str]]:
        packages = [(each.key, _("In %(package)s", package=each.name or _("a package"))) for each in self.packages]
        optional = [(OPTIONAL, _("Optional")), (PRESELECTED, _("Optional, already checked"))]
        return [("", _("Always included")), *optional, *packages]

    @property
    def chosen(self) -> str:
        """The key of the package that is chosen until the customer chooses."""
        keys = [package.key for package in self.packages]
        return self.recommended if self.recommended in keys else (keys[0] if keys else "")

    def counts(self, line: Any) -> bool:
        return line.choice in ("", PRESELECTED) or line.choice == self.chosen

    @property
    def rows(self) -> tuple[list[QuoteLine], list[QuotePackage]]:
        """New rows for the lines and the packages."""
        packages = {
            each.key: QuotePackage(name=each.name, note=each.note, recommended=each.key == self.recommended)
            for each in self.packages
        }
        read = [line for line in self.lines if line.values is not None]
        return [QuoteLine(**line.values, package=packages.get(line.choice)) for line in read], [*packages.values()]

    def edit(self, wish: str, company: Company) -> bool:
        """Also "addpackage", and "removepackage-" with a package's key."""
        verb, _dash, key = wish.partition("-")
        if verb == "addpackage":
            self._add_package()
        elif verb == "removepackage":
            self._remove_package(key)
        else:
            return super().edit(wish, company)
        self.read()
        return True

    def _add_package(self):
        """Add a package; two at first, because one is no choice."""
        for _each in range(1 if self.packages else 2):
            if len(self.packages) < MOST_PACKAGES:
                name = _("Package %(number)s", number=len(self.packages) + 1)
                self.packages.append(TypedPackage(new_key(), name, ""))

    def _remove_package(self, key: str):
        """Remove a package; its lines are then always included."""
        self.packages = [package for package in self.packages if package.key != key]
        for line in self.lines:
            line.choice = "" if line.choice == key else line.choice


def key_of(package: QuotePackage) -> str:
    return f"p{package.position}"


def most_packages() -> str:
    return _("There can be up to %(most)s packages. Remove one first.", most=MOST_PACKAGES)
