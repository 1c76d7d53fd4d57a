"""Every email that the product can send has a sample, and the text of each stands alone."""

import ast
import re
import sys
from pathlib import Path

import pytest
from flask import template_rendered

import sergio
from sergio.lib import clock
from sergio.lib.language import LANGUAGES
from sergio.outbox.kinds import KINDS
from tests.outbox.samples import OTHERS, every_sample

PACKAGE = Path(sergio.__file__).parent
TEMPLATES = PACKAGE / "templates"
SENDING = {"send", "send_kind", "to_office", "send_now", "notify", "to_reader"}
"""The functions that put an email into the outbox, or hand it over."""
INCLUDED = re.compile(r'{% include "([^"]+)\.\w+" %}')
WRONG = {
    "tells to click": r"(?i)\bclick|\bhere:|haga clic|cliquez",
    "HTML": r"<\w|&#?\w+;",
    "empty lines in heaps": r"\n\s*\n\s*\n",
    "spaces at the end of a line": r"(?m)(?<!^--)[ \t]+$|^[ \t]",
    "unfilled or doubled": r"\{\w+\}|None|%\(|\.\.|[?!]\.|\w  \w",
    "almost nothing": r"^\s*(\S+\s+){0,15}$",
}
FRENCH = {"a mark without its narrow space": r"\w:(\s|$)|[ \w][;!](\s|$)|« | »"}
SAYS_NO_NAME = {"email_to_confirm", "address_to_confirm"}
"""Kinds to a mailbox of which nobody knows yet whose it is."""
NO_LINK = {"address_to_confirm": "ABCD-EFGH", "email_changed": "(207) 555-0100"}
"""What a kind has to go on with where no link leads on."""


def trees():
    """The modules of all features, parsed."""
    for path in sorted(PACKAGE.rglob("*.py")):
        if not {"sandbox", "outbox"}.intersection(path.relative_to(PACKAGE).parts):
            yield path, ast.parse(path.read_text())


def called_in(node: ast.AST) -> set[str]:
    calls = [each.func for each in ast.walk(node) if isinstance(each, ast.Call)]
    return {getattr(func, "id", "") or getattr(func, "attr", "") for func in calls}


def senders() -> set[tuple[str, str]]:
    """The functions of modules of emails that send one themselves or by each other, by file and name. A verb, which is
    told who did it (`by`), sends by one of them.
    """
    modules = [(path, tree) for path, tree in trees() if path.name.endswith("emails.py")]
    functions = [(str(path), node) for path, tree in modules for node in tree.body if isinstance(node, ast.FunctionDef)]
    functions = [(file, node) for file, node in functions if "by" not in {each.arg for each in node.args.kwonlyargs}]
    calls = {(file, node.name): called_in(node) for file, node in functions}
    found, names = set(), set(SENDING)
    while more := {key for key, called in calls.items() if called & names} - found:
        found |= more
        names |= {name for _file, name in more}
    return found


def test_only_modules_of_emails_send_emails():
    elsewhere = []
    for path, tree in trees():
        if path.name.endswith("emails.py"):
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and ast.unparse(node.value) in ("outbox", "platform", "compose"):
                elsewhere += [(path.name, node.attr)] if node.attr in SENDING else []
            if isinstance(node, ast.ImportFrom):
                names = {alias.name for alias in node.names} & SENDING
                elsewhere += [(path.name, name) for name in names if "outbox" in node.module or "emails" in node.module]
    assert elsewhere == []


@pytest.fixture
def sampled(app, sparkle):
    """The samples; the templates that they render, and the functions that run meanwhile by file and name."""
    sparkle.copies_receipts = True
    templates, functions = set(), set()

    def watch(frame, event, argument):
        if event == "call":
            functions.add((frame.f_code.co_filename, frame.f_code.co_name))

    def note(sender, template, **context):
        templates.add(template.name)

    with template_rendered.connected_to(note, app):
        sys.setprofile(watch)
        try:
            samples = every_sample(sparkle, clock.now())
        finally:
            sys.setprofile(None)
    return samples, templates, functions


def test_every_function_that_sends_and_every_template_has_a_sample(sampled):
    samples, templates, functions = sampled
    assert senders() - functions == set(), "Add a kind, or a line to tests/outbox/samples.py"
    files = {str(path.relative_to(TEMPLATES)) for path in TEMPLATES.glob("*/email/*")}
    parts = {name for file in files for name in INCLUDED.findall((TEMPLATES / file).read_text())}
    assert {file for file in files if file.rpartition(".")[0] not in parts} - templates == set()
    assert set(KINDS) <= set(samples)
    assert all(any(name.startswith(f"{other} ") for name in samples) for other in OTHERS)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_text_of_every_email_stands_alone_and_no_two_kinds_have_the_same_subject(sparkle, language):
    sparkle.language = language
    samples = every_sample(sparkle, clock.now())
    assert {name: found for name, email in samples.items() if (found := list(mistakes(name, email)))} == {}
    subjects = [samples[name].subject for name in KINDS]
    assert sorted(subjects) == sorted(set(subjects))


def mistakes(name: str, email):
    """What a reader who sees only the text would miss or stumble over."""
    text, all_of_it = email.text, f"{email.subject}\n{email.text}"
    wrong = WRONG | (FRENCH if email.kind and email.company.language == "fr" else {})
    yield from (what for what, pattern in wrong.items() if re.search(pattern, all_of_it))
    needed = [NO_LINK.get(name, "https://"), email.company.name if name != "support requested 0" else "Olga"]
    yield from (f"without {each}" for each in needed if each not in text)
    if name in KINDS and ("Ana" in text.partition("\n")[0]) == (name in SAYS_NO_NAME):
        yield "the greeting"
    yield from (f"in a line: {link}" for link in re.findall(r"https?://\S+", text) if f"\n{link}\n" not in text)
