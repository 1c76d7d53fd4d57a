"""QR codes: what is drawn is the code, with its quiet zone, and always the same."""

import re

import segno

from sergio.lib import qr

URL = "https://sparkle.sergio.app/portal/invoices/1042/pay"


def test_the_drawing_has_just_the_dark_modules_of_the_code():
    code = segno.make(URL, error="m", micro=False, boost_error=False)
    dark = {(x, y) for y, row in enumerate(code.matrix_iter(border=4)) for x, module in enumerate(row) if module}
    bars = re.findall(r"M(\d+) (\d+)h(\d+)v1", qr.svg(URL))
    drawn = [(int(x) + offset, int(y)) for x, y, width in bars for offset in range(int(width))]
    assert len(drawn) == len(set(drawn))
    assert set(drawn) == dark


def test_four_modules_around_it_are_light():
    size = int(re.search(r'viewBox="0 0 (\d+) ', qr.svg(URL))[1])
    bars = [tuple(map(int, found)) for found in re.findall(r"M(\d+) (\d+)h(\d+)v1", qr.svg(URL))]
    assert (min(x for x, _y, _w in bars), min(y for _x, y, _w in bars)) == (4, 4)
    assert max(x + width for x, _y, width in bars) == size - 4


def test_it_is_the_same_each_time():
    assert qr.svg(URL) == qr.svg(URL)
