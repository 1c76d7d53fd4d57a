"""The program that decodes one uploaded picture for `images`. It runs alone, as a file, and loads nothing of Sergio.

The upload comes by stdin. The answer is a line of JSON, and the files after it. A picture that crashes a decoder or
exceeds a limit ends this process only.
"""

import io
import json
import re
import resource
import signal
import sys
import warnings
from typing import Any
from xml.etree.ElementTree import ParseError

import py_svg_hush
import resvg_py
from defusedxml import DefusedXmlException
from defusedxml.ElementTree import iterparse
from PIL import Image, ImageDraw, ImageOps

PROCESSOR_TIME = {"logo": 0.6, "photo": 2.5, "app_icon": 0.6}
"""Seconds, so that a request takes less than two, or four. The limit in whole seconds below is the second line."""
MEMORY = 768 * 1024 * 1024
LIMITS = {
    resource.RLIMIT_AS: MEMORY,
    resource.RLIMIT_CPU: 4,
    resource.RLIMIT_FSIZE: 0,
    resource.RLIMIT_CORE: 0,
    resource.RLIMIT_NOFILE: 64,
}

MOST_PIXELS = {"logo": 16_000_000, "photo": 64_000_000}
SMALLEST_SIDE, LONGEST_SIDE = 16, 12_000
MOST_NODES, DEEPEST = 5_000, 64
Image.MAX_IMAGE_PIXELS = max(MOST_PIXELS.values())
SVG = "{http://www.w3.org/2000/svg}svg"
PUBLIC_DOCTYPE = re.compile(
    rb'<!DOCTYPE\s+svg\s+PUBLIC\s+"-//W3C//DTD SVG [^"<>\[]*"\s+"http://www\.w3\.org/[^"<>\[]*"\s*>'
)
"""What drawing programs write. It declares nothing; any other DOCTYPE may, and is refused."""

ORIGINAL, PICTURE, PRINTED, ICON = (960, 960), (480, 240), (780, 240), 96
LARGE, SMALL = (2000, 2000), (480, 480)
HOW: dict[str, dict] = {"PNG": {"compress_level": 4}, "JPEG": {"quality": 82, "progressive": True}}
FAMILIES = ("font_family", "serif_family", "sans_serif_family", "monospace_family")
FAMILY = "Inter"
"""The font of text whose own one is not ours; without it, the text would be left out."""
WHITE, DARK = "#ffffff", "#1a1d20"
SEEN = 64
"""The alpha (0 to 255) from which a pixel counts as visible."""
LOST_ON_DARK, LOST_ON_LIGHT = range(64), range(216, 256)
"""The shades of gray that are hard to see on our dark and light cards."""


class Unusable(Exception):
    """The reason, as in `images`."""


def main():
    kind, wanted = json.loads(sys.argv[1])
    limit(PROCESSOR_TIME[kind])
    content = sys.stdin.buffer.read()
    try:
        facts, files = {"logo": logo, "photo": photo, "app_icon": app_icon}[kind](content, **wanted)
    except (Unusable, MemoryError) as error:
        facts, files = {"reason": str(error) if isinstance(error, Unusable) else "demanding"}, []
    sys.stdout.buffer.write(json.dumps(facts).encode() + b"\n" + b"".join(files))


def limit(seconds: float):
    """Limit this process, before it reads anything, to so much time on the processor and to `LIMITS`."""
    for kind, most in LIMITS.items():
        resource.setrlimit(kind, (most, most))
    signal.setitimer(signal.ITIMER_PROF, seconds)


def logo(content: bytes, crop: dict | None, fonts: list[str]) -> tuple[dict, list[bytes]]:
    """The facts and the files of `images.Logo`, in its order."""
    whole = raster(drawn(content, fonts) if not_raster(content) else content, ORIGINAL, MOST_PIXELS["logo"])
    cut = trimmed(part(whole, crop) if crop else whole)
    if min(cut.size) < SMALLEST_SIDE:
        raise Unusable("small")
    ground = ground_of(cut)
    picture = fitted(cut, PICTURE)
    files = [encoded(each) for each in (whole, picture, icon(cut, ground), printed(cut, ground))]
    facts = {"sizes": [len(each) for each in files], "width": picture.width, "height": picture.height, "ground": ground}
    return facts, files


def photo(content: bytes) -> tuple[dict, list[bytes]]:
    """The facts and the files of `images.Photo`, in its order; what is transparent becomes white."""
    whole = raster(content, LARGE, MOST_PIXELS["photo"])
    sheet = Image.new("RGB", whole.size, WHITE)
    sheet.paste(whole, mask=whole.getchannel("A"))
    if min(sheet.size) < SMALLEST_SIDE:
        raise Unusable("small")
    files = [encoded(each, "JPEG") for each in (sheet, fitted(sheet, SMALL))]
    return {"sizes": [len(each) for each in files], "width": sheet.width, "height": sheet.height}, files


def app_icon(content: bytes, size: int, fonts: list[str]) -> tuple[dict, list[bytes]]:
    """A square SVG as one PNG of `size` pixels a side."""
    file = encoded(raster(drawn(content, fonts), (size, size), MOST_PIXELS["logo"]))
    return {"sizes": [len(file)]}, [file]


def not_raster(content: bytes) -> bool:
    return content.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"<")


def drawn(content: bytes, fonts: list[str]) -> bytes:
    """An SVG as PNG, drawn without scripts, styles from elsewhere, other files or the network."""
    content = PUBLIC_DOCTYPE.sub(b"", content, count=1)
    check_svg(content)
    try:
        clean = py_svg_hush.filter_svg(content, {"image": ["png", "jpeg"]}).decode()
        size: dict[str, Any] = {"width": ORIGINAL[0], "height": ORIGINAL[1]}
        letters: dict[str, Any] = {"skip_system_fonts": True, "font_files": fonts, **dict.fromkeys(FAMILIES, FAMILY)}
        return bytes(resvg_py.svg_to_bytes(svg_string=clean, **size, **letters))
    except (ValueError, UnicodeDecodeError):
        raise Unusable("corrupt") from None


def check_svg(content: bytes):
    """Refuse what is no SVG, declares entities, or is too deep or too large for the libraries that follow."""
    nodes = depth = 0
    try:
        for event, node in iterparse(io.BytesIO(content), events=("start", "end"), forbid_dtd=True):
            opens = event == "start"
            nodes, depth = nodes + opens, depth + (1 if opens else -1)
            if nodes == 1 and opens and node.tag != SVG:
                raise Unusable("type")
            if nodes > MOST_NODES or depth > DEEPEST:
                raise Unusable("demanding")
    except (ParseError, DefusedXmlException, ValueError, LookupError):
        raise Unusable("corrupt") from None


def raster(content: bytes, box: tuple[int, int], most_pixels: int):
    """The first frame of a PNG, JPEG or WebP, upright, at most as large as the square `box`."""
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    try:
        image: Any = Image.open(io.BytesIO(content), formats=("PNG", "JPEG", "WEBP"))
        check_size(image, most_pixels)
        image.draft("RGB", box)
        image.load()
        image = ImageOps.exif_transpose(fitted(colored(image), box)).convert("RGBA")
    except (Unusable, MemoryError):
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise Unusable("pixels") from None
    except Exception:  # the decoders raise anything for a broken file
        raise Unusable("corrupt") from None
    return image


def check_size(image, most_pixels: int):
    """From the header, before any pixel is decoded."""
    if image.width * image.height > most_pixels or max(image.size) > LONGEST_SIDE:
        raise Unusable("pixels")


def colored(image):
    """The image with channels of 8 bits, which can be scaled; deep gray is converted, which Pillow would cut off."""
    if image.mode.startswith("I"):
        return image.convert("I").point(lambda value: value / 256).convert("L")
    return image if image.mode in ("L", "RGB", "RGBA") and not image.has_transparency_data else image.convert("RGBA")


def fitted(image, box: tuple[int, int]):
    """A copy that is at most as large as the box."""
    small = image.copy()
    small.thumbnail(box, reducing_gap=2.0)
    return small


def part(image, crop: dict):
    left, top = crop["x"] * image.width, crop["y"] * image.height
    right, bottom = left + crop["width"] * image.width, top + crop["height"] * image.height
    box = (max(0, left), max(0, top), min(image.width, right), min(image.height, bottom))
    left, top, right, bottom = map(round, box)
    if right <= left or bottom <= top:
        raise Unusable("small")
    return image.crop((left, top, right, bottom))


def trimmed(image):
    """Without its transparent margins."""
    box = visible(image).getbbox()
    if box is None:
        raise Unusable("empty")
    return image.crop(box)


def visible(image):
    """A mask of the pixels that can be seen."""
    return image.getchannel("A").point(lambda alpha: 255 if alpha >= SEEN else 0)


def ground_of(image) -> str:
    """The ground that a logo with a transparent background needs, by how much of it would be lost on the other."""
    mask = visible(image)
    shades = image.convert("L").histogram(mask)
    seen = sum(shades)
    if not seen:
        raise Unusable("empty")
    if seen > 0.97 * image.width * image.height:
        return "any"
    on_dark, on_light = (sum(shades[shade] for shade in lost) / seen for lost in (LOST_ON_DARK, LOST_ON_LIGHT))
    if on_light > 0.5:
        return "dark"
    return "light" if on_dark > 0.1 else "any"


def icon(image, ground: str):
    """A square, on a plate if the logo needs one: nobody knows the color of a browser's tabs."""
    square = Image.new("RGBA", (ICON, ICON))
    room = ICON if ground == "any" else ICON * 3 // 4
    if ground != "any":
        ImageDraw.Draw(square).rounded_rectangle((0, 0, ICON - 1, ICON - 1), ICON // 5, plate(ground))
    small = fitted(image, (room, room))
    square.alpha_composite(small, ((ICON - small.width) // 2, (ICON - small.height) // 2))
    return square


def printed(image, ground: str):
    """On white paper; a logo for dark grounds on a dark plate."""
    small = fitted(image, PRINTED)
    margin = small.height // 5 if ground == "dark" else 0
    sheet = Image.new("RGBA", (small.width + 2 * margin, small.height + 2 * margin), plate(ground))
    sheet.alpha_composite(small, (margin, margin))
    return sheet.convert("RGB")


def plate(ground: str) -> str:
    return DARK if ground == "dark" else WHITE


def encoded(image, form: str = "PNG") -> bytes:
    """As PNG or JPEG, with pixels and nothing else."""
    image.info = {}
    out = io.BytesIO()
    image.save(out, form, **HOW[form])
    return out.getvalue()


if __name__ == "__main__":
    main()
