"""Noting which websites ask for a company's widget, and which scripts they name.

The request itself writes nothing. What is new is noted in a transaction of its own that waits for no disk, at most once
a day for each website and script in each process, and for so many websites only: anybody can send any name.
"""

import re
from contextlib import suppress
from datetime import date
from importlib import import_module
from threading import Lock
from urllib.parse import urlsplit

from flask import g, request
from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError

from sergio.database.engines import begin_without_disk
from sergio.extensions import db
from sergio.lib import clock, effects
from sergio.widget.models import MOST_HOSTS, WidgetHost, WidgetScript
from sergio.widget.script import Script

HOST = re.compile(r"(?=.{1,253}\Z)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*")
MOST_NOTED = 20_000
_noted: dict[tuple[int, str], date] = {}
_lock = Lock()


def note_website():
    """Note the website whose page asks for the widget; its host only, as `Origin` or `Referer` names it."""
    host = asking_host()
    if host and host != request.host.partition(":")[0] and is_new(f"host {host}") and has_room(host):
        upsert(WidgetHost, {"host": host}, {"seen_on": today()})


def note_script(script: Script):
    """Keep a script that is being served under its fixed name."""
    if is_new(f"script {script.digest}"):
        upsert(WidgetScript, {"digest": script.digest}, {"content": script.content, "served_on": today()})


def asking_host() -> str:
    """The host of the page that asks; empty where the browser does not say, or for what is no name of a host."""
    for header in ("Origin", "Referer"):
        try:
            host = urlsplit(request.headers.get(header, "")).hostname or ""
        except ValueError:
            continue
        if HOST.fullmatch(host):
            return host
    return ""


def is_new(what: str) -> bool:
    """Whether this process has not yet noted it today for this company."""
    if effects.refused.get():  # a preview's cookie came along
        return False
    key = (g.company.id, what)
    with _lock:
        if _noted.get(key) == today():
            return False
        if len(_noted) >= MOST_NOTED:
            _noted.clear()
        _noted[key] = today()
    return True


def has_room(host: str) -> bool:
    """Whether the company's list has this website, or room for another."""
    counts = select(func.count(), func.count().filter(WidgetHost.host == host))
    there, known = db.session.execute(counts.where(WidgetHost.company_id == g.company.id)).one()
    return bool(known) or there < MOST_HOSTS


def upsert(kind: type[WidgetHost | WidgetScript], key: dict, values: dict):
    """Insert the company's row with this key, or change its values. Where the database cannot, nothing is noted."""
    insert = import_module(f"sqlalchemy.dialects.{db.engine.dialect.name}").insert(kind)
    row = insert.values(company_id=g.company.id, **key, **values)
    changed = row.on_conflict_do_update(index_elements=["company_id", *key], set_=values)
    with suppress(DBAPIError), begin_without_disk(db.engine) as connection:
        connection.execute(changed)


def today() -> date:
    return clock.now().date()
