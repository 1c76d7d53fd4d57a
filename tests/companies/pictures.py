"""Pictures for uploads."""

import io

from PIL import Image, ImageDraw


def png(size=(320, 80), color="#1f5f5b", **save) -> bytes:
    """A picture of one color."""
    return encoded(Image.new("RGB", size, color), **save)


def drawn(ink: str, size=(400, 100)) -> bytes:
    """A disk and a bar in one color on a transparent ground."""
    image = Image.new("RGBA", size)
    pen = ImageDraw.Draw(image)
    pen.ellipse((0, 0, 99, 99), ink)
    pen.rectangle((120, 30, 399, 69), ink)
    return encoded(image)


def halves(size=(400, 100)) -> bytes:
    """Red on the left, blue on the right."""
    image = Image.new("RGB", size, "#0000ff")
    image.paste("#ff0000", (0, 0, size[0] // 2, size[1]))
    return encoded(image)


def svg(
    body: str = '<rect width="400" height="100" fill="#1f5f5b"/>', attributes: str = 'viewBox="0 0 400 100"'
) -> bytes:
    return f'<svg xmlns="http://www.w3.org/2000/svg" {attributes}>{body}</svg>'.encode()


def encoded(image: Image.Image, form: str = "PNG", **save) -> bytes:
    out = io.BytesIO()
    image.save(out, form, **save)
    return out.getvalue()


def opened(content: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(content), formats=("PNG",))
    image.load()
    return image
