"""Collects what customers can read, updates `sergio/translations` with it, and compiles the catalogs.

Run it as `./dev translations`; it prints what has no translation yet. What customers can read is found from the code:
the modules that the portal's and the public door, the emails and the PDFs import, and the templates that these name,
without what only staff read: jobs' labels, and what is said within `speaking(OFFICE)`.
"""

import ast
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from babel.messages import Catalog
from babel.messages.extract import extract_from_file
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from jinja2.ext import babel_extract

from sergio.lib.language import ENGLISH, FOLDER, LANGUAGES

PACKAGE = FOLDER.parent
TEMPLATES = PACKAGE / "templates"
DOORS = ("sergio.portal", "sergio.public", "sergio.widget.pdf")
WRITING = re.compile(r"(emails|sending)$")
"""Modules that write to customers from jobs or from the office."""
STAFFS = {"sign_up", "imports", "billing", "trial", "support", "staff", "commands", "seeds", "big_world", "migrations"}
"""Packages of which customers see nothing; the site where companies sign up is in English."""
STAFFS_TEMPLATES = re.compile(
    rf"(^|/)(office|settings)[/.]|^layouts/(office|settings)|^public/landing|^({'|'.join(STAFFS)})/"
)
STAFFS_MARKS = re.compile(r"speaking\(OFFICE\)|@(jobs\.)?job\(")
KEYWORDS: dict = {"_": None, "gettext": None, "_l": None, "lazy_gettext": None, "ngettext": (1, 2)}
KEYWORDS["pgettext"] = KEYWORDS["lazy_pgettext"] = ((1, "c"), 2)  # the first argument is the context
BEGUN = datetime(2026, 11, 30, tzinfo=UTC)
NAMED = re.compile(r"""["']([a-z_]+(?:/[a-z_]+)+)(?:\.html|\.txt|\.mjml)?["']""")
"""A template's name in code or in another template; emails' names have no ending."""


@cache
def modules() -> dict[str, Path]:
    """The files of Sergio's modules by name."""
    found = {}
    for path in PACKAGE.rglob("*.py"):
        parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
        if not STAFFS.intersection(parts) and "sandbox" not in parts:
            found[".".join(parts).removesuffix(".__init__")] = path
    return found


@cache
def customers_modules() -> set[str]:
    """The modules whose texts a customer may read."""
    found = set()
    waiting = [*DOORS, *(name for name in modules() if WRITING.search(name))]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += imported(name)
    return found


def imported(name: str) -> Iterator[str]:
    for node in ast.walk(tree_of(name)):
        if isinstance(node, ast.ImportFrom) and node.module:
            for each in node.names:
                names = (f"{node.module}.{each.name}", node.module)
                yield from [name for name in names if name in modules()][:1]


@cache
def tree_of(name: str) -> ast.Module:
    return ast.parse(modules()[name].read_text())


@cache
def staffs_lines(name: str) -> set[int]:
    """The lines of a module that only staff read: within `speaking(OFFICE)`, and the labels of jobs."""
    found = set()
    for node in ast.walk(tree_of(name)) if STAFFS_MARKS.search(modules()[name].read_text()) else ():
        if isinstance(node, ast.With) and any(is_for_office(item.context_expr) for item in node.items):
            found |= lines_of(node)
        for each in node.decorator_list if isinstance(node, ast.FunctionDef) else ():
            found |= lines_of(node) if is_for_office(each) else lines_of(each) if called(each) == "job" else set()
    return found


def is_for_office(node: ast.expr) -> bool:
    return called(node) == "speaking" and ast.unparse(node) == "speaking(OFFICE)"


def called(node: ast.expr) -> str:
    """The name of the function that is called, "" for anything else."""
    function = node.func if isinstance(node, ast.Call) else None
    return getattr(function, "id", "") or getattr(function, "attr", "")


def lines_of(node) -> set[int]:
    return set(range(node.lineno, node.end_lineno + 1))


def customers_templates() -> set[Path]:
    """The templates that these modules name, those of emails but for the office's, and those that they include."""
    found = set()
    waiting = ["ui", *emails()]
    waiting += [name for module in customers_modules() for name in named_by(module)[0]]
    waiting += [f"errors/{path.stem}" for path in (TEMPLATES / "errors").iterdir()]
    while waiting:
        for path in templates_named(waiting.pop()) - found:
            found.add(path)
            waiting += NAMED.findall(path.read_text())
    return found


def emails() -> set[str]:
    """The names of all emails, but for those that are only named where the office's language is spoken."""
    every = {str(path.relative_to(TEMPLATES).with_suffix("")) for path in TEMPLATES.glob("*/email/*")}
    return every - {name for module in modules() for name in named_by(module)[1]}


@cache
def named_by(module: str) -> tuple[set[str], set[str]]:
    """The templates that a module names in lines for customers, and in those for staff."""
    skipped, named = staffs_lines(module), (set(), set())
    for number, line in enumerate(modules()[module].read_text().splitlines(), 1):
        named[number in skipped].update(NAMED.findall(line))
    return named


def templates_named(name: str) -> set[Path]:
    files = {TEMPLATES / f"{name}{ending}" for ending in (".html", ".txt", ".mjml")}
    return {file for file in files if file.is_file() and not STAFFS_TEMPLATES.search(str(file.relative_to(TEMPLATES)))}


def texts() -> Iterator[tuple[str | tuple[str, ...], str | None, str]]:
    """Everything to translate, singular and plural together, its context if it has one, and the file it stands in."""
    for name in sorted(customers_modules()):
        skipped = staffs_lines(name)
        for line, message, _comments, context in extract_from_file("python", modules()[name], keywords=KEYWORDS):
            if line not in skipped:
                yield message, context, str(modules()[name].relative_to(PACKAGE.parent))
    for path in sorted(customers_templates()):
        for _line, message, _comments, context in extract_from_file(babel_extract, path, keywords=KEYWORDS):
            yield message, context, str(path.relative_to(PACKAGE.parent))


def every_text() -> set[str]:
    """All texts of the program, also those that only staff read."""
    files = [("python", path) for path in PACKAGE.rglob("*.py")]
    files += [(babel_extract, path) for path in TEMPLATES.rglob("*.*") if path.suffix in (".html", ".txt", ".mjml")]
    found = (each for how, path in files for each in extract_from_file(how, path, keywords=KEYWORDS))
    return {message for each in found for message in ([each[1]] if isinstance(each[1], str) else each[1])}


def template() -> Catalog:
    found = Catalog(charset="utf-8")
    for message, context, file in texts():
        found.add(message, locations=[(file, 0)], context=context)
    return found


def empty(language: str) -> Catalog:
    """A catalog without the dates of the day, so that the same texts always make the same files."""
    about = {"project": "Sergio", "version": "1", "last_translator": "Sergio", "language_team": "Sergio"}
    about["header_comment"] = f"# What customers read, in {LANGUAGES[language]}. See docs/translating.md."
    dates = {"creation_date": BEGUN, "revision_date": BEGUN}
    return Catalog(language, msgid_bugs_address="none", charset="utf-8", fuzzy=False, **about, **dates)


def catalog(language: str) -> Catalog:
    """The catalog as it is kept; empty for a new language."""
    file = po_file(language)
    if not file.exists():
        return empty(language)
    with file.open("rb") as kept:
        return read_po(kept, language)


def po_file(language: str) -> Path:
    return FOLDER / language / "LC_MESSAGES" / "messages.po"


def update(language: str) -> list:
    """Bring a catalog up to date and compile it; returns the messages without a translation."""
    kept, wanted = catalog(language), template()
    new = empty(language)
    for message in wanted:
        if message.id:
            before = kept.get(message.id, message.context)
            same = before is not None and before.pluralizable == message.pluralizable
            new.add(message.id, before.string if same else None, locations=message.locations, context=message.context)
    po_file(language).parent.mkdir(parents=True, exist_ok=True)
    with po_file(language).open("wb") as file:
        write_po(file, new, width=110, sort_output=True, omit_header=False, include_lineno=False)
    with po_file(language).with_suffix(".mo").open("wb") as file:
        write_mo(file, new)
    return [message for message in new if message.id and not is_translated(message)]


def is_translated(message) -> bool:
    strings = message.string if isinstance(message.string, tuple) else (message.string,)
    return all(strings) and not message.fuzzy


def main():
    for language in LANGUAGES:
        if language != ENGLISH:
            missing = update(language)
            print(f"{language}: {len(missing)} without a translation")
            for message in missing:
                print(f"  {message.id!r}")


if __name__ == "__main__":
    main()
