"""The settings and files that README and docs/ name exist."""

import re
from dataclasses import fields

import pytest

from sergio.config import Config
from tests.faults.program import ROOT

PAGES = [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]


def row(field) -> str:
    default = str(field.default).lower() if field.type is bool else str(field.default)
    return f"| `SERGIO_{field.name.upper()}` | {f'`{default}`' if default else ''} | {field.metadata['about']} |"


def test_the_settings_are_listed_as_they_are():
    listed = re.findall(r"^\| `SERGIO_.*$", (ROOT / "docs/production.md").read_text(), re.MULTILINE)
    assert listed == [row(field) for field in fields(Config)]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_setting_a_page_names_exists(page):
    known = {f"SERGIO_{field.name.upper()}" for field in fields(Config)} | {"SERGIO_X"}
    named = {
        name.removesuffix("_FILE") if name not in known else name
        for name in re.findall(r"SERGIO_\w+", page.read_text())
    }
    assert named <= known


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_file_of_deploy_and_docs_a_page_names_exists(page):
    named = re.findall(r"\b(?:deploy|docs)/[\w@./*-]+[\w@*]", page.read_text())
    assert [path for path in named if not list(ROOT.glob(path))] == []


def test_the_readme_runs_it_in_production_in_ten_lines():
    section = (ROOT / "README.md").read_text().partition("## Run it in production")[2].partition("\n## ")[0]
    (commands,) = re.findall(r"```\n(.*?)```", section, re.DOTALL)
    assert len(commands.splitlines()) == 10
