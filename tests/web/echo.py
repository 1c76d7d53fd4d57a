"""Our server with an application that echoes the request: `python -m tests.web.echo serve --port 1 '{…}'`."""

import json
import os
import sys
import time

from werkzeug.routing import Map

from sergio.web import server, shares


class Echo:
    """Responds with its environment and body as JSON, after as many seconds as the path says (`/after/0.5`)."""

    config = {"MAX_CONTENT_LENGTH": 100_000}  # noqa: RUF012
    url_map = Map()
    view_functions: dict = {}  # noqa: RUF012

    def __call__(self, environ, start_response):
        if environ["PATH_INFO"].startswith("/after/"):
            time.sleep(float(environ["PATH_INFO"].rpartition("/")[2]))
        if environ["PATH_INFO"] == "/broken":
            raise RuntimeError("the secret detail")
        told = {name: value for name, value in environ.items() if isinstance(value, str)}
        told["worker"] = os.getpid()
        told["body"] = environ["wsgi.input"].read().decode("latin-1")[:1000]
        text = json.dumps(told).encode()
        start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(text)))])
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [text]


if __name__ == "__main__":
    port = int(sys.argv[3])
    host = sys.argv[4]
    limits = json.loads(sys.argv[5])
    shares.FEW = limits.pop("few", shares.FEW)
    server.serve(Echo, port=port, host=host, **limits)
