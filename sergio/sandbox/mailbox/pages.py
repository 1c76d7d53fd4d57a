"""The pages of the mailbox: every email that was sent, newest first, with working links."""

import io
from email.message import EmailMessage
from pathlib import Path

from flask import Blueprint, Flask, Response, abort, current_app, render_template, request, send_file, url_for
from markupsafe import Markup, escape

from sergio.sandbox.mailbox import messages

HERE = Path(__file__).parent.parent
SHOWN = 200
PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; frame-src 'self'"
)
EMAIL_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data: 'self' http://*.localhost:* http://localhost:*; "
    "sandbox allow-popups allow-popups-to-escape-sandbox"
)
bp = Blueprint("mailbox", __name__)


def make_mailbox(folder: Path) -> Flask:
    """The Flask app that shows the emails of a folder."""
    app = Flask("mailbox", root_path=str(HERE), static_folder="static", template_folder="templates")
    app.config["FOLDER"] = Path(folder)
    app.register_blueprint(bp)
    app.after_request(protect)
    return app


def protect(response: Response) -> Response:
    response.headers.setdefault("Content-Security-Policy", PAGE_POLICY)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "no-store"
    return response


@bp.get("/")
def index() -> str:
    whom = request.args.get("to", "").strip()
    files = reversed(messages.files(current_app.config["FOLDER"]))
    rows = [row for file in files if messages.is_for((row := row_of(file))["headers"], whom)]
    return render_template("mailbox/index.html", rows=rows[:SHOWN], count=len(rows), whom=whom)


@bp.get("/messages/<name>")
def show(name: str) -> str:
    file = own_file(name)
    message = messages.read(file)
    return render_template(
        "mailbox/message.html",
        name=name,
        message=message,
        at=messages.received_at(file),
        text=with_links(messages.text_of(message)),
        has_html=bool(messages.html_of(message)),
        attachments=[(n, part.get_filename() or f"part {n}") for n, part in enumerate(message.iter_attachments())],
    )


@bp.get("/messages/<name>/html")
def html(name: str) -> Response:
    """A message's HTML for a frame: no scripts, links open a new page."""
    message = messages.read(own_file(name))
    body = messages.html_of(message)
    for part in message.walk():
        if identifier := str(part["Content-ID"] or "").strip("<> "):
            body = body.replace(f"cid:{identifier}", url_for(".picture", name=name, identifier=identifier))
    return Response(f'<base target="_blank">{body}', headers={"Content-Security-Policy": EMAIL_POLICY})


@bp.get("/messages/<name>/pictures/<identifier>")
def picture(name: str, identifier: str) -> Response:
    for part in messages.read(own_file(name)).walk():
        if str(part["Content-ID"] or "").strip("<> ") == identifier and part.get_content_maintype() == "image":
            return Response(content_of(part), content_type=part.get_content_type())
    abort(404)


@bp.get("/messages/<name>/attachments/<int:number>")
def attachment(name: str, number: int) -> Response:
    parts = list(messages.read(own_file(name)).iter_attachments())
    if number >= len(parts):
        abort(404)
    return send_file(
        io.BytesIO(content_of(parts[number])),
        mimetype=parts[number].get_content_type(),
        as_attachment=True,
        download_name=parts[number].get_filename() or f"part {number}",
    )


def own_file(name: str) -> Path:
    """The file of one message; 404 for any other name, so that no path leads out of the folder."""
    file = current_app.config["FOLDER"] / name
    if not messages.NAME.fullmatch(name) or not file.exists():
        abort(404)
    return file


def row_of(file: Path) -> dict:
    headers = messages.headers_of(file)
    return {
        "name": file.name,
        "headers": headers,
        "to": headers["To"] or headers["X-RcptTo"],
        "subject": headers["Subject"] or "(no subject)",
        "at": messages.received_at(file),
    }


def content_of(part: EmailMessage) -> bytes:
    content = part.get_payload(decode=True)
    return content if isinstance(content, bytes) else part.as_bytes()


def with_links(text: str) -> Markup:
    """Plain text with its URLs as links."""
    pieces, at = [], 0
    for found in messages.URL.finditer(text):
        link = Markup('<a href="{0}" target="_blank" rel="noopener">{0}</a>').format(found.group())
        pieces += [escape(text[at : found.start()]), link]
        at = found.end()
    return Markup("").join([*pieces, escape(text[at:])])
