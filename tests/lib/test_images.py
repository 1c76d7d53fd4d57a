"""Uploaded pictures: honest ones become a logo, others are cleaned or refused, and our process never notices."""

import json
import resource
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from sergio.lib import images
from sergio.lib.images import Crop, Unusable, logo_of
from tests.companies.pictures import drawn, encoded, halves, opened, png, svg
from tests.lib.hostile_pictures import NEEDLE, UPLOADS

ROOT = Path(__file__).parents[2]
RED, BLUE = (255, 0, 0), (0, 0, 255)
CHUNKS = {b"IHDR", b"IDAT", b"IEND"}
MEASURED = """
import json, resource, sys
from sergio.lib.images import Unusable, logo_of
from tests.lib.hostile_pictures import UPLOADS

before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for name in sys.argv[1:]:
    try:
        logo_of(UPLOADS[name]())
    except Unusable:
        pass
after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps([after - before, sorted(name for name in ("PIL.Image", "resvg_py", "flask") if name in sys.modules)]))
"""


@pytest.fixture(autouse=True)
def patient(monkeypatch):
    """Tests share their machine, so a picture is only limited by its own time on the processor."""
    monkeypatch.setattr(images, "PATIENCE", 30)
    monkeypatch.setattr(images, "LONGEST", 30)


def outcome_of(content: bytes) -> images.Logo | str:
    """The logo, or the reason why there is none."""
    try:
        return logo_of(content)
    except Unusable as error:
        return error.reason


def files(logo: images.Logo) -> list[bytes]:
    return [logo.original, logo.picture, logo.icon, logo.printed]


def chunks(content: bytes) -> set[bytes]:
    """The kinds of chunks of a PNG, which ends with the last."""
    kinds, place = set(), 8
    while place < len(content):
        length = int.from_bytes(content[place : place + 4])
        kinds.add(content[place + 4 : place + 8])
        place += 12 + length
    assert place == len(content)
    return kinds


@pytest.mark.parametrize("name", UPLOADS)
def test_a_hostile_upload_ends_as_a_clean_picture_or_a_refusal(name):
    outcome = outcome_of(UPLOADS[name]())
    if isinstance(outcome, str):
        assert outcome in set(images.REASONS) - {images.BUSY}
        return
    for content in files(outcome):
        opened(content)
        assert chunks(content) <= CHUNKS
        assert NEEDLE not in content
        assert max(opened(content).size) <= 960


def test_there_are_enough_hostile_uploads_and_they_fit_into_the_limit():
    assert len(UPLOADS) >= 60
    too_large = {name for name, content in UPLOADS.items() if len(content()) > images.LARGEST}
    assert not too_large


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("a png of 13000 by 13000", images.PIXELS),
        ("a png of 4001 by 4000", images.PIXELS),
        ("an svg with entities that multiply", images.CORRUPT),
        ("an svg of 20000 nested groups", images.DEMANDING),
        ("an svg with a blur without end", images.DEMANDING),
        ("a page of html", images.CORRUPT),
        ("xml that is no svg", images.TYPE),
        ("a gif that is also a script", images.TYPE),
        ("a png that breaks off", images.CORRUPT),
        ("a picture of one pixel", images.SMALL),
        ("a picture that is transparent", images.EMPTY),
    ],
)
def test_the_reason_of_a_refusal_is_the_one_that_helps(name, reason):
    with pytest.raises(Unusable) as refused:
        logo_of(UPLOADS[name]())
    assert refused.value.reason == reason


def test_hostile_uploads_take_no_memory_of_our_process_and_load_no_decoder():
    heavy = [name for name in UPLOADS if any(word in name for word in ("bomb", "13000", "million", "noise", "blur"))]
    assert len(heavy) > 8
    command = [sys.executable, "-c", MEASURED, *heavy]
    done = subprocess.run(command, capture_output=True, cwd=ROOT, text=True, check=True)
    kilobytes, loaded = json.loads(done.stdout)
    assert kilobytes < 150 * 1024
    assert loaded == ["PIL.Image"]  # which hostile_pictures itself needs


def test_control_the_decoder_takes_processor_time_only_up_to_its_limit():
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with pytest.raises(Unusable):
        logo_of(UPLOADS["an svg with a blur without end"]())
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert 0.4 < after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 2


def test_a_picture_that_had_no_time_is_not_blamed_for_it(monkeypatch, tmp_path):
    slow = tmp_path / "slow.py"
    slow.write_text("import time\ntime.sleep(60)\n")
    monkeypatch.setattr(images, "PROGRAM", slow)
    monkeypatch.setattr(images, "LONGEST", 0.2)
    with pytest.raises(Unusable) as refused:
        logo_of(png())
    assert refused.value.reason == images.BUSY


def test_a_decoder_that_is_slow_to_end_has_answered_all_the_same(monkeypatch, tmp_path):
    slow = tmp_path / "slow.py"
    code = images.PROGRAM.read_text().replace(
        "    main()\n", "    main(); sys.stdout.flush(); import os, time; os.close(1); time.sleep(0.3); os._exit(0)\n"
    )
    slow.write_text(code)
    monkeypatch.setattr(images, "PROGRAM", slow)
    assert logo_of(png()).width == 320


def test_the_decoder_knows_nothing_of_us(monkeypatch, tmp_path):
    monkeypatch.setenv("SERGIO_DATABASE_KEY", "ab" * 32)
    spy = tmp_path / "spy.py"
    spy.write_text('import os, sys\nsys.stdin.buffer.read()\nprint(\'{"reason": "%s"}\' % sorted(os.environ))\n')
    monkeypatch.setattr(images, "PROGRAM", spy)
    with pytest.raises(Unusable) as refused:
        logo_of(png())
    assert "SERGIO" not in refused.value.reason


def test_a_decoder_that_crashes_or_writes_nonsense_is_a_refusal(monkeypatch, tmp_path):
    broken = tmp_path / "broken.py"
    monkeypatch.setattr(images, "PROGRAM", broken)
    for code in ("import os; os.abort()", "print('{}', flush=True); import os; os._exit(3)", ""):
        broken.write_text(code)
        with pytest.raises(Unusable) as refused:
            logo_of(png())
        assert refused.value.reason == images.DEMANDING


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP"])
def test_each_format_becomes_png_files_of_their_sizes(form):
    logo = logo_of(encoded(Image.new("RGB", (2000, 1000), "#1f5f5b"), form))
    assert opened(logo.original).size == (960, 480)
    assert opened(logo.picture).size == (logo.width, logo.height) == (480, 240)
    assert opened(logo.icon).size == (96, 96)
    assert opened(logo.printed).size == (480, 240)
    assert logo.ground == "any"


def test_an_svg_is_drawn_large_and_its_text_in_our_font():
    logo = logo_of(svg('<text x="10" y="70" font-size="60" font-family="Some Font">Sparkle</text>'))
    assert (logo.width, logo.ground) == (480, "light")


def test_small_pictures_stay_small():
    logo = logo_of(png((40, 20)))
    assert (logo.width, logo.height) == (40, 20)


def test_a_picture_is_upright_as_its_camera_says():
    image = Image.new("RGB", (200, 100), "#ff0000")
    exif = image.getexif()
    exif[0x0112] = 6
    logo = logo_of(encoded(image, "JPEG", exif=exif))
    assert (logo.width, logo.height) == (100, 200)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "PA", "RGBA", "I;16", "CMYK"])
def test_every_kind_of_pixels_keeps_its_shade(mode):
    shade = {"1": 255, "I;16": 65_535, "CMYK": (0, 0, 0, 0)}.get(mode)
    if shade is None:
        image = Image.new("RGBA", (100, 100), "#ffffff").convert(mode)
    else:
        image = Image.new(mode, (100, 100), shade)
    form = {"CMYK": "JPEG", "PA": "WEBP"}.get(mode, "PNG")
    logo = logo_of(encoded(image.convert("RGBA") if mode == "PA" else image, form))
    assert min(opened(logo.printed).getpixel((50, 50))) > 250


def test_a_crop_keeps_that_part():
    logo = logo_of(halves(), Crop(0.5, 0, 0.5, 1))
    assert (logo.width, logo.height) == (200, 100)
    assert {opened(logo.printed).getpixel((x, 50)) for x in (2, 197)} == {BLUE}
    assert opened(logo.original).size == (400, 100)


def test_a_logo_can_be_cut_again_out_of_its_original():
    first = logo_of(halves(), Crop(0.5, 0, 0.5, 1))
    again = logo_of(first.original, Crop(0, 0, 0.5, 1))
    assert opened(again.printed).getpixel((2, 50)) == RED


@pytest.mark.parametrize("crop", [Crop(0, 0, 0.001, 1), Crop(1, 1, 1, 1), Crop(0, 0, 1, 0.01)])
def test_a_crop_of_almost_nothing_is_refused(crop):
    with pytest.raises(Unusable) as refused:
        logo_of(halves(), crop)
    assert refused.value.reason == images.SMALL


def test_transparent_margins_are_left_out():
    image = Image.new("RGBA", (400, 300))
    image.paste("#1f5f5b", (100, 100, 300, 150))
    logo = logo_of(encoded(image))
    assert (logo.width, logo.height) == (200, 50)


@pytest.mark.parametrize(("ink", "ground"), [("#112233", "light"), ("#ffffff", "dark"), ("#d9572b", "any")])
def test_a_logo_says_on_which_ground_it_can_be_seen(ink, ground):
    assert logo_of(drawn(ink)).ground == ground


@pytest.mark.parametrize("ink", ["#000000", "#ffffff", "#d9572b"])
def test_a_printed_logo_and_an_icon_can_be_seen_anywhere(ink):
    logo = logo_of(drawn(ink))
    shades = [shade for shade, count in enumerate(opened(logo.printed).convert("L").histogram()) if count > 200]
    assert max(shades) - min(shades) > 60
    for page in ("#ffffff", "#1a1d20"):
        shown = Image.new("RGBA", (96, 96), page)
        shown.alpha_composite(opened(logo.icon).convert("RGBA"))
        shades = [shade for shade, count in enumerate(shown.convert("L").histogram()) if count > 200]
        assert max(shades) - min(shades) > 60, page


def test_at_most_two_pictures_are_decoded_at_once(monkeypatch):
    monkeypatch.setattr(images, "PATIENCE", 0.01)
    with images.turn(), images.turn(), pytest.raises(Unusable) as refused:
        logo_of(png())
    assert refused.value.reason == images.BUSY
    assert logo_of(png())
