"""Compiled templates are kept beside their sources, and compiled again when those change."""

import pytest
from jinja2 import Environment, FileSystemLoader

from sergio.web.formats import CompiledTemplates


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "page.html").write_text("first")
    return tmp_path


def shown(folder, kept) -> str:
    """The page as a new process shows it."""
    environment = Environment(loader=FileSystemLoader(folder), bytecode_cache=CompiledTemplates(kept), autoescape=True)
    return environment.get_template("page.html").render()


def test_the_next_process_reads_the_compiled_template(folder, monkeypatch):
    kept = folder / "__pycache__"
    assert shown(folder, kept) == "first"
    assert len(list(kept.iterdir())) == 1
    monkeypatch.setattr(Environment, "compile", None)
    assert shown(folder, kept) == "first"


def test_control_a_template_that_is_not_kept_is_compiled(folder, monkeypatch):
    monkeypatch.setattr(Environment, "compile", None)
    with pytest.raises(TypeError):
        shown(folder, folder / "__pycache__")


def test_a_changed_template_is_compiled_again(folder):
    shown(folder, folder / "__pycache__")
    (folder / "page.html").write_text("second")
    assert shown(folder, folder / "__pycache__") == "second"


def test_a_folder_that_cannot_be_written_is_done_without(folder):
    assert shown(folder, folder / "missing" / "__pycache__") == "first"


def test_a_damaged_file_is_compiled_again(folder):
    kept = folder / "__pycache__"
    shown(folder, kept)
    for file in kept.iterdir():
        file.write_bytes(b"damaged")
    assert shown(folder, kept) == "first"
