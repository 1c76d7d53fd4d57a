"""Sergio, a customer portal for field-service companies: the application factory."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    from sergio.config import Config


def create_app(config: Config | None = None) -> Flask:
    """The application, loaded without garbage collections: each would only look through all that was loaded."""
    from sergio.config import Config

    gc.disable()
    try:
        return assemble(config or Config.from_environment())
    finally:
        gc.enable()


def assemble(config: Config) -> Flask:
    """Settings, hooks around each request, extensions, and the four doors."""
    from sergio.web.app import App

    app = App("sergio", static_folder=None, instance_path=str(config.instance.resolve()))
    app.config.from_mapping(flask_settings(config))
    surround_requests(app, config)
    bind_extensions(app)
    open_doors(app)
    return app


def flask_settings(config: Config) -> dict:
    """The settings of Flask and its extensions, from our own."""
    from sergio.auth.models import IDLE
    from sergio.database import engines
    from sergio.outbox import smtp

    return {
        "SERGIO": config,
        "SECRET_KEY": config.signing_key(),
        "TESTING": config.env == "testing",
        "MAX_CONTENT_LENGTH": 4 * 1024 * 1024,
        "SESSION_COOKIE_NAME": "__Host-session",
        "SESSION_COOKIE_SECURE": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_REFRESH_EACH_REQUEST": False,
        "SESSION_PROTECTION": None,  # of Flask-Login's own sign-ins; ours are rows
        "PERMANENT_SESSION_LIFETIME": IDLE,
        "WTF_CSRF_CHECK_DEFAULT": False,  # sergio.web.csrf checks
        "WTF_CSRF_TIME_LIMIT": None,
        "WTF_CSRF_SSL_STRICT": False,
        **smtp.settings(config),
        **engines.settings(config.database_url, config.database_path, config.cipher_key),
    }


def bind_extensions(app: Flask):
    """Bind the extensions to this app."""
    from sergio.auth.preview import preview_of_page
    from sergio.companies.public import company_of_page
    from sergio.extensions import db, login
    from sergio.jobs import wake
    from sergio.outbox.smtp import mail
    from sergio.web import csrf, formats, limits

    formats.init_app(app)
    app.context_processor(company_of_page)
    app.context_processor(preview_of_page)
    for extension in (db, csrf, login, mail, wake):
        extension.init_app(app)
    limits.init_app(app, app.config["SERGIO"].redis_url)
    formats.offer_macros(app)


def surround_requests(app: Flask, config: Config):
    """Add the hooks before every request (they run in this order, before those of the extensions) and after it (in the
    opposite order).
    """
    from sergio.auth.preview import begin_if_previewed
    from sergio.auth.requester import find_requester
    from sergio.companies.current import version_finder
    from sergio.web import assets, errors, logs, origin, proxies, responses, revalidation
    from sergio.web.request import normalize_host, read_body, set_access

    revalidation.init_app(app, version_finder(app, config))
    proxies.init_app(app, config.proxies)
    logs.init_app(app)
    app.before_request(responses.assign_request_id)
    app.before_request(lambda: normalize_host(config))
    app.before_request(read_body)
    app.before_request(set_access)
    app.before_request(lambda: find_requester(config))
    app.before_request(begin_if_previewed)
    app.before_request(logs.note_company)
    app.before_request(lambda: origin.require_same_origin(config))
    app.after_request(responses.secure)
    app.after_request(responses.compress)
    errors.init_app(app)
    assets.init_app(app, reread=config.env == "development")


def open_doors(app: Flask):
    """Register the four doors, and the static files."""
    from sergio import api, office, portal, public
    from sergio.web.assets import static
    from sergio.web.routing import RowNumber

    app.url_map.converters["int"] = RowNumber
    for door in (portal, office, api, public):
        app.register_blueprint(door.bp)
    app.add_url_rule("/static/<path:name>", "static", static)
