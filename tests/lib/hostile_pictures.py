"""Uploads that no honest person makes, by name: bombs, files that are two things at once, scripts, broken files.

None of them may end in a file that has `NEEDLE` in it.
"""

import io
import struct
import zlib
from collections.abc import Callable
from functools import cache

from PIL import Image, PngImagePlugin

NEEDLE = b"needle-of-an-attacker"
TEXT = NEEDLE.decode()
SCRIPT = b"<script>alert('" + NEEDLE + b"')</script>"
SIGNATURE = b"\x89PNG\r\n\x1a\n"
MEGABYTE = 1024 * 1024


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def header(width: int, height: int, depth: int = 8, color: int = 0) -> bytes:
    return chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, 0))


@cache
def zeros(size: int) -> bytes:
    """That many zeros, deflated, without ever holding them."""
    packer = zlib.compressobj(9)
    block = bytes(MEGABYTE)
    return b"".join(packer.compress(block) for _each in range(size // MEGABYTE)) + packer.flush()


def bomb(width: int, height: int, depth: int = 8, color: int = 0) -> bytes:
    """A small PNG of a huge picture."""
    channels = 4 if color else 1
    pixels = zeros(min((width * depth * channels // 8 + 1) * height, 300 * MEGABYTE))
    return SIGNATURE + header(width, height, depth, color) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def small_png(*chunks: bytes, after: bytes = b"") -> bytes:
    pixels = chunk(b"IDAT", zlib.compress((b"\0" + bytes(100)) * 100))
    return SIGNATURE + header(100, 100) + b"".join(chunks) + pixels + chunk(b"IEND", b"") + after


def picture(form: str, size=(100, 100), color="#1f5f5b", after: bytes = b"", **save) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, color).save(out, form, **save)
    return out.getvalue() + after


def noise(form: str, side: int, **save) -> bytes:
    out = io.BytesIO()
    Image.effect_noise((side, side), 80).convert("RGB").save(out, form, **save)
    return out.getvalue()


def animated(frames: int) -> bytes:
    out = io.BytesIO()
    first, *others = [Image.new("L", (20, 20), shade % 256) for shade in range(frames)]
    first.save(out, "PNG", save_all=True, append_images=others)
    return out.getvalue()


def endless_frames(frames: int) -> bytes:
    """An APNG that announces many frames, all of them the same bytes."""
    control = chunk(b"acTL", struct.pack(">II", frames, 0))
    frame = b"".join(
        chunk(b"fcTL", struct.pack(">IIIIIHHBB", 2 * each + 1, 100, 100, 0, 0, 1, 100, 0, 0))
        + chunk(b"fdAT", struct.pack(">I", 2 * each + 2) + zlib.compress((b"\0" + bytes(100)) * 100, 1))
        for each in range(frames)
    )
    pixels = chunk(b"IDAT", zlib.compress((b"\0" + bytes(100)) * 100))
    return SIGNATURE + header(100, 100) + control + pixels + frame + chunk(b"IEND", b"")


def with_exif() -> bytes:
    image = Image.new("RGB", (100, 100))
    exif = image.getexif()
    exif[0x010E] = exif[0x9286] = TEXT
    exif.get_ifd(0x8825)[2] = (12.0, 34.0, 56.0)
    out = io.BytesIO()
    image.save(out, "JPEG", exif=exif, comment=NEEDLE)
    return out.getvalue()


def with_texts() -> bytes:
    texts = PngImagePlugin.PngInfo()
    texts.add_text("Comment", TEXT)
    texts.add_itxt("XML:com.adobe.xmp", TEXT * 10, zip=True)
    return picture("PNG", pnginfo=texts, icc_profile=NEEDLE * 9, exif=b"Exif\0\0MM\0*\0\0\0\x08\0\0" + NEEDLE)


def svg(body: str, attributes: str = 'viewBox="0 0 400 100"', before: str = "") -> bytes:
    names = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
    shape = '<rect width="400" height="100" fill="#1f5f5b"/>'
    return f"{before}<svg {names} {attributes}>{shape}{body}</svg>".encode()


def entities() -> str:
    lines = "".join(f'<!ENTITY a{each} "{f"&a{each - 1};" * 10}">' for each in range(1, 10))
    return f'<!DOCTYPE svg [<!ENTITY a0 "{TEXT}">{lines}]>'


def used_again_and_again(depth: int) -> str:
    ten = [f'<use xlink:href="#g{each - 1}"/>' * 10 for each in range(1, depth)]
    uses = "".join(f'<g id="g{each}">{uses}</g>' for each, uses in enumerate(ten, 1))
    return f'<defs><rect id="g0" width="1" height="1"/>{uses}</defs><use xlink:href="#g{depth - 1}"/>'


FILTERS = "<feMorphology radius='900'/>" * 40
BLUR = (
    '<filter id="f" x="-9" y="-9" width="99" height="99"><feGaussianBlur stdDeviation="900"/>'
    f'{FILTERS}</filter><rect width="400" height="100" filter="url(#f)"/>'
)
ANIMATION = '<animate attributeName="href" values="javascript:' + f"alert('{TEXT}')" + '"/>'
STYLE = f"<style>@import url(http://127.0.0.1:9/{TEXT}); rect {{ fill: url(http://127.0.0.1:9/{TEXT}) }}</style>"
PDF = b"%PDF-1.4\n" + NEEDLE
HTML = b"<!doctype html><html><body>" + SCRIPT + b"</body></html>"
WHOLE = picture("PNG")
JPEG = picture("JPEG")
WEBP = picture("WEBP")

UPLOADS: dict[str, Callable[[], bytes]] = {
    # Small files of huge pictures
    "a png of 13000 by 13000": lambda: bomb(13_000, 13_000),
    "a png of 4001 by 4000": lambda: bomb(4_001, 4_000),
    "a png of 65000 by 200": lambda: bomb(65_000, 200),
    "a png of two billion pixels a side": lambda: SIGNATURE + header(2**31 - 1, 2**31 - 1) + chunk(b"IEND", b""),
    "a png of one bit and 30000 by 30000": lambda: bomb(30_000, 30_000, depth=1),
    "a png of 16 bits in four channels": lambda: bomb(3_900, 3_900, depth=16, color=6),
    "a png of no pixels": lambda: SIGNATURE + header(0, 0) + chunk(b"IEND", b""),
    "a png with much more data than pixels": lambda: small_png(chunk(b"IDAT", zeros(300 * MEGABYTE))),
    "a png that hides a bomb in its profile": lambda: small_png(chunk(b"iCCP", b"x\0\0" + zeros(300 * MEGABYTE))),
    "a png that hides a bomb in a text": lambda: small_png(chunk(b"zTXt", b"x\0\0" + zeros(300 * MEGABYTE))),
    "a png that hides a bomb in an international text": lambda: small_png(
        chunk(b"iTXt", b"x\0\1\0\0\0" + zeros(300 * MEGABYTE))
    ),
    "a png with a hundred texts that are bombs": lambda: small_png(*[chunk(b"zTXt", b"x\0\0" + zeros(MEGABYTE))] * 100),
    "an animated png of 300 frames": lambda: animated(300),
    "an animated png of 5000 frames": lambda: endless_frames(5_000),
    "a png of noise": lambda: noise("PNG", 760),
    "a jpeg of noise": lambda: noise("JPEG", 1_900, quality=50),
    "a progressive jpeg of 16 million pixels": lambda: picture("JPEG", (4_000, 4_000), progressive=True),
    "a webp of 16 million pixels": lambda: picture("WEBP", (4_000, 4_000)),
    "a webp of 16383 by 16383": lambda: b"RIFF\x16\0\0\0WEBPVP8L\x0a\0\0\0\x2f\xff\xff\xff\x0f\0\0\0\0\0",
    "a jpeg of 65000 by 65000": lambda: JPEG.replace(
        struct.pack(">HH", 100, 100), struct.pack(">HH", 65_000, 65_000), 1
    ),
    # SVG that costs
    "an svg of 30000 by 30000": lambda: svg("", 'width="30000" height="30000"'),
    "an svg of a billion by one": lambda: svg("", 'width="1000000000" height="1"'),
    "an svg without a size": lambda: svg("", ""),
    "an svg with a size of not a number": lambda: svg("", 'width="NaN" height="-5" viewBox="a b c d"'),
    "an svg with entities that multiply": lambda: svg("<text>&a9;</text>", before=entities()),
    "an svg that reads a file": lambda: svg(
        "<text>&x;</text>", before='<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    ),
    "an svg with a doctype from elsewhere": lambda: svg("", before='<!DOCTYPE svg SYSTEM "http://127.0.0.1:9/x.dtd">'),
    "an svg as drawing programs write it": lambda: svg(
        "", before='<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">'
    ),
    "an svg of 20000 nested groups": lambda: svg("<g>" * 20_000 + "</g>" * 20_000),
    "an svg of 60000 nodes": lambda: svg("<g/>" * 60_000),
    "an svg that uses itself": lambda: svg('<g id="a"><use xlink:href="#a"/></g><use xlink:href="#a"/>'),
    "an svg that uses a billion rectangles": lambda: svg(used_again_and_again(9)),
    "an svg with a blur without end": lambda: svg(BLUR),
    "an svg with a pattern in a pattern": lambda: svg(
        '<pattern id="p" width="1" height="1"><rect width="1" height="1" fill="url(#p)"/></pattern>'
        '<rect width="400" height="100" fill="url(#p)"/>'
    ),
    "an svg with a path of a megabyte": lambda: svg(f'<path d="M0 0{" L1 1 L2 5" * 90_000}"/>'),
    "an svg with a picture that is a bomb": lambda: svg(
        '<image width="400" height="100" href="data:image/png;base64,iVBORw0KGgo="/>' * 50
    ),
    # SVG that does something
    "an svg with a script": lambda: svg(SCRIPT.decode()),
    "an svg with a handler": lambda: svg("", f"viewBox='0 0 400 100' onload=\"alert('{TEXT}')\""),
    "an svg with html in it": lambda: svg(
        f"<foreignObject width='9' height='9'><div xmlns='http://www.w3.org/1999/xhtml'>{SCRIPT.decode()}</div></foreignObject>"
    ),
    "an svg with a link that is a script": lambda: svg(
        f"<a xlink:href=\"javascript:alert('{TEXT}')\"><text>Hi</text></a>"
    ),
    "an svg that animates a link": lambda: svg(f"<a>{ANIMATION}<text>Hi</text></a>"),
    "an svg with a picture from elsewhere": lambda: svg(
        f'<image href="http://127.0.0.1:9/{TEXT}" width="9" height="9"/>'
    ),
    "an svg with a file of this machine": lambda: svg('<image href="file:///etc/passwd" width="9" height="9"/>'),
    "an svg with styles from elsewhere": lambda: svg(STYLE),
    "an svg with a stylesheet in its head": lambda: svg(
        "", before=f'<?xml-stylesheet href="http://127.0.0.1:9/{TEXT}"?>'
    ),
    "an svg with an svg in it": lambda: svg(
        "<image href='data:image/svg+xml;base64,PHN2Zz48c2NyaXB0Lz48L3N2Zz4=' width='9'/>"
    ),
    "an svg with nul bytes": lambda: svg(TEXT).replace(b"<rect", b"\0<rect"),
    "an svg in utf-16": lambda: svg(TEXT).decode().encode("utf-16"),
    "an svg in an unknown encoding": lambda: b'<?xml version="1.0" encoding="x-' + NEEDLE + b'"?>' + svg(""),
    # Files that are two things at once
    "a png with html after it": lambda: WHOLE + HTML,
    "a png with a zip after it": lambda: WHOLE + b"PK\x03\x04" + NEEDLE + b"PK\x05\x06" + bytes(18),
    "a png with everything in its texts": lambda: with_texts(),
    "a jpeg with everything in its exif": lambda: with_exif(),
    "a jpeg with a script after it": lambda: JPEG + SCRIPT,
    "a webp with a script after it": lambda: WEBP + SCRIPT,
    "a gif that is also a script": lambda: b"GIF89a/*" + bytes(40) + b"*/=1;alert('" + NEEDLE + b"')",
    "a pdf with a png in it": lambda: PDF + WHOLE,
    "a page of html": lambda: HTML,
    "xml that is no svg": lambda: (
        b"<?xml version='1.0'?><html xmlns='http://www.w3.org/1999/xhtml'>" + SCRIPT + b"</html>"
    ),
    "a php program": lambda: b"<?php echo '" + NEEDLE + b"'; ?>",
    # Broken and empty files
    "a png that breaks off": lambda: noise("PNG", 200)[:20_000],
    "a jpeg that breaks off": lambda: noise("JPEG", 600)[:9_000],
    "a webp that breaks off": lambda: WEBP[:30],
    "an svg that breaks off": lambda: svg("")[:-8],
    "only the signature of a png": lambda: SIGNATURE,
    "a jpeg of random bytes": lambda: b"\xff\xd8\xff\xe0" + bytes(range(256)) * 40,
    "nothing but zeros": lambda: bytes(5_000),
    "a picture of one pixel": lambda: picture("PNG", (1, 1)),
    "a picture that is transparent": lambda: svg("").replace(b"<rect", b"<g").replace(b"fill", b"class"),
}
