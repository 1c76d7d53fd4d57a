"""What every request goes through before its company is looked up, and whether it may write."""

from flask import abort, request

from sergio.config import Config
from sergio.extensions import db
from sergio.web.origin import SAFE

FORM = "application/x-www-form-urlencoded"
LARGEST_FORM = 1024 * 1024
"""Bytes of a form without files. The largest is a quote's with a drawn signature, of up to 300,000 characters."""
DEFAULT_PORTS = {"https": ":443", "http": ":80"}


def normalize_host(config: Config):
    """Give the host one spelling: in lower case, and without the port that a browser leaves out of `Origin`.

    That port follows from the browser's scheme. A proxy in front may speak http to us all the same.
    """
    request.host = request.host.lower().removesuffix(DEFAULT_PORTS[config.scheme])


def read_body():
    """Read the body of an unsafe request before a connection is opened or a lock is taken for it (413 if too large).

    Our own server has read it by now; others hand over a request whose body is still on its way.
    """
    if request.method in SAFE:
        return
    if request.mimetype == FORM and (request.content_length or 0) > LARGEST_FORM:
        abort(413)
    request.get_data()


def set_access():
    """Let a safe request (GET, HEAD, OPTIONS) read only; the database itself refuses its writes."""
    db.session.info["read_only"] = request.method in SAFE


def forbid_writing():
    """Let this request read only, whatever its method."""
    db.session.info["read_only"] = True


def allow_writing():
    """Let this request write, even if it is a GET. What it has read is read again, since it may have changed."""
    db.session.rollback()
    db.session.info["read_only"] = False
