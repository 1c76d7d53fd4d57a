"""Every action has an audit entry, in its own transaction."""

import pytest
from sqlalchemy import select

from sergio.audit.actor import BY_SYSTEM
from sergio.audit.models import AuditEntry
from sergio.lib import clock
from sergio.lib.refused import Refused
from tests.factories import by
from tests.quotes.builders import SIGNED, acceptance, draft, lines, total


def entries(session) -> list[AuditEntry]:
    session.flush()
    return list(session.scalars(select(AuditEntry).order_by(AuditEntry.id)))


def test_each_action_has_an_audit_entry(session, ana, olga):
    how = {"by": by(olga), "at": clock.now()}
    hers = {"by": by(ana), "at": clock.now()}
    quote = draft(ana)
    quote.edit(lines()[:2], title="Fence", **how)
    quote.send(**how)
    quote.ask_for_changes(ana, "Blue", version=1, **hers)
    quote.decline(ana, "No", version=1, **hers)
    quote.revise(lines(), **how)
    quote.withdraw(**how)
    quote.revise(**how)
    quote.accept(ana, SIGNED, [], version=3, shown=total(quote), **hers)
    found = entries(session)
    assert [(entry.action, entry.actor_name) for entry in found] == [
        ("drafted", "Sergio"),
        ("edited", "Olga Petrova"),
        ("sent", "Olga Petrova"),
        ("changes_requested", "Ana Ruiz"),
        ("declined", "Ana Ruiz"),
        ("revised", "Olga Petrova"),
        ("withdrawn", "Olga Petrova"),
        ("revised", "Olga Petrova"),
        ("accepted", "Ana Ruiz"),
    ]
    assert {(entry.subject, entry.subject_id, entry.number) for entry in found} == {("quote", quote.id, 1)}
    edited, sent, revised, accepted = (found[place] for place in (1, 2, 5, 8))
    assert {entry.after["currency"] for entry in (edited, sent, revised, accepted)} == {"USD"}
    assert (edited.before["title"], edited.after["title"]) == ("Garden fence", "Fence")
    assert sent.after["digest"] == revised.before["digest"] == quote.versions[0].digest
    assert revised.after["digest"] == quote.versions[1].digest
    assert (accepted.after["total"], accepted.after["digest"]) == (132_000, quote.acceptance.digest)


def test_a_customers_entry_has_their_ip_address_and_request_id(browser_of, session, ana, quote):
    browser_of(ana).post("/portal/quotes/1/acceptance", acceptance(quote))
    entry = entries(session)[-1]
    assert (entry.action, entry.actor_kind, entry.actor_id, entry.ip_address) == (
        "accepted",
        "contact",
        ana.id,
        "127.0.0.1",
    )
    assert entry.request_id


def test_a_refused_action_has_no_audit_entry(session, ana, quote):
    before = len(entries(session))
    with pytest.raises(Refused):
        quote.send(by=BY_SYSTEM, at=clock.now())
    assert len(entries(session)) == before
