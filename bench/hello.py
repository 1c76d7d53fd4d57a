"""The measure of all pages: the smallest Flask application, on Sergio's server with Sergio's settings."""

import sys

from flask import Flask

from sergio.web import server


def create_app() -> Flask:
    app = Flask("hello")
    app.config["MAX_CONTENT_LENGTH"] = 4 * 1024 * 1024
    app.add_url_rule("/up", view_func=lambda: "hello\n")
    return app


if __name__ == "__main__":
    server.serve(create_app, port=int(sys.argv[-1]))
