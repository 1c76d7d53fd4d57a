"""The audit trail of drafts that are saved as you go: one entry for what a person changes within some minutes."""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from sergio.audit.models import AuditEntry
from sergio.invoices.models import Invoice
from sergio.lib.clock import now
from tests.factories import by
from tests.invoices import builders as invoices
from tests.quotes import builders as quotes

MINUTE = timedelta(minutes=1)


@pytest.fixture
def clock():
    """The clock of the program, stopped; `clock.move_to(...)` sets it."""
    with time_machine.travel(now(), tick=False) as traveller:
        yield traveller


@pytest.fixture
def edit(session, ana, request):
    """`edit(title, who, at)` changes the title of a draft, of a quote or of an invoice."""
    drafts = {"quote": quotes.draft, "invoice": invoices.draft}
    draft = drafts[request.param](ana)
    session.commit()

    def change(title: str, who, at):
        if request.param == "quote":
            draft.edit(title=title, by=by(who), at=at)
        else:
            session.scalars(Invoice.locked(draft.id)).one().edit({"title": title}, [], by=by(who), at=at)
        session.commit()

    change.draft = draft
    return change


both = pytest.mark.parametrize("edit", ["quote", "invoice"], indirect=True)


def entries(session) -> list[tuple]:
    """Who changed the title from what to what."""
    session.commit()
    rows = session.scalars(select(AuditEntry).where(AuditEntry.action == "edited").order_by(AuditEntry.id))
    return [(row.actor_name, row.before["title"], row.after["title"]) for row in rows]


@both
def test_what_one_person_types_within_minutes_is_two_entries_that_say_all(edit, session, olga, clock, work):
    was, start = edit.draft.title, now()
    for second in range(8):
        edit(f"Title {second}", olga, start + second * MINUTE)
    assert entries(session) == [("Olga Petrova", was, "Title 0")]
    clock.move_to(start + 9 * MINUTE)
    work()
    assert len(entries(session)) == 1
    clock.move_to(start + 11 * MINUTE)
    work()
    assert entries(session) == [("Olga Petrova", was, "Title 0"), ("Olga Petrova", "Title 0", "Title 7")]
    clock.move_to(start + 60 * MINUTE)
    work()
    assert len(entries(session)) == 2


@both
def test_a_colleague_who_goes_on_ends_the_entry_before(edit, session, olga, nora):
    was, start = edit.draft.title, now()
    edit("One", olga, start)
    edit("Two", olga, start + MINUTE)
    edit("Three", nora, start + 2 * MINUTE)
    assert entries(session) == [
        ("Olga Petrova", was, "One"),
        ("Olga Petrova", "One", "Two"),
        ("Nora Fields", "Two", "Three"),
    ]


@both
def test_later_changes_are_an_entry_of_their_own(edit, session, olga):
    was, start = edit.draft.title, now()
    edit("One", olga, start)
    edit("Two", olga, start + 10 * MINUTE)
    assert entries(session) == [("Olga Petrova", was, "One"), ("Olga Petrova", "One", "Two")]


@pytest.mark.parametrize("edit", ["quote"], indirect=True)
def test_what_is_sent_was_noted_before(edit, session, olga):
    was, start = edit.draft.title, now()
    edit("One", olga, start)
    edit("Two", olga, start + MINUTE)
    edit.draft.send(by=by(olga), at=start + 2 * MINUTE)
    assert entries(session) == [("Olga Petrova", was, "One"), ("Olga Petrova", "One", "Two")]
    actions = list(session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)))
    assert actions == ["drafted", "edited", "edited", "sent"]
    edit("Three", olga, start + 3 * MINUTE)
    edit.draft.revise(title="Four", by=by(olga), at=start + 4 * MINUTE)
    assert entries(session)[2:] == [("Olga Petrova", "Two", "Three")]


@pytest.mark.parametrize("edit", ["invoice"], indirect=True)
@pytest.mark.parametrize("end", ["issued", "deleted"])
def test_a_draft_that_is_gone_is_noted_as_it_was(edit, session, olga, clock, work, end):
    start = now()
    edit("One", olga, start)
    edit("Two", olga, start + MINUTE)
    draft = session.scalars(Invoice.locked(edit.draft.id)).one()
    if end == "issued":
        draft.copy_lines(quotes.lines())
        draft.finalize(by=by(olga), at=start + 2 * MINUTE)
    else:
        draft.delete(by=by(olga), at=start + 2 * MINUTE)
    session.commit()
    clock.move_to(start + 30 * MINUTE)
    work()
    last = session.scalars(select(AuditEntry).where(AuditEntry.subject == "invoice").order_by(AuditEntry.id)).all()[-1]
    assert (last.action, (last.before | last.after)["title"]) == (end, "Two")
