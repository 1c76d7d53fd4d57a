"""The stylesheets: one file a component, served as one, read again in development when one has changed."""

import os
import re
import shutil

import pytest
from flask import Flask

from sergio.web import assets


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A copy of the static folder to change files in; the caches are cleared afterwards."""
    shutil.copytree(assets.FOLDER, tmp_path / "static")
    monkeypatch.setattr(assets, "FOLDER", tmp_path / "static")
    forget()
    yield tmp_path / "static"
    forget()


def forget():
    for read in (assets.asset, assets._fingerprint, assets._compressed):
        read.cache_clear()


def small_app(*, reread: bool):
    """An app that serves the static files and nothing else."""
    app = Flask("small", static_folder=None)
    app.add_url_rule("/static/<path:name>", "static", assets.static)
    assets.init_app(app, reread=reread)
    return app.test_client()


def change(sheet):
    """Add a rule to a stylesheet, a second later."""
    sheet.write_text(sheet.read_text() + "\n.fresh { color: red; }\n")
    later = sheet.stat().st_mtime_ns + 10**9
    os.utime(sheet, ns=(later, later))


def test_every_stylesheet_is_in_the_bundle_once_layer_by_layer():
    served = assets.sheets()
    own_sheets_of_pages = set((assets.FOLDER / "css" / "pages").glob("*.css"))
    assert sorted(served) == sorted(set((assets.FOLDER / "css").rglob("*.css")) - own_sheets_of_pages)
    layers = [sheet.relative_to(assets.FOLDER / "css").parts[0].removesuffix(".css") for sheet in served]
    assert list(dict.fromkeys(layers)) == list(assets.LAYERS)
    assert sorted(layers, key=assets.LAYERS.index) == layers


def test_the_bundle_is_all_of_them(folder):
    text = small_app(reread=False).get("/static/app.css").text
    assert text == "\n".join(sheet.read_text() for sheet in assets.sheets())
    assert text.index("@layer reset, tokens, base") < text.index("@layer reset {") < text.index("@media print")


def test_no_two_stylesheets_style_the_same_component():
    homes = {}
    for sheet in assets.sheets():
        if {"components", "layout"} & {sheet.parent.name}:
            for component in set(re.findall(r"^  \.([a-z-]+) \{", sheet.read_text(), re.MULTILINE)):
                homes.setdefault(component, []).append(sheet.name)
    assert {component: names for component, names in homes.items() if len(names) > 1} == {}


def test_the_bundle_stays_small():
    assert len(assets._compressed("app.css")) < 12_000


def test_in_development_a_changed_stylesheet_gets_a_new_url(folder):
    client = small_app(reread=True)
    before = assets.asset("app.css")
    change(folder / "css/components/card.css")
    assert ".fresh" in client.get("/static/app.css").text
    assert assets.asset("app.css") != before


def test_otherwise_the_url_stays_the_same(folder):
    client = small_app(reread=False)
    before = assets.asset("app.css")
    change(folder / "css/components/card.css")
    client.get("/static/app.css")
    assert assets.asset("app.css") == before


def test_a_page_links_the_bundle_and_no_other_stylesheet_of_ours(app, world, visitor):
    page = visitor(world.sparkle).get("/portal/sign-in").text
    assert page.count('rel="stylesheet"') == 2
    assert f'href="{assets.asset("app.css")}"' in page
    assert 'href="/brand.css?v=' in page
