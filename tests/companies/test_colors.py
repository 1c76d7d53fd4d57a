"""The company's colors: readable whatever they are."""

import re
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sergio.companies import colors
from sergio.companies.colors import DARK, LIGHT, NEUTRAL, contrast, ink_on, mix, properties, readable, stylesheet

TOKENS = (Path(colors.__file__).parent.parent / "static/css/tokens.css").read_text()
SCHEMES = [pytest.param(LIGHT, id="light"), pytest.param(DARK, id="dark")]
CORNERS_AND_BETWEEN = [f"#{r:02x}{g:02x}{b:02x}" for r, g, b in product(range(0, 256, 51), repeat=3)]

hex_colors = st.builds("#{:02x}{:02x}{:02x}".format, *[st.integers(0, 255)] * 3)


def assert_readable(given: dict[str, str], scheme: colors.Scheme):
    surfaces = (*scheme, given["--brand-tint"])
    for text, background in [
        *(("--brand-ink", surface) for surface in surfaces),
        *(("--accent-ink", surface) for surface in surfaces),
        ("--on-brand", given["--brand"]),
        ("--on-brand", given["--brand-hover"]),
        ("--on-accent", given["--accent"]),
    ]:
        assert contrast(given[text], background) >= 4.5, (text, background, given)
    for surface in scheme:
        assert contrast(given["--brand-edge"], surface) >= 3, (surface, given)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_every_text_color_is_readable_over_the_whole_color_cube(scheme):
    for color in CORNERS_AND_BETWEEN:
        assert_readable(properties(color, color, scheme), scheme)


@pytest.mark.parametrize("scheme", SCHEMES)
@given(brand=hex_colors, accent=hex_colors)
def test_every_text_color_of_any_pair_is_readable(scheme, brand, accent):
    assert_readable(properties(brand, accent, scheme), scheme)


@given(surface=hex_colors)
def test_a_text_color_is_readable_on_any_surface(surface):
    assert contrast(ink_on(surface), surface) >= 4.5


@given(color=hex_colors, surface=hex_colors)
def test_a_readable_shade_exists_for_any_surface(color, surface):
    assert contrast(readable(color, surface), surface) >= 4.5


def test_a_readable_color_is_unchanged():
    assert readable("#1f5f5b", "#ffffff") == "#1f5f5b"


@pytest.mark.parametrize(
    ("a", "b", "ratio"), [("#000000", "#ffffff", 21), ("#ffffff", "#ffffff", 1), ("#777777", "#ffffff", 4.48)]
)
def test_contrast_is_what_the_guidelines_say(a, b, ratio):
    assert contrast(a, b) == contrast(b, a) == pytest.approx(ratio, abs=0.005)


@pytest.mark.parametrize(
    ("color", "scheme", "stays"),
    [("#ffffff", LIGHT, False), ("#ffffff", DARK, True), ("#000000", LIGHT, True), ("#000000", DARK, False)],
)
def test_white_on_light_and_black_on_dark_turn_into_their_opposite(color, scheme, stays):
    shown = properties(color, color, scheme)["--brand"]
    assert (shown == color) is stays
    assert stays or min(contrast(shown, surface) for surface in scheme) >= 12


def test_a_pale_color_is_unchanged():
    assert properties("#fdf3b0", "#ffc9d6", LIGHT)["--brand"] == "#fdf3b0"


@pytest.mark.parametrize(
    "color", ["", "red", "#fff", "#12345", "#1234567", "123456", "#12345g", "#123456;", "#123456\n"]
)
def test_only_a_six_digit_color_is_accepted(color):
    for pair in [(color, "#000000"), ("#000000", color)]:
        with pytest.raises(ValueError, match="is not a color"):
            stylesheet(*pair)


def test_the_stylesheet_has_both_schemes():
    light, dark = stylesheet("#ABCDEF", "#123456").split("@media screen and (prefers-color-scheme: dark)")
    assert "--brand: #abcdef;" in light
    assert "--accent: #123456;" in dark


def test_a_mix_equals_the_browsers():
    assert mix("#000000", "#ffffff", 0.5) == "#808080"


def tokens() -> tuple[dict[str, str], dict[str, str]]:
    light, dark = (dict(re.findall(r"(--[\w-]+): (#\w{6});", part)) for part in TOKENS.split("@media screen"))
    return light, {**light, **dark}


as_written = pytest.mark.parametrize(
    ("scheme", "written"), [*zip((LIGHT, DARK), tokens(), strict=True)], ids=["light", "dark"]
)


@as_written
def test_tokens_css_has_the_same_surfaces(scheme, written):
    assert (written["--page"], written["--card"], written["--well"]) == scheme


@as_written
def test_tokens_css_has_the_neutral_colors(scheme, written):
    assert properties(*NEUTRAL, scheme).items() <= written.items()


@as_written
@pytest.mark.parametrize("tone", ["--ink", "--muted", "--good", "--warn", "--bad", "--calm"])
def test_the_fixed_text_colors_are_readable_on_every_surface_and_tint(scheme, written, tone):
    own_tint = mix(scheme.card, written[tone], 0.11)
    assert min(contrast(written[tone], surface) for surface in (*scheme, own_tint)) >= 4.5


@settings(max_examples=1000, deadline=None)
@given(brand=hex_colors, accent=hex_colors)
def test_a_thousand_pairs_keep_every_text_of_the_served_sheet_readable(brand, accent):
    sheet = stylesheet(brand, accent).split("@media screen and (prefers-color-scheme: dark)")
    for scheme, part in zip((LIGHT, DARK), sheet, strict=True):
        assert_readable(dict(re.findall(r"(--[\w-]+): (#\w{6});", part)), scheme)
