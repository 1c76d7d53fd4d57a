"""Photos as phones take them, with what they say of place and time."""

import io
from functools import cache

from PIL import Image
from PIL.ExifTags import GPS, IFD, Base


@cache
def photograph(size=(400, 300), color="#ff0000", orientation: int = 1) -> bytes:
    """A JPEG whose left half has the color and whose right half is green, with EXIF that names a place."""
    image = Image.new("RGB", size, "#00ff00")
    image.paste(color, (0, 0, size[0] // 2, size[1]))
    exif = Image.Exif()
    exif[Base.Orientation] = orientation
    exif[Base.ImageDescription] = "needle-of-a-place"
    exif.get_ifd(IFD.GPSInfo).update({GPS.GPSLatitudeRef: "N", GPS.GPSLatitude: (43.0, 39.0, 36.0)})
    out = io.BytesIO()
    image.save(out, "JPEG", exif=exif, quality=90)
    return out.getvalue()
