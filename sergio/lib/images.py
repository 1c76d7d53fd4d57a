"""Uploaded pictures: decoded in a process with limits, and encoded anew. No byte of the upload is kept.

A logo is cut and becomes PNG files, a photo becomes two JPEG files.
"""

import json
import sys
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from signal import SIGKILL
from subprocess import DEVNULL, PIPE, Popen
from threading import BoundedSemaphore, Timer
from typing import Any, BinaryIO, NamedTuple, cast

LARGEST = 2 * 1024 * 1024
"""Bytes of an uploaded logo."""
LARGEST_PHOTO = 15 * 1024 * 1024

TYPE, CORRUPT, PIXELS, SMALL, EMPTY, DEMANDING, BUSY, HEIC = REASONS = (
    *("type", "corrupt", "pixels", "small", "empty", "demanding", "busy", "heic"),
)
"""Why a picture is `Unusable`: `DEMANDING` took too much time or memory, `BUSY` is because of other work, `HEIC` is a
format of phones that nothing here decodes.
"""

FILES = ("original", "picture", "icon", "printed")
RASTER = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"RIFF")
HEIF = tuple(b"ftyp" + brand for brand in (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"))
"""What stands after the first four bytes of the files of Apple's and some other cameras (ISO/IEC 23008-12)."""
PROGRAM = Path(__file__).with_name("image_decoder.py")
FONTS = sorted(str(path) for path in (Path(__file__).parents[1] / "fonts").glob("*.[ot]tf"))
PATIENCE, LONGEST = 2, 5
"""Seconds on the clock for a turn and for a picture. They only matter on a machine that has no time for an honest logo:
the decoder limits itself to much less, but counts its own time on the processor.
"""
LARGEST_ANSWER = 24 * 1024 * 1024

_processes = BoundedSemaphore(2)


class Unusable(Exception):
    """The picture cannot be used; `reason` says why."""

    def __init__(self, reason: str):
        super().__init__(reason)
        self.reason = reason


class Crop(NamedTuple):
    """The part of a picture to keep, as fractions of its width and height."""

    x: float
    y: float
    width: float
    height: float


class Logo(NamedTuple):
    """A logo as PNG files. `original` is the whole picture, to be cut again; `picture` is what pages show, `icon` a
    small square, and `printed` has an opaque ground. `width` and `height` are those of `picture`.

    `ground` is where it can be seen: "light", "dark" or "any".
    """

    original: bytes
    picture: bytes
    icon: bytes
    printed: bytes
    width: int
    height: int
    ground: str


class Photo(NamedTuple):
    """A photo as JPEG files: `large` for the screen, of `width` and `height`, and `small` for lists."""

    large: bytes
    small: bytes
    width: int
    height: int


def logo_of(content: bytes, crop: Crop | None = None) -> Logo:
    """A logo of an upload (PNG, JPEG, WebP or SVG, by its content), or of another logo's `original`: the whole picture,
    or its `crop`, without transparent margins. Raises `Unusable`.
    """
    if not looks_like_a_picture(content):
        raise Unusable(TYPE)
    facts, parts = made(content, "logo", crop=crop._asdict() if crop else None, fonts=FONTS)
    named: dict[str, Any] = dict(zip(FILES, parts, strict=True))
    return Logo(**named, **facts)


def photo_of(content: bytes) -> Photo:
    """A photo of an upload (JPEG, PNG or WebP, by its content), upright, without any of its metadata. Raises
    `Unusable`.
    """
    if content[4:].startswith(HEIF):
        raise Unusable(HEIC)
    if not content.startswith(RASTER):
        raise Unusable(TYPE)
    facts, (large, small) = made(content, "photo")
    return Photo(large, small, **facts)


def app_icon_of(svg: bytes, size: int) -> bytes:
    """A square SVG that this program wrote, as a PNG of `size` pixels a side. Raises `Unusable`."""
    _facts, [icon] = made(svg, "app_icon", size=size, fonts=FONTS)
    return icon


def made(content: bytes, kind: str, **wanted) -> tuple[dict, list[bytes]]:
    """The facts and the files of a "logo", "photo" or "app_icon" that the decoder makes. Raises `Unusable`."""
    facts, files = decoded(content, [kind, wanted])
    if "reason" in facts:
        raise Unusable(facts["reason"])
    sizes = facts.pop("sizes")
    starts = [sum(sizes[:place]) for place in range(len(sizes))]
    return facts, [files[start : start + size] for start, size in zip(starts, sizes, strict=True)]


def looks_like_a_picture(content: bytes) -> bool:
    """Whether the first bytes are those of a PNG, JPEG or WebP, or begin XML."""
    return content.startswith(RASTER) or content.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"<")


def decoded(content: bytes, wanted: list) -> tuple[dict, bytes]:
    """What the decoder answers, `{"reason": DEMANDING}` if its own limits or a crash ended it."""
    command = [sys.executable, "-I", str(PROGRAM), json.dumps(wanted)]
    alone: dict[str, Any] = {"stdin": PIPE, "stdout": PIPE, "stderr": DEVNULL, "env": {}, "cwd": "/"}
    with turn(), Popen(command, **alone) as child, ended_after(child, LONGEST):
        answer = answered(child, content)
        child.wait()
    if child.returncode == -SIGKILL:
        raise Unusable(BUSY)
    facts, newline, files = answer.partition(b"\n")
    return (json.loads(facts), files) if newline and child.returncode == 0 else ({"reason": DEMANDING}, b"")


def answered(child: Popen, content: bytes) -> bytes:
    """What it writes once it has read the content; not endlessly much, whatever has become of it."""
    stdin, stdout = cast(BinaryIO, child.stdin), cast(BinaryIO, child.stdout)
    with suppress(BrokenPipeError), stdin:
        stdin.write(content)
    return stdout.read(LARGEST_ANSWER)


@contextmanager
def turn() -> Generator[None]:
    """One of two processes at a time, so that uploads do not take the whole machine."""
    if not _processes.acquire(timeout=PATIENCE):
        raise Unusable(BUSY)
    try:
        yield
    finally:
        _processes.release()


@contextmanager
def ended_after(child: Popen, seconds: float) -> Generator[None]:
    timer = Timer(seconds, child.kill)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
