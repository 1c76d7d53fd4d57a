"""The portal as an app on a phone: its manifest, its icons, its service worker."""

from io import BytesIO

import pytest
from PIL import Image

from sergio.companies import app_icons
from sergio.companies.installable import short_name
from sergio.companies.plans import FREE
from sergio.lib import clock
from sergio.lib.images import logo_of
from tests.factories import by

MANIFEST = "/portal/app.webmanifest"


def red_logo() -> bytes:
    out = BytesIO()
    Image.new("RGB", (300, 100), "#cc0000").save(out, "PNG")
    return out.getvalue()


def picture(response):
    assert response.status_code == 200
    return Image.open(BytesIO(response.data)).convert("RGB")


def test_the_manifest_names_the_company_and_opens_its_portal(visitor, sparkle):
    response = visitor(sparkle).get(MANIFEST)
    assert response.mimetype == "application/manifest+json"
    assert "Set-Cookie" not in response.headers
    facts = response.json
    assert (facts["name"], facts["short_name"]) == ("Sparkle Cleaning", "Sparkle")
    assert (facts["start_url"], facts["scope"], facts["id"]) == ("/portal/", "/portal/", "/portal/")
    assert (facts["display"], facts["theme_color"]) == ("standalone", sparkle.brand)
    assert [(icon["sizes"], icon["purpose"]) for icon in facts["icons"]] == [
        ("192x192", "any"),
        ("512x512", "any"),
        ("192x192", "maskable"),
        ("512x512", "maskable"),
    ]


def test_the_icons_have_the_sizes_they_say_and_are_kept_for_a_year(visitor, sparkle):
    browser = visitor(sparkle)
    for icon in browser.get(MANIFEST).json["icons"]:
        response = browser.get(icon["src"])
        side = int(icon["sizes"].partition("x")[0])
        assert picture(response).size == (side, side)
        assert "immutable" in response.headers["Cache-Control"]
    touch = browser.get(f"/portal/app-icon/{app_icons.version(sparkle)}/touch-180.png")
    assert picture(touch).size == (180, 180)


def test_the_logo_is_within_what_a_phone_shows_of_a_maskable_icon(visitor, sparkle, olga, session):
    before = app_icons.version(sparkle)
    sparkle.change_logo(logo_of(red_logo()), by=by(olga), at=clock.now())
    session.commit()
    browser, version = visitor(sparkle), app_icons.version(sparkle)
    assert version != before
    image = picture(browser.get(f"/portal/app-icon/{version}/maskable-512.png"))
    assert image.getpixel((256, 256)) == (204, 0, 0)
    assert image.getpixel((2, 2)) == (255, 255, 255)
    red = [(x, y) for x in range(0, 512, 4) for y in range(0, 512, 4) if image.getpixel((x, y)) == (204, 0, 0)]
    assert red
    assert all((x - 256) ** 2 + (y - 256) ** 2 <= (0.4 * 512) ** 2 for x, y in red)
    assert browser.get(f"/portal/app-icon/{before}/icon-192.png").status_code == 404


def test_without_a_logo_the_first_letter_stands_on_the_brand_color(visitor, sparkle):
    image = picture(visitor(sparkle).get(f"/portal/app-icon/{app_icons.version(sparkle)}/maskable-192.png"))
    assert len({image.getpixel((x, 96)) for x in range(192)}) > 1
    assert "#{:02x}{:02x}{:02x}".format(*image.getpixel((2, 2))) == sparkle.brand


def test_each_company_has_its_own(visitor, sparkle, rival):
    assert visitor(rival).get(MANIFEST).json["name"] == "Rival Plumbing"
    assert visitor(rival).get(f"/portal/app-icon/{app_icons.version(sparkle)}/icon-192.png").status_code == 404


def test_a_company_without_a_portal_has_no_app(visitor, sparkle, session):
    sparkle.plan = FREE
    session.commit()
    assert [visitor(sparkle).get(f"/portal/{name}").status_code for name in ("app.webmanifest", "worker.js")] == [
        404,
        404,
    ]


def test_the_manifest_and_the_worker_are_asked_for_again_and_not_sent_again(visitor, sparkle):
    browser = visitor(sparkle)
    for path in (MANIFEST, "/portal/worker.js"):
        first = browser.get(path)
        assert first.headers["Cache-Control"] == "no-cache"
        again = browser.get(path, headers={"If-None-Match": first.headers["ETag"]})
        assert (again.status_code, again.data) == (304, b"")


@pytest.mark.parametrize(
    ("name", "short"),
    [("Sparkle Cleaning", "Sparkle"), ("Jo & Co", "Jo & Co"), ("Extraordinarily Clean", "Extraordinarily")],
)
def test_a_short_name_is_of_whole_words(name, short):
    assert short_name(name) == short
