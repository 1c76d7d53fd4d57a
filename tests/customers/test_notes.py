"""The office's notes on a customer: written, changed, pinned and deleted, and never seen by customers."""

import re

from sqlalchemy import select

from sergio.audit.models import AuditEntry
from sergio.customers.note import CustomerNote
from sergio.extensions import db

NOTES, PAGE = "/office/customers/1/notes", "/office/customers/1"


def card_of(page: str) -> str:
    return page[page.index('id="notes"') : page.index('id="appointments"')]


def notes() -> list[CustomerNote]:
    db.session.expire_all()
    return list(db.session.scalars(select(CustomerNote).order_by(CustomerNote.id)))


def test_notes_are_shown_the_latest_first_with_who_wrote_them(browser_of, ana, olga, nora, session):
    session.commit()
    browser_of(olga).post(NOTES, {"text": "Key under the <mat>"})
    page = browser_of(nora).post(NOTES, {"text": "Two dogs\r\nboth friendly"}, follow_redirects=True).text
    card = card_of(page)
    assert card.index("Two dogs\nboth friendly") < card.index("Key under the &lt;mat&gt;")
    assert re.search(r"Nora Fields, \w+", card)
    assert "Two dogs" not in browser_of(ana).get("/portal/").text


def test_one_note_can_be_pinned_on_top(browser_of, ana, olga):
    browser = browser_of(olga)
    for text in ("First", "Second", "Third"):
        browser.post(NOTES, {"text": text})
    first, second, _third = notes()
    for note in (first, second):
        browser.post(f"{NOTES}/{note.id}/pin")
    assert [note.text for note in notes() if note.pinned] == ["Second"]
    page = browser.get(PAGE).text
    card = card_of(page)
    assert card.index("Second") < card.index("Third") < card.index("First")
    browser.post(f"{NOTES}/{second.id}/unpin")
    assert not any(note.pinned for note in notes())


def test_a_note_is_changed_and_deleted_and_the_log_says_so(browser_of, ana, olga, session):
    browser = browser_of(olga)
    browser.post(NOTES, {"text": "Key under the mat"})
    [note] = notes()
    assert "Key under the mat" in browser.get(f"{NOTES}/{note.id}").text
    page = browser.post(f"{NOTES}/{note.id}", {"text": "Key with the neighbor"}, follow_redirects=True).text
    assert "changed by Olga Petrova" in page
    browser.post(f"{NOTES}/{note.id}/deletion")
    assert notes() == []
    entries = select(AuditEntry.action, AuditEntry.after).where(AuditEntry.subject == "customer_note")
    assert [row.action for row in session.execute(entries.order_by(AuditEntry.id))] == ["created", "changed", "deleted"]


def test_an_empty_or_endless_note_is_refused_with_a_sentence(browser_of, ana, olga):
    browser = browser_of(olga)
    for text, sentence in ((" ", "Write the note first."), ("x" * 4001, "longer than 4000")):
        response = browser.post(NOTES, {"text": text})
        assert response.status_code == 422
        assert sentence in response.text
    assert notes() == []


def test_a_note_of_another_customer_is_not_found_under_this_one(browser_of, ana, ben, olga):
    browser = browser_of(olga)
    browser.post("/office/customers/2/notes", {"text": "Ben's"})
    [note] = notes()
    for path in (f"{NOTES}/{note.id}", f"{NOTES}/{note.id}/deletion", f"{NOTES}/{note.id}/pin"):
        assert browser.post(path, {"text": "x"}).status_code == 404
    assert notes()[0].text == "Ben's"


def test_two_people_who_change_a_note_lose_nothing(browser_of, ana, olga, nora, session):
    session.commit()
    hers, theirs = browser_of(olga), browser_of(nora)
    hers.post(NOTES, {"text": "Old"})
    path = f"{NOTES}/{notes()[0].id}"
    theirs.post(path, {"text": "Theirs", "seen": '{"text": "Old"}'})
    response = hers.post(path, {"text": "Hers", "seen": '{"text": "Old"}'})
    assert response.status_code == 422
    assert "Someone else just changed this to “Theirs”. Save again to keep yours." in response.text
    assert "Hers" in response.text
