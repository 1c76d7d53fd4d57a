"""The architecture of docs/architecture.md: who may import whom, which modules there are, how long they are."""

import ast
import re
from fnmatch import fnmatch
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import sergio
from sergio.database.company_scope import CompanyOwned
from sergio.extensions import db

PACKAGE = Path(sergio.__file__).parent
ORDER = [
    ["config_checks"],
    ["lib"],
    ["database"],
    ["config"],
    ["extensions"],
    ["web"],
    ["files"],
    ["audit"],
    ["companies"],
    ["jobs"],
    ["outbox"],
    ["staff", "customers"],
    ["auth"],
    ["sign_up", "imports"],
    ["pricing", "service_area", "support"],
    ["price_list"],
    ["invoices"],
    ["payments"],
    ["billing"],
    ["quotes"],
    ["booking"],
    ["documents"],
    ["trial"],
    ["overview", "widget"],
    ["health"],
    ["permissions"],
    ["portal", "office", "api", "public"],
    ["seeds", "big_world", "warm_up"],
    ["commands"],
    ["__init__"],
    ["__main__"],
]
LAYER = {name: layer for layer, names in enumerate(ORDER) for name in names}
PAGES = ("portal", "office", "settings", "public", "api")
LEVELS = [["models"], ["emails", "labels", "formats", "listing", "forms", "pdf", "jobs"], PAGES]
LEVEL = {name: level for level, names in enumerate(LEVELS) for name in names}
BESIDE_PAGES = LEVEL["pdf"]  # where the modules stand that a package has of its own
CALLED_BY_MODELS = {"emails", "formats"}  # a verb sends its own email; a refusal names times as the pages do
MODULES = sorted(p for p in PACKAGE.rglob("*.py") if not {"sandbox", "migrations"} & set(p.relative_to(PACKAGE).parts))
LONGEST = {"models": 400, "of_staff": 400, "of_contacts": 400}  # a table that stands in one place
ARCHITECTURE = (PACKAGE.parent / "docs/architecture.md").read_text()


def name_of(path: Path) -> str:
    """`sergio.quotes.models` of sergio/quotes/models.py."""
    parts = ("sergio", *path.relative_to(PACKAGE).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" and len(parts) > 2 else parts)


@cache
def imports_of(path: Path) -> set[str]:
    """The modules a module imports, anywhere in it."""
    return imports_in(ast.parse(path.read_text()))


def imports_in(tree: ast.AST) -> set[str]:
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def section(title: str) -> str:
    """A section of docs/architecture.md."""
    return ARCHITECTURE.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def table(text: str, head: str) -> dict[str, list[str]]:
    """The other cells of each row, by its first, of the table in a section whose first column is called `head`."""
    rows = text.partition(f"| {head} |")[2].partition("\n\n")[0].splitlines()[2:]
    cells = [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]
    return {first.strip("`"): rest for first, *rest in cells}


def late_imports_of(path: Path) -> set[str]:
    """The modules a module imports inside a function."""
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    inside = [
        node for each in ast.walk(ast.parse(path.read_text())) if isinstance(each, functions) for node in each.body
    ]
    return {name for node in inside for name in imports_in(node)}


def own(path: Path) -> set[str]:
    """The top-level modules that a module imports, such as "quotes" or "lib"."""
    names = {name.split(".")[1] for name in imports_of(path) if name.startswith("sergio.")}
    return {name for name in names if name in LAYER or (PACKAGE / name / "__init__.py").exists()}


def part_of(path: Path) -> str:
    return path.relative_to(PACKAGE).with_suffix("").parts[0]


def test_a_module_imports_only_from_lower_layers():
    for path in MODULES:
        here = part_of(path)
        above = {name for name in own(path) if name != here and LAYER[name] >= LAYER[here]}
        assert not above, path


def test_inside_a_package_imports_go_from_models_to_pages():
    for path in (path for path in MODULES if path.parent != PACKAGE):
        package, here = name_of(path).rpartition(".")[::2]
        beside = {name.removeprefix(f"{package}.") for name in imports_of(path) if name.startswith(f"{package}.")}
        allowed = CALLED_BY_MODELS if here == "models" else set()
        level = LEVEL.get(here, BESIDE_PAGES)
        assert not {name for name in beside - allowed if LEVEL.get(name, -1) > level}, path
        assert here not in PAGES or not beside & set(PAGES), path


def test_there_is_no_import_cycle():
    modules = {name_of(path): path for path in MODULES}
    packages = {name for name in modules if (PACKAGE.parent / name.replace(".", "/") / "__init__.py").exists()}
    imported = {name: (imports_of(path) & set(modules)) - packages - {name} for name, path in modules.items()}
    assert len(list(TopologicalSorter(imported).static_order())) > 100


def test_every_top_level_module_is_ranked_and_explained():
    there = {path.parent.name if path.name == "__init__.py" else path.stem for path in PACKAGE.glob("*/__init__.py")}
    there |= {path.stem for path in PACKAGE.glob("*.py")}
    explained = set(table(section("The packages"), "package"))
    assert there - {"sandbox"} <= set(LAYER)
    assert explained == set(LAYER) | {"sandbox"}
    assert there <= explained


def test_the_order_of_the_layers_is_the_one_explained():
    chain = section("The layers").split("```")[1]
    assert [re.findall(r"\w+", layer) for layer in chain.split("<")] == ORDER


def test_a_module_has_a_uniform_name_or_is_its_packages_own():
    text = section("Inside a package")
    uniform, listed = table(text, "module | content"), table(text, "module | reason")
    assert set(uniform) == set(LEVEL)
    inner = [path.relative_to(PACKAGE).with_suffix("") for path in MODULES if path.parent != PACKAGE]
    named = {part.parent if part.name == "__init__" else part for part in inner}
    own = {part.as_posix() for part in named if len(part.parts) > 1 and part.name not in LEVEL}
    assert own == set(listed)


def test_every_module_the_page_names_is_there():
    named = set(re.findall(r"`(\w+/\w+(?:/\w+)?)`", ARCHITECTURE))
    packages = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    missing = {name for name in named if name.partition("/")[0] in packages and not list(PACKAGE.glob(f"{name}*"))}
    assert not missing


def test_late_imports_are_those_explained():
    explained = table(section("Late imports"), "module")
    for path in MODULES:
        here = path.relative_to(PACKAGE).with_suffix("").as_posix().removesuffix("/__init__")
        patterns = [pattern for pattern in explained if fnmatch(here, pattern) or fnmatch(f"{here}/", pattern)]
        assert patterns or not late_imports_of(path), here
    for pattern in explained:
        assert any(PACKAGE.glob(f"{pattern}.py")), pattern


def test_lib_knows_neither_flask_nor_the_database_nor_the_business():
    for path in (PACKAGE / "lib").glob("*.py"):
        roots = {name.partition(".")[0] for name in imports_of(path)}
        assert not {name for name in roots if name.startswith("flask") or name == "sqlalchemy"}, path
        assert own(path) <= {"lib"}, path


@pytest.mark.parametrize("name", ["pricing", "booking/slots"])
def test_arithmetic_knows_neither_tables_nor_requests(name):
    path = PACKAGE / f"{name}.py"
    assert own(path) <= {"lib"}
    assert not {each for each in imports_of(path) if each.startswith(("flask", "sqlalchemy", "werkzeug"))}


def test_the_web_knows_no_company():
    for path in (PACKAGE / "web").glob("*.py"):
        assert own(path) <= {"lib", "database", "config", "extensions", "web"}, path


def test_nothing_imports_the_sandbox():
    assert not [name_of(path) for path in MODULES if "sandbox" in own(path)]


def test_the_sandbox_knows_nothing_of_the_business():
    for path in (PACKAGE / "sandbox").rglob("*.py"):
        assert own(path) <= {"lib", "sandbox"}, path


def test_only_the_gateway_imports_stripe():
    importers = {name_of(path) for path in MODULES if any(n.partition(".")[0] == "stripe" for n in imports_of(path))}
    assert importers == {"sergio.payments.stripe.gateway"}


def test_only_one_module_speaks_smtp():
    importers = {name_of(path) for path in MODULES if {"smtplib", "flask_mail"} & imports_of(path)}
    assert importers == {"sergio.outbox.smtp"}


def test_no_model_knows_the_request():
    ambient = {"request", "g", "session", "current_user"}
    for path in PACKAGE.rglob("models.py"):
        assert not {f"flask.{name}" for name in ambient} & imports_of(path), path
        assert "flask_login.current_user" not in imports_of(path), path


def test_models_and_emails_never_commit():
    for path in [*PACKAGE.rglob("models.py"), *PACKAGE.rglob("emails.py")]:
        if path.parent.name != "jobs":  # claiming a job is a commit: that is what makes it ours
            assert ".commit()" not in path.read_text(), path


def test_every_module_says_in_one_line_what_it_is():
    for path in MODULES:
        docstring = ast.get_docstring(ast.parse(path.read_text()))
        assert docstring, f"{path} has no docstring"
        assert docstring.splitlines()[0].endswith((".", ":", "?")), path


def test_no_module_is_too_long():
    long = {path for path in MODULES if len(path.read_text().splitlines()) > LONGEST.get(path.stem, 250)}
    assert not long


def test_every_table_with_a_company_is_company_owned():
    for mapper in db.Model.registry.mappers:
        column = mapper.local_table.columns.get("company_id")
        if column is not None and not column.nullable:  # the platform's own work has none
            assert issubclass(mapper.class_, CompanyOwned), mapper.class_


def test_no_template_turns_escaping_off_or_has_inline_script():
    for path in (PACKAGE / "templates").rglob("*.html"):
        html = path.read_text()
        assert "|safe" not in html.replace(" ", ""), path
        assert "<script>" not in html, path
        assert "hx-on" not in html, path
        assert 'style="' not in html, path
