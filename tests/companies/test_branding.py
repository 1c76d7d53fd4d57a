"""Settings -> Branding: the logo and the colors, and the frame that shows them."""

import io
import re
from html import unescape

import pytest
from sqlalchemy import select
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from sergio.audit.models import AuditEntry
from sergio.companies import logos
from sergio.companies.branding.contrast import contrast_of
from sergio.companies.colors import DARK, LIGHT, TEXT, contrast
from sergio.extensions import db
from sergio.files.models import StoredFile
from sergio.lib import clock, images
from tests import factories
from tests.browser import HTMX, SAME_ORIGIN
from tests.companies.pictures import drawn, halves, opened, png, svg
from tests.lib.hostile_pictures import NEEDLE, UPLOADS

PAGE = "/office/settings/branding"
LOGO = f"{PAGE}/logo"
COLORS = f"{PAGE}/colors"
FRAME = f"{PAGE}/preview"
TYPE = "This file is not a PNG, JPEG, WebP, or SVG picture."
NOT_COLORS = [
    "",
    "red",
    "#fff",
    "#12345g",
    "1f5f5b",
    "#1f5f5b;",
    "red;}*{background:url(//x)}",
    "var(--ink)",
    "#" * 300,
]


@pytest.fixture
def office(browser_of, olga):
    return browser_of(olga)


@pytest.fixture
def with_logo(sparkle, olga, session):
    """Sparkle shows a logo, red on the left and blue on the right."""
    sparkle.change_logo(images.logo_of(halves()), by=factories.by(olga), at=clock.now())
    session.commit()
    return sparkle


def upload(browser, content: bytes, name: str = "logo.png", *, htmx=False, **more):
    """POST the form with a file, encoded without a temporary file of the test's."""
    fields = {"csrf_token": browser.csrf_token(), "picture": FileStorage(io.BytesIO(content), name), **more}
    boundary, body = encode_multipart(fields)
    headers = {**SAME_ORIGIN, **(HTMX if htmx else {})}
    sent = {"data": body, "content_type": f"multipart/form-data; boundary={boundary}"}
    return browser._open(LOGO, "POST", headers, sent)


def errors(response) -> list[str]:
    """The sentences beside the fields."""
    return [
        unescape(text) for text in re.findall(r'<p class="error"[^>]*>(?:<svg.*?</svg>)?([^<]+)</p>', response.text)
    ]


def stored(company) -> list[str]:
    return sorted(db.session.scalars(select(StoredFile.path).where(StoredFile.company_id == company.id)))


def entries(session, action: str) -> list[AuditEntry]:
    session.expire_all()
    return list(session.scalars(select(AuditEntry).where(AuditEntry.action == action)))


def test_a_logo_is_shown_to_customers_at_once(office, visitor, sparkle, session):
    response = upload(office, png())
    assert (response.status_code, response.location) == (303, PAGE)
    session.refresh(sparkle)
    page = visitor(sparkle).get("/portal/sign-in").text
    picture = f"/logo/{sparkle.logo}/picture.png"
    assert (
        f'<img class="logo" data-ground="any" src="{picture}" width="320" height="80" alt="Sparkle Cleaning">' in page
    )
    assert f'<link rel="icon" type="image/png" href="/logo/{sparkle.logo}/icon.png">' in page
    assert opened(visitor(sparkle).get(picture).data).size == (320, 80)


def test_who_uploads_replaces_and_removes_is_in_the_audit_trail(office, sparkle, session):
    upload(office, png())
    upload(office, png(color="#d9572b"))
    office.post(f"{LOGO}/removal")
    first, second = entries(session, "changed_logo")
    [removed] = entries(session, "removed_logo")
    assert {entry.actor_name for entry in (first, second, removed)} == {"Olga Petrova"}
    assert first.before == {"logo": ""}
    assert second.before == first.after
    assert removed.before == second.after
    assert removed.after == {"logo": ""}


def test_a_logo_that_is_removed_leaves_the_name(office, visitor, with_logo):
    office.post(f"{LOGO}/removal")
    page = visitor(with_logo).get("/portal/sign-in").text
    assert 'class="logo"' not in page
    assert "<span>Sparkle Cleaning</span>" in page


def test_the_same_logo_again_changes_nothing(office, sparkle, session):
    upload(office, png())
    before = stored(sparkle)
    upload(office, png())
    assert stored(sparkle) == before
    assert len(entries(session, "changed_logo")) == 1


def test_only_the_logo_and_the_one_before_are_kept(office, sparkle, session):
    for color in ("#100000", "#200000", "#300000", "#400000"):
        upload(office, png(color=color))
    session.refresh(sparkle)
    digests = {path.split("/")[1] for path in stored(sparkle)}
    last, before = [entry.after["logo"] for entry in entries(session, "changed_logo")][:1:-1]
    assert digests == {last, before}
    assert sparkle.logo == last


def test_an_upload_with_a_crop_keeps_that_part(office, sparkle, session):
    upload(office, halves(), crop="0.50000,0.00000,0.50000,1.00000")
    session.refresh(sparkle)
    shown = opened(logos.read(sparkle.id, sparkle.logo, logos.PICTURE)).convert("RGB")
    assert (shown.size, shown.getpixel((3, 50))) == ((200, 100), (0, 0, 255))


def test_a_logo_can_be_cropped_again(office, with_logo, session):
    page = office.get(f"{LOGO}/crop")
    assert f'data-url="{LOGO}/original.png?v={with_logo.logo}"' in page.text
    assert opened(office.get(f"{LOGO}/original.png").data).size == (400, 100)
    response = office.post(f"{LOGO}/crop", {"crop": "0,0,0.5,1"})
    assert (response.status_code, response.location) == (303, PAGE)
    session.refresh(with_logo)
    assert (with_logo.logo_width, with_logo.logo_height) == (200, 100)
    assert opened(office.get(f"{LOGO}/original.png").data).size == (400, 100)


BAD_CROPS = ["0,0,1", "a,b,c,d", "0,0,2,2", "-1,0,1,1", "0.5,0,0.9,1", "0,0,0,0", "nan,0,1,1", "0,0,1,1;", "1e-9,0,1,1"]


@pytest.mark.parametrize("crop", BAD_CROPS)
def test_a_crop_that_is_no_part_of_the_picture_is_refused(office, with_logo, session, crop):
    digest = with_logo.logo
    for response in (upload(office, png(), crop=crop), office.post(f"{LOGO}/crop", {"crop": crop})):
        assert response.status_code == 422
        assert errors(response) == ["This part of the picture can't be used. Choose it again."]
    session.refresh(with_logo)
    assert with_logo.logo == digest


def test_without_a_logo_there_is_nothing_to_crop(office, sparkle):
    assert office.get(f"{LOGO}/crop").location == PAGE
    assert office.get(f"{LOGO}/original.png").status_code == 404
    assert office.post(f"{LOGO}/crop", {"crop": "0,0,1,1"}).status_code == 404
    assert office.post(f"{LOGO}/removal").status_code == 303


@pytest.mark.parametrize(("more", "accepted"), [(-1, True), (0, True), (1, False)])
def test_two_megabytes_are_accepted_and_not_one_byte_more(office, sparkle, session, more, accepted):
    picture = png()
    response = upload(office, picture + bytes(images.LARGEST + more - len(picture)))
    session.refresh(sparkle)
    assert bool(sparkle.logo) is accepted
    assert errors(response) == ([] if accepted else ["This file is larger than 2 MB. Choose a smaller one."])


def test_a_file_too_large_to_be_read_is_refused_beside_the_field(office, sparkle):
    body = {"data": bytes(7_000_000), "content_type": "multipart/form-data; boundary=x"}
    response = office._open(LOGO, "POST", SAME_ORIGIN, body)
    assert (response.status_code, response.location) == (303, f"{PAGE}?too_large=1")
    assert errors(office.get(response.location)) == ["This file is larger than 2 MB. Choose a smaller one."]
    assert office._open(LOGO, "POST", {**SAME_ORIGIN, **HTMX}, body).headers["HX-Redirect"] == f"{PAGE}?too_large=1"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "Choose a file first."),
        (b"GIF89a" + NEEDLE, TYPE),
        (b"%PDF-1.7", TYPE),
        (b"PK\x03\x04", TYPE),
        (png()[:60], "This file is damaged or incomplete, so it can't be read."),
        (png((4, 4)), "This picture is too small."),
        (png((4001, 4000)), "This picture has too many pixels."),
        (svg("<g/>"), "This picture is completely transparent."),
        (svg("<g>" * 100 + "</g>" * 100), "This picture is too complex to be read safely."),
    ],
)
def test_each_refusal_is_one_clear_sentence_and_keeps_nothing(office, sparkle, session, content, sentence):
    response = upload(office, content)
    assert response.status_code == 422
    [shown] = errors(response)
    assert shown.startswith(sentence)
    session.refresh(sparkle)
    assert (sparkle.logo, stored(sparkle)) == ("", [])


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "logo.php", "logo\0.png", "a" * 3_000, "<script>.svg", "con.exe", ""]
)
def test_neither_the_name_of_a_file_nor_its_type_matters(office, sparkle, session, name):
    data = {"picture": (io.BytesIO(png()), name or "x", "text/html"), "crop": ""}
    response = office.post(LOGO, data, content_type="multipart/form-data")
    assert response.status_code == 303
    session.refresh(sparkle)
    assert re.fullmatch("[0-9a-f]{32}", sparkle.logo)
    assert {path.split("/")[0] for path in stored(sparkle)} == {"logos"}


def test_a_hostile_picture_is_served_as_a_clean_png_that_can_only_be_a_picture(office, visitor, sparkle, session):
    upload(office, UPLOADS["a png with html after it"](), "x.html")
    session.refresh(sparkle)
    response = visitor(sparkle).get(f"/logo/{sparkle.logo}/picture.png")
    assert NEEDLE not in response.data
    assert response.headers["Content-Type"] == "image/png"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert response.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert sorted(response.headers["Cache-Control"].split(", ")) == ["immutable", "max-age=31536000", "public"]


@pytest.mark.parametrize("part", ["picture", "icon"])
def test_a_logo_is_found_only_at_its_companys_host(app, visitor, with_logo, rival, part):
    path = f"/logo/{with_logo.logo}/{part}.png"
    assert visitor(with_logo).get(path).status_code == 200
    assert visitor(rival).get(path).status_code == 404
    assert app.test_client().get(path, base_url="https://sergio.test/").status_code == 404


@pytest.mark.parametrize("path", ["original.png", "printed.png", "picture.svg", "../picture.png", "picture.png.png"])
def test_no_other_file_of_a_logo_is_public(visitor, with_logo, path):
    assert visitor(with_logo).get(f"/logo/{with_logo.logo}/{path}").status_code == 404


@pytest.mark.parametrize("digest", ["0" * 32, "..", "%2e%2e", "' OR 1=1", "a" * 5_000, "\0"])
def test_a_logo_that_does_not_exist_is_not_found(visitor, with_logo, digest):
    assert visitor(with_logo).get(f"/logo/{digest}/picture.png").status_code == 404


def test_the_files_of_a_logo_are_encrypted(with_logo, session):
    for file in session.scalars(select(StoredFile).where(StoredFile.company_id == with_logo.id)):
        assert b"PNG" not in file.encrypted
        assert file.content.startswith(b"\x89PNG")


def test_no_connection_is_held_while_a_picture_is_decoded(app, office, sparkle, monkeypatch):
    held = []

    def slow(content, crop=None):
        held.extend(engine.pool.checkedout() for engine in db.engines.values())
        return decode(content, crop)

    decode = images.logo_of
    monkeypatch.setattr(images, "logo_of", slow)
    assert upload(office, png()).status_code == 303
    assert office.post(f"{LOGO}/crop", {"crop": "0,0,0.5,1"}).status_code == 303
    assert held == [0] * 4


def test_uploads_are_limited(office, sparkle):
    statuses = [upload(office, b"GIF89a").status_code for _each in range(21)]
    assert statuses == [422] * 20 + [429]


def test_an_old_token_keeps_the_page_and_uploads_nothing(office, sparkle, session):
    data = {"picture": (io.BytesIO(png()), "x.png"), "csrf_token": "old"}
    response = office.post(LOGO, data, content_type="multipart/form-data")
    assert response.status_code == 422
    session.refresh(sparkle)
    assert sparkle.logo == ""


def test_an_upload_by_script_gets_the_next_page_or_the_form_again(office, sparkle):
    assert upload(office, png(), htmx=True).headers["HX-Redirect"] == PAGE
    refused = upload(office, b"GIF89a", htmx=True)
    assert refused.status_code == 422
    assert refused.text.lstrip().startswith('<section class="card" id="logo"')


def test_the_office_may_change_the_branding_and_a_technician_may_not(browser_of, nora, theo, sparkle, session):
    assert upload(browser_of(theo), png()).status_code == 403
    assert browser_of(theo).post(COLORS, {"brand": "#000000", "accent": "#000000"}).status_code == 403
    for path in (PAGE, COLORS, f"{LOGO}/crop", f"{LOGO}/original.png", FRAME, f"{FRAME}/app.css"):
        assert browser_of(theo).get(path).status_code == 403
    session.refresh(sparkle)
    assert (sparkle.logo, sparkle.brand) == ("", "#1f5f5b")
    assert upload(browser_of(nora), png()).status_code == 303


def test_colors_are_saved_and_shown_to_customers_at_once(office, visitor, sparkle, session):
    response = office.post(COLORS, {"brand": "#AA3366", "accent": "#2244cc"})
    assert (response.status_code, response.location) == (303, PAGE)
    css = visitor(sparkle).get("/brand.css").text
    assert "--brand: #aa3366;" in css
    assert "--accent: #2244cc;" in css
    [entry] = entries(session, "changed_colors")
    assert entry.before == {"brand": "#1f5f5b", "accent": "#c2410c"}
    assert entry.after == {"brand": "#aa3366", "accent": "#2244cc"}


def test_colors_that_are_saved_by_htmx_load_the_page_anew(office, sparkle):
    saved = office.post(COLORS, {"brand": "#aa3366", "accent": "#2244cc"}, htmx=True)
    assert (saved.status_code, saved.headers["HX-Redirect"]) == (200, PAGE)
    assert office.get(PAGE, htmx=True).status_code == 200


@pytest.mark.parametrize("color", NOT_COLORS)
@pytest.mark.parametrize("field", ["brand", "accent"])
def test_only_a_hex_color_is_saved_or_shown(office, sparkle, session, field, color):
    colors = {"brand": "#1f5f5b", "accent": "#c2410c"} | {field: color}
    for path in (COLORS, f"{COLORS}/trial"):
        response = office.post(path, colors)
        assert response.status_code == 422
        assert errors(response) == ["Enter a color with # and six digits, such as #1f5f5b."]
    assert office.get(FRAME, query_string=colors).status_code == 404
    assert office.get(f"{FRAME}/app.css", query_string=colors).status_code == 404
    assert f'fill="{color}"' not in office.get(COLORS, query_string=colors).text
    session.refresh(sparkle)
    assert (sparkle.brand, sparkle.accent) == ("#1f5f5b", "#c2410c")


def test_extra_fields_change_nothing_and_are_noted(office, sparkle, session):
    office.post(COLORS, {"brand": "#aa3366", "accent": "#2244cc", "plan": "pro", "logo": "0" * 32})
    session.refresh(sparkle)
    assert (sparkle.plan, sparkle.logo) == ("starter", "")
    [entry] = entries(session, "sent_extra_fields")
    assert entry.after == {"fields": ["logo", "plan"]}


def test_two_people_who_change_different_colors_both_keep_theirs(office, browser_of, nora, sparkle, session):
    seen = unescape(re.search(r'name="seen"[^>]* value="([^"]*)"', office.get(PAGE).text)[1])
    browser_of(nora).post(COLORS, {"brand": "#aa3366", "accent": "#c2410c"})
    office.post(COLORS, {"brand": "#1f5f5b", "accent": "#2244cc", "seen": seen})
    session.refresh(sparkle)
    assert (sparkle.brand, sparkle.accent) == ("#aa3366", "#2244cc")


def test_colors_can_be_tried_without_script(office, sparkle, session):
    response = office.post(f"{COLORS}/trial", {"brand": "#ffe000", "accent": "#2244cc"})
    page = office.get(response.location).text
    assert 'value="#ffe000"' in page
    assert f'src="{FRAME}?brand=%23ffe000&amp;accent=%232244cc&amp;scheme=light"' in page
    session.refresh(sparkle)
    assert sparkle.brand == "#1f5f5b"


def test_the_nearest_readable_color_is_offered_for_a_pale_one(office):
    part = office.get(COLORS, query_string={"brand": "#ffe000", "accent": "#1f5f5b"}, htmx=True).text
    [shade] = re.findall(r'data-shade="(#\w{6})"', part)
    assert contrast(shade, LIGHT.page) >= TEXT
    assert (
        office.get(COLORS, query_string={"brand": shade, "accent": "#1f5f5b"}, htmx=True).text.count("data-shade") == 0
    )


@pytest.mark.parametrize("color", ["#ffffff", "#777777", "#767676", "#000000", "#ffe000", "#1f5f5b"])
def test_what_the_page_says_of_a_contrast_is_true(color):
    found = contrast_of(color)
    assert float(found.on_it) <= contrast(found.ink, color)
    assert float(found.on_light) <= min(contrast(color, surface) for surface in (LIGHT.page, LIGHT.card, LIGHT.well))
    assert float(found.on_dark) <= contrast(color, DARK.card)
    assert (found.shade is None) == (float(found.on_light) >= TEXT)


def test_the_frame_is_the_portals_home_page_in_those_colors(office, sparkle):
    page = office.get(FRAME, query_string={"brand": "#aa3366", "accent": "#2244cc", "scheme": "dark"})
    assert "Ana" in page.text
    assert "Need something done?" in page.text
    assert '<body class="portal" inert' in page.text
    assert "<script" not in page.text
    assert page.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert "frame-ancestors 'self'" in page.headers["Content-Security-Policy"]
    sheet = unescape(re.search(r'<link rel="stylesheet" href="([^"]+)"', page.text)[1])
    css = office.get(sheet).text
    assert "--brand: #aa3366;" in css
    assert "color-scheme: dark" in css


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_frame_decides_itself_whether_it_is_dark(office, scheme):
    css = office.get(f"{FRAME}/app.css", query_string={"scheme": scheme}).text
    assert "prefers-color-scheme" not in css
    assert css.count("@media screen {") == (2 if scheme == "dark" else 0)
    assert office.get(f"{FRAME}/app.css", query_string={"scheme": "blue"}).status_code == 404


def test_only_that_page_may_be_framed(office, browser_of, ana):
    for browser, path in ((office, PAGE), (office, "/office/"), (browser_of(ana), "/portal/")):
        headers = browser.get(path).headers
        assert headers["X-Frame-Options"] == "DENY"
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert "frame-src 'self'" in office.get(PAGE).headers["Content-Security-Policy"]


def test_the_frame_needs_a_signed_in_staff_member(visitor, browser_of, ana, sparkle):
    for browser in (visitor(sparkle), browser_of(ana)):
        assert browser.get(FRAME).location.startswith("/office/sign-in")


def test_a_dark_logo_stands_on_a_plate(office, visitor, sparkle, session):
    upload(office, drawn("#101010"))
    assert 'class="logo" data-ground="light"' in visitor(sparkle).get("/portal/sign-in").text
    upload(office, drawn("#ffffff"))
    assert 'class="logo" data-ground="dark"' in visitor(sparkle).get("/portal/sign-in").text
