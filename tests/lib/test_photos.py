"""Uploaded photos: those of phones become JPEG of a useful size without metadata, hostile ones are refused."""

import io

import pytest
from PIL import Image

from sergio.lib import images
from sergio.lib.images import Unusable, photo_of
from tests.companies.pictures import drawn, png
from tests.lib.hostile_pictures import NEEDLE, UPLOADS, noise
from tests.lib.photographs import photograph


@pytest.fixture(autouse=True)
def patient(monkeypatch):
    """Tests share their machine, so a photo is only limited by its own time on the processor."""
    monkeypatch.setattr(images, "PATIENCE", 30)
    monkeypatch.setattr(images, "LONGEST", 30)


RED_CORNER = {
    1: (10, 10),
    2: (-10, 10),
    3: (-10, -10),
    4: (10, -10),
    5: (10, 10),
    6: (-10, 10),
    7: (-10, -10),
    8: (10, -10),
}
"""A place of what was the left half, by orientation (TIFF 6.0, tag 274); negative ones count from the other side."""


def outcome_of(content: bytes) -> images.Photo | str:
    """The photo, or the reason why there is none."""
    try:
        return photo_of(content)
    except Unusable as error:
        return error.reason


def opened(content: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(content), formats=("JPEG",))
    image.load()
    return image


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_ends_upright_with_nothing_but_pixels(orientation):
    photo = photo_of(photograph(orientation=orientation))
    turned = orientation > 4
    assert (photo.width, photo.height) == ((300, 400) if turned else (400, 300))
    image = opened(photo.large).convert("RGB")
    assert image.size == (photo.width, photo.height)
    assert not opened(photo.large).getexif()
    assert b"needle" not in photo.large + photo.small
    x, y = (place % side for place, side in zip(RED_CORNER[orientation], image.size, strict=True))
    red, green, _blue = image.getpixel((x, y))
    assert red > 200 > green


HOSTILE = [name for name in UPLOADS if any(word in name for word in ("png", "jpeg", "webp", "noise", "bomb"))][::3]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_upload_ends_as_a_clean_photo_or_a_refusal(name):
    outcome = outcome_of(UPLOADS[name]())
    if isinstance(outcome, str):
        assert outcome in set(images.REASONS) - {images.BUSY}
        return
    for content in (outcome.large, outcome.small):
        assert max(opened(content).size) <= 2000
        assert NEEDLE not in content


def test_a_photo_of_fifty_megapixels_is_read():
    image = Image.linear_gradient("L").resize((8160, 6120)).convert("RGB")
    out = io.BytesIO()
    image.save(out, "JPEG", quality=90)
    photo = photo_of(out.getvalue())
    assert (photo.width, photo.height) == (2000, 1500)
    assert max(opened(photo.small).size) == 480


def test_noise_of_twelve_megapixels_is_read_within_the_limit():
    assert photo_of(noise("JPEG", 3500)).width == 2000


def test_what_is_transparent_becomes_white():
    photo = photo_of(drawn("#000000"))
    assert opened(photo.large).getpixel((110, 5)) == (255, 255, 255)


def test_a_png_becomes_jpeg():
    assert opened(photo_of(png()).large).size == (320, 80)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", images.TYPE),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", images.TYPE),
        (b"GIF89a", images.TYPE),
        (b"\0\0\0\x18ftypheic" + bytes(100), images.HEIC),
        (b"\0\0\0\x18ftypmif1" + bytes(100), images.HEIC),
        (b"\xff\xd8\xff" + bytes(100), images.CORRUPT),
    ],
)
def test_what_is_no_photo_says_why(content, reason):
    with pytest.raises(Unusable) as refused:
        photo_of(content)
    assert refused.value.reason == reason
