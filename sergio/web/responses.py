"""What every answer carries: security headers, an id, and a body no larger than it needs to be."""

import secrets

from flask import Response, current_app, g, request
from isal import igzip

CONTENT = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "connect-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(self)",
}
HSTS = "max-age=63072000; includeSubDomains"
RETRY_AFTER = {429: "60", 503: "30"}  # seconds, where whoever refuses does not know better
WORTH_COMPRESSING = 500


def name_request():
    """Give the request an id, which the error page and the log both show."""
    g.request_id = secrets.token_hex(6)


def allow(**sources: str):
    """Add sources to this answer's Content-Security-Policy: `allow(script_src="https://js.stripe.com")`."""
    g.content = {**g.get("content", {}), **{name.replace("_", "-"): more for name, more in sources.items()}}


def secure(answer: Response) -> Response:
    """Put the security headers on an answer, whatever it is; one that does not say otherwise is kept nowhere."""
    more = g.get("content", {})
    policy = {name: f"{CONTENT.get(name, '')} {more.get(name, '')}".strip() for name in {**CONTENT, **more}}
    answer.headers.setdefault("Content-Security-Policy", "; ".join(f"{k} {v}" for k, v in policy.items()))
    for name, value in HEADERS.items():
        answer.headers.setdefault(name, value)
    answer.headers.setdefault("Cache-Control", "no-store")
    if answer.status_code in RETRY_AFTER:
        answer.headers.setdefault("Retry-After", RETRY_AFTER[answer.status_code])
    if current_app.config["SERGIO"].scheme == "https":  # a proxy may speak to us without TLS
        answer.headers["Strict-Transport-Security"] = HSTS
    answer.headers["X-Request-Id"] = g.get("request_id", "")
    return answer


def pdf(paper: bytes, name: str) -> Response:
    """A document to keep: the browser saves it under `name`."""
    headers = {"Content-Disposition": f'attachment; filename="{name}.pdf"', "Cache-Control": "no-store"}
    return Response(paper, mimetype="application/pdf", headers=headers)


def compress(answer: Response) -> Response:
    """Gzip a text body worth it, at the level that costs next to nothing; what is streamed stays as it is."""
    if (
        answer.is_streamed
        or answer.direct_passthrough
        or answer.content_encoding
        or not (answer.mimetype or "").startswith("text/")
    ):
        return answer
    answer.vary.add("Accept-Encoding")
    if "gzip" in request.accept_encodings and len(answer.get_data()) > WORTH_COMPRESSING:
        answer.set_data(igzip.compress(answer.get_data(), compresslevel=2))
        answer.content_encoding = "gzip"
    return answer
