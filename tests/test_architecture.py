"""The plan of the house, held: who may import whom, who may speak to whom, how large a room may be."""

import ast
from pathlib import Path

import pytest

import sergio
from sergio.database.company_scope import CompanyOwned
from sergio.extensions import db

HOUSE = Path(sergio.__file__).parent
ORDER = [
    ["config_checks"],
    ["lib"],
    ["database"],
    ["config"],
    ["extensions"],
    ["web"],
    ["audit"],
    ["companies"],
    ["jobs"],
    ["outbox"],
    ["staff", "customers"],
    ["auth"],
    ["pricing", "service_area"],
    ["invoices"],
    ["payments"],
    ["quotes"],
    ["booking"],
    ["documents"],
    ["overview", "widget"],
    ["health"],
    ["permissions"],
    ["portal", "office", "api", "public"],
    ["seeds"],
    ["commands"],
    ["__init__"],
    ["__main__"],
]
FLOOR = {name: floor for floor, names in enumerate(ORDER) for name in names}
ROOMS = [["emails"], ["models"], ["forms"], ["portal", "office", "public", "api"]]
ROOM = {name: level for level, names in enumerate(ROOMS) for name in names}
MODULES = sorted(p for p in HOUSE.rglob("*.py") if not {"sandbox", "migrations"} & set(p.relative_to(HOUSE).parts))
LONGEST = {"models": 400}  # all tables of a feature stand in one place


def name_of(path: Path) -> str:
    """`sergio.quotes.models` of sergio/quotes/models.py."""
    parts = ("sergio", *path.relative_to(HOUSE).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" and len(parts) > 2 else parts)


def imports_of(path: Path) -> set[str]:
    """The modules a module imports, anywhere in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def own(path: Path) -> set[str]:
    """The parts of the house that a module imports, such as "quotes" or "lib"."""
    names = {name.split(".")[1] for name in imports_of(path) if name.startswith("sergio.")}
    return {name for name in names if name in FLOOR or (HOUSE / name / "__init__.py").exists()}


def part_of(path: Path) -> str:
    return path.relative_to(HOUSE).with_suffix("").parts[0]


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_module_imports_only_from_floors_below(path):
    here = part_of(path)
    above = {name for name in own(path) if name != here and FLOOR[name] >= FLOOR[here]}
    assert not above


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_inside_a_package_imports_go_from_mail_to_model_to_form_to_page(path):
    package, here = name_of(path).rpartition(".")[::2]
    siblings = {name.removeprefix(f"{package}.") for name in imports_of(path) if name.startswith(f"{package}.")}
    assert not {name for name in siblings if ROOM.get(name, -1) > ROOM.get(here, 99)}


NAMES = {name_of(path): path for path in HOUSE.rglob("*.py") if "migrations" not in path.parts}
PERMITTED_CIRCLES: dict[frozenset[str], str] = {}
"""The modules of a circle, and the reason why it may stay."""


def beside(path: Path) -> set[str]:
    """The modules of its own package that a module imports, inside functions too; not what only type checkers import.
    `from package import module` imports the module: the package itself is meant where its `__init__` has the name.
    """
    found, package = set(), name_of(path).split(".")[1]
    tree = ast.parse(path.read_text())
    unseen = {id(each) for node in ast.walk(tree) if for_types(node) for each in ast.walk(node)}
    for node in ast.walk(tree):
        if id(node) in unseen:
            continue
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            source = source_of(node, path)
            inner = {f"{source}.{alias.name}" for alias in node.names}
            found |= {name if name in NAMES else source for name in inner}
    return {name for name in found & NAMES.keys() if name.split(".")[1:2] == [package]} - {name_of(path)}


def for_types(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def source_of(node: ast.ImportFrom, path: Path) -> str:
    """What stands after `from`, dots resolved."""
    if not node.level:
        return node.module or ""
    parts = path.relative_to(HOUSE.parent).parts[: -node.level]
    return ".".join([*parts, *([node.module] if node.module else [])])


def circles(imports: dict[str, set[str]]) -> set[frozenset[str]]:
    """The sets of modules that reach one another."""
    reached = {name: set(direct) for name, direct in imports.items()}
    for middle in imports:
        for name in imports:
            if middle in reached[name]:
                reached[name] |= reached[middle]
    return {frozenset(each for each in reached[name] if name in reached[each]) for name in imports} - {frozenset()}


def test_no_package_imports_itself_in_a_circle():
    assert circles({name: beside(path) for name, path in NAMES.items()}) == PERMITTED_CIRCLES.keys()


def test_control_a_circle_is_found():
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}}) == {frozenset("abc")}


def test_the_sandbox_is_imported_by_nothing_in_the_house():
    assert not [name_of(path) for path in MODULES if "sandbox" in own(path)]


def test_the_sandbox_knows_nothing_of_the_business():
    for path in (HOUSE / "sandbox").rglob("*.py"):
        assert own(path) <= {"lib", "sandbox"}, path


def test_only_the_gateway_imports_stripe():
    importers = {name_of(path) for path in MODULES if any(n.partition(".")[0] == "stripe" for n in imports_of(path))}
    assert importers == {"sergio.payments.stripe.gateway"}


def test_only_one_module_speaks_smtp():
    importers = {name_of(path) for path in MODULES if {"smtplib", "flask_mail"} & imports_of(path)}
    assert importers == {"sergio.outbox.smtp"}


def test_no_model_knows_the_request():
    ambient = {"request", "g", "session", "current_user"}
    for path in HOUSE.rglob("models.py"):
        assert not {f"flask.{name}" for name in ambient} & imports_of(path), path
        assert "flask_login.current_user" not in imports_of(path), path


def test_models_and_mails_never_commit():
    for path in [*HOUSE.rglob("models.py"), *HOUSE.rglob("emails.py")]:
        if path.parent.name != "jobs":  # claiming a job is a commit: that is what makes it ours
            assert ".commit()" not in path.read_text(), path


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_every_module_says_in_one_line_what_it_is(path):
    said = ast.get_docstring(ast.parse(path.read_text()))
    assert said, f"{path} has no docstring"
    assert said.splitlines()[0].endswith((".", ":", "?"))


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_no_module_outgrows_its_room(path):
    assert len(path.read_text().splitlines()) <= LONGEST.get(path.stem, 250)


def test_every_table_of_a_company_is_tenanted():
    for mapper in db.Model.registry.mappers:
        column = mapper.local_table.columns.get("company_id")
        if column is not None and not column.nullable:  # the platform's own work has none
            assert issubclass(mapper.class_, CompanyOwned), mapper.class_


def test_no_template_switches_escaping_off_or_carries_script():
    for path in (HOUSE / "templates").rglob("*.html"):
        html = path.read_text()
        assert "|safe" not in html.replace(" ", ""), path
        assert "<script>" not in html, path
        assert "hx-on" not in html, path
        assert 'style="' not in html, path
