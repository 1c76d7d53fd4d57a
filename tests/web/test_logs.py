"""The log: one line for each request and job, without personal data."""

import logging
import re

import psycopg
import pytest
from sqlalchemy.exc import IntegrityError

from sergio import jobs
from sergio.extensions import db
from sergio.jobs.registry import REGISTRY
from sergio.web import logs
from tests import factories

LINE = re.compile(r"id=(\S+) company=(\S+) method=(\S+) route=(\S+) status=(\d+) ms=\d+\.\d")


@pytest.fixture
def lines(caplog):
    """The lines about requests, each as (company, method, route, status)."""
    caplog.set_level(logging.INFO, "sergio.requests")
    return lambda: [LINE.fullmatch(r.getMessage()).groups()[1:] for r in caplog.records if r.name == "sergio.requests"]


def test_a_request_is_one_line_with_its_route_instead_of_its_path(lines, visitor, sparkle):
    browser = visitor(sparkle)
    browser.get("/portal/sign-in/a-secret-token?next=ana@example.com")
    browser.get("/portal/invoices/12")
    browser.get("/ana@example.com")
    assert lines() == [
        ("sparkle", "GET", "/portal/sign-in/<token>", "404"),
        ("sparkle", "GET", "/portal/invoices/<int:number>", "303"),
        ("sparkle", "GET", "-", "404"),
    ]


def test_an_unknown_host_or_method_is_not_repeated(app, lines):
    app.test_client().get("/portal/", base_url="https://ana-ruiz.sergio.test")
    app.test_client().open("/portal/", method="ANA-RUIZ", base_url="https://sergio.test")
    assert [line[:2] for line in lines()] == [("-", "GET"), ("-", "-")]


def test_a_request_that_failed_has_its_company_and_its_status(lines, visitor, sparkle, monkeypatch):
    def fail():
        raise ValueError("ana@example.com")

    monkeypatch.setitem(visitor(sparkle).app.view_functions, "public.index", fail)
    visitor(sparkle).get("/")
    assert lines() == [("sparkle", "GET", "/", "500")]


def test_the_id_in_the_line_is_the_one_in_the_response(caplog, visitor, sparkle):
    caplog.set_level(logging.INFO, "sergio.requests")
    response = visitor(sparkle).get("/portal/sign-in")
    assert f"id={response.headers['X-Request-Id']} " in caplog.text


@pytest.mark.parametrize(("works", "outcome"), [(True, "done"), (False, "failed")])
def test_a_job_is_one_line_with_its_outcome(caplog, session, sparkle, work, monkeypatch, works, outcome):
    def act():
        if not works:
            raise ValueError("ana@example.com")

    caplog.set_level(logging.INFO, "sergio.jobs")
    kept = REGISTRY.copy()
    jobs.job("a.test")(act)
    monkeypatch.setattr("sergio.jobs.registry.REGISTRY", kept)
    session.info["company_id"] = sparkle.id
    row = factories.job("a.test")
    db.session.commit()
    job_id, company_id = row.id, sparkle.id
    db.session.commit()
    work()
    REGISTRY.pop("a.test")
    (line,) = [r.getMessage() for r in caplog.records if r.name == "sergio.jobs"]
    assert re.fullmatch(rf"id={job_id} job=a\.test company_id={company_id} outcome={outcome} ms=\d+\.\d", line)


def trace_of(error: Exception) -> str:
    try:
        raise error
    except Exception as raised:
        record = logging.LogRecord("sergio", logging.ERROR, __file__, 1, "failed", None, (type(raised), raised, None))
    return logs.Discreet().format(record)


@pytest.mark.parametrize(
    "error",
    [
        ValueError("Ana Ruiz"),
        KeyError("Ana Ruiz"),
        OSError(5, "Input/output error", "/Ana Ruiz"),
        psycopg.errors.UniqueViolation("Key (name)=(Ana Ruiz) already exists."),
        IntegrityError("INSERT", {"name": "Ana Ruiz"}, psycopg.errors.UniqueViolation("(name)=(Ana Ruiz)")),
    ],
    ids=lambda error: type(error).__name__,
)
def test_a_trace_has_the_place_and_the_kind_but_no_values(error):
    trace = trace_of(error)
    assert "raise error" in trace
    assert type(error).__name__ in trace
    assert "Ana" not in trace


def test_the_cause_of_an_error_is_in_its_trace():
    try:
        try:
            raise OSError(28, "No space left on device")
        except OSError as cause:
            raise RuntimeError from cause
    except RuntimeError as error:
        trace = list(logs.trace_of(error))
    assert "OSError: No space left on device" in trace
    assert trace[-1] == "RuntimeError"


def test_a_line_stays_one_line_and_flasks_own_has_no_path():
    record = logging.LogRecord("sergio", logging.ERROR, __file__, 1, "Exception on %s [%s]", ("/d/token", "GET"), None)
    assert logs.without_path(record)
    assert "token" not in logs.Discreet().format(record)
    record = logging.LogRecord("sergio", logging.ERROR, __file__, 1, "%s", ("two\nlines",), None)
    assert "\n" not in logs.Discreet().format(record)
