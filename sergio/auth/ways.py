"""The ways into the portal that a company can offer. Their links carry a mark, `?from=qr`, which the sign-in keeps."""

from urllib.parse import parse_qs, urlsplit

LINK, WIDGET, QR, TEXT_MESSAGE, SIGNATURE = WAYS = ("link", "widget", "qr", "sms", "signature")
MARK = "from"


def marked(path: str, way: str) -> str:
    return f"{path}?{MARK}={way}"


def way_in(path: str) -> str:
    """The way by which somebody came who first opened that path of the portal; empty for any other path."""
    try:
        found = parse_qs(urlsplit(path).query).get(MARK, [""])[0]
    except ValueError:
        return ""
    return found if found in WAYS else ""
