"""A request as the application sees it."""

from functools import cached_property

import flask
from flask import current_app, request

from sergio.lib.origin import SAFE

DEFAULT_PORTS = {"https": ":443", "http": ":80"}


class Request(flask.Request):
    """A request whose `host` has one spelling: in lower case, without the port that goes without saying."""

    @cached_property
    def host(self) -> str:
        port = DEFAULT_PORTS[current_app.config["SERGIO"].scheme]  # a proxy may speak http to us for a browser's https
        return super().host.lower().removesuffix(port)


def read_whole():
    """Read the body of an unsafe request before a connection is opened or a lock is taken for it (413 if too large).

    Our own server has read it by now; others hand over a request whose body is still on its way.
    """
    if request.method not in SAFE:
        request.get_data()
