"""The company of a request, found by its host only, and the company's current day."""

from collections.abc import Callable
from contextlib import suppress
from datetime import date
from functools import cache

from flask import Flask, abort, g, request
from sqlalchemy import Compiled, Engine, bindparam, select
from sqlalchemy.exc import SQLAlchemyError

from sergio.companies.models import Company
from sergio.config import Config
from sergio.database.driver_reads import scalar_by_driver
from sergio.database.versions import VERSIONS
from sergio.extensions import db
from sergio.lib import clock
from sergio.lib.language import ENGLISH, spoken
from sergio.web.request import normalized

ANY_HOST = ("public.health.up", "public.health.ready", "static")


def subdomain_of_request(config: Config) -> str | None:
    """The subdomain in the request's host, None on the site itself; 404 for a host that is not ours."""
    if request.endpoint in ANY_HOST or request.host == config.root_domain:
        return None
    return subdomain_of(request.host, config) or abort(404)


def host_of(subdomain: str, config: Config) -> str:
    """A company's host; for no subdomain, what comes after one."""
    return f"{subdomain}.{config.root_domain}"


def subdomain_of(host: str, config: Config) -> str | None:
    subdomain, dot, domain = host.partition(".")
    return subdomain if dot and domain == config.root_domain else None


AT_SUBDOMAIN = Company.subdomain == bindparam("subdomain")
OF_COMPANY = VERSIONS.c.company_id == Company.id
VERSION = select(VERSIONS.c.version).join(Company, OF_COMPANY).where(AT_SUBDOMAIN)


def version_finder(app: Flask, config: Config) -> Callable[[str], int | None]:
    """The function that reads the version of the company at a host, before a request has a session: None where there is
    none, or where the database fails, which the request will then find out for itself.

    It uses the driver alone, because this statement is most of what a repeat view costs.
    """

    @cache
    def prepared() -> tuple[Engine, Compiled]:
        with app.app_context():
            engine = db.engines["reading"]
        return engine, VERSION.compile(dialect=engine.dialect)

    def version_at(host: str) -> int | None:
        subdomain = subdomain_of(normalized(host, config), config)
        if subdomain is None:
            return None
        engine, statement = prepared()
        with suppress(SQLAlchemyError, engine.dialect.loaded_dbapi.Error):
            return scalar_by_driver(engine, statement, subdomain=subdomain)

    return version_at


def enter(company: Company | None):
    """Set `g.company`, limit the session to its rows, and use its language."""
    g.company = company
    if company is not None:
        db.session.info["company_id"] = company.id
    spoken.set(company.language if company else ENGLISH)


def company_to_change() -> Company:
    """The request's company, read again and locked until the commit, so that two people's changes follow each other.

    It is not locked for a form that was open for too long (`web/csrf`), which changes nothing.
    """
    if not g.csrf_failed:
        db.session.refresh(g.company, with_for_update=True)
    return g.company


def today() -> date:
    """The current day in the company's time zone, which decides what is due, open or expired."""
    return g.company.day(clock.now())
