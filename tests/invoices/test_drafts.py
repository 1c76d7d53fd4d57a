"""Drafts on their pages: started, written, saved as you go, by two people at once, previewed, issued and deleted."""

from io import BytesIO

import pytest
from pypdf import PdfReader
from sqlalchemy import select

from sergio.invoices.models import Invoice, InvoiceLine
from tests.invoices import builders
from tests.invoices.fields import fields_of

pytestmark = pytest.mark.usefixtures("clock")
LINE = {
    "line": ["a"],
    "description-a": "Deep clean",
    "quantity-a": "1.5",
    "unit-a": "hours",
    "unit_price-a": "40",
    "tax_rate-a": "8.25%",
    "discount-a": "10%",
}


@pytest.fixture
def draft(ana, session):
    draft = builders.draft(ana)
    session.commit()
    return draft


@pytest.fixture
def olgas(browser_of, olga):
    return browser_of(olga)


def read(session, draft_id) -> Invoice:
    session.rollback()
    session.expire_all()
    return session.get_one(Invoice, draft_id)


def test_a_draft_is_started_for_a_customer_and_only_a_post_keeps_it(olgas, ana, session):
    assert "Ana Ruiz" in olgas.get("/office/invoices/new?q=ana").text
    start = olgas.get("/office/invoices/new?customer=1")
    assert start.status_code == 200
    assert session.scalars(select(Invoice)).all() == []
    made = olgas.post("/office/invoices/new", fields_of(start) | {"title": "Deep clean, May"})
    draft = session.scalars(select(Invoice)).one()
    assert made.location == f"/office/invoices/drafts/{draft.id}"
    assert (draft.title, draft.number, draft.place, draft.terms) == (
        *("Deep clean, May", None, ana.customer.properties[0]),
        ana.company.terms,
    )
    untitled = olgas.post("/office/invoices/new", {"customer": "1", "title": ""})
    assert untitled.status_code == 422
    assert "Enter a title." in untitled.text
    for customer in ("2x", "99", "", str(10**12)):
        assert olgas.get(f"/office/invoices/new?customer={customer}").status_code == 404


def test_what_is_typed_is_saved_with_its_discount_and_tax(olgas, draft, session):
    path = draft.office_path
    saved = olgas.post(path, fields_of(olgas.get(path)) | LINE | {"title": "Deep clean", "notes": "Thanks."})
    assert saved.status_code == 303
    found = read(session, draft.id)
    [line] = found.lines
    assert (found.title, found.notes, found.revision) == ("Deep clean", "Thanks.", 2)
    assert (line.quantity, line.unit_price, line.discount_rate, line.tax_ppm) == (1_500, 4_000, 1_000, 82_500)
    assert found.price.total == 5_400 + 446
    assert "$58.46" in olgas.get(f"{path}/preview").text
    assert "$58.46" in PdfReader(BytesIO(olgas.get(f"{path}.pdf").data)).pages[0].extract_text()


def test_it_is_saved_as_you_go_and_the_page_gets_the_new_revision(olgas, draft, session):
    path = draft.office_path
    form = fields_of(olgas.get(path)) | LINE
    first = olgas.post(f"{path}/saving", form, htmx=True)
    assert "Saved" in first.text
    assert 'id="revision" name="revision" value="2" hx-swap-oob="true"' in first.text
    assert "<html" not in first.text
    second = olgas.post(f"{path}/saving", form | {"revision": "2", "title": ""}, htmx=True)
    assert second.status_code == 422
    assert "Not saved yet." in second.text
    assert read(session, draft.id).revision == 2


def test_of_two_editors_the_second_is_told_and_loses_nothing(olgas, browser_of, nora, draft, session):
    path = draft.office_path
    hers, his = fields_of(olgas.get(path)), fields_of(browser_of(nora).get(path))
    assert browser_of(nora).post(path, his | {"title": "Nora's title"}).status_code == 303
    quiet = olgas.post(f"{path}/saving", hers | {"title": "Olga's title"}, htmx=True)
    assert "Nora Fields changed this draft" in quiet.text
    told = olgas.post(path, hers | {"title": "Olga's title"})
    assert told.status_code == 409
    for words in ("Nora Fields changed this draft", "Nora&#39;s title", "Olga&#39;s title"):
        assert words in told.text
    assert read(session, draft.id).title == "Nora's title"
    assert olgas.post(path, fields_of(told) | {"title": "Olga's title"}).status_code == 303
    assert read(session, draft.id).title == "Olga's title"


def test_the_editors_buttons_work_without_script_and_save_nothing(olgas, draft, session):
    path = draft.office_path
    added = olgas.post(path, fields_of(olgas.get(path)) | {"do": "add"})
    assert added.status_code == 200
    assert len(fields_of(added)["line"]) == 2
    assert read(session, draft.id).revision == 1


def test_it_is_issued_as_it_was_typed_and_then_no_draft_any_more(olgas, draft, session):
    path = draft.office_path
    form = fields_of(olgas.get(path)) | LINE | {"payment_terms": "30", "do": "issue"}
    issued = olgas.post(path, form)
    assert issued.location == "/office/invoices/1/sending"
    found = read(session, draft.id)
    assert (found.number, found.total, (found.due_on - found.issued_on).days) == (1, 5_846, 30)
    for response in (olgas.get(path), olgas.post(path, form), olgas.post(f"{path}/deletion")):
        assert (response.status_code, response.location) == (303, "/office/invoices/1")
    assert read(session, draft.id).number == 1


def test_a_draft_without_lines_is_not_issued(olgas, draft, session):
    path = draft.office_path
    olgas.post(path, {**fields_of(olgas.get(path)), "line": [], "do": "issue"})
    assert "Add at least one line before you issue the invoice." in olgas.get(path).text
    assert read(session, draft.id).number is None


def test_a_draft_is_deleted_with_its_lines(olgas, draft, session):
    assert olgas.post(f"{draft.office_path}/deletion").location == "/office/invoices?show=drafts"
    session.rollback()
    assert session.scalars(select(Invoice)).all() == session.scalars(select(InvoiceLine)).all() == []


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"title": "x" * 201}, "Use at most 200 characters."),
        ({"payment_terms": "custom", "days": "1.5"}, "Enter a number of days from 0 to 365."),
        ({"payment_terms": "day", "due_on": ""}, "Choose the day on which it is due."),
        ({"payment_terms": "day", "due_on": "1999-01-01"}, "Choose the day on which it is due."),
        ({"payment_terms": "99"}, "Not a valid choice"),
        ({"place": "77"}, "Not a valid choice"),
        ({"unit_price-a": "lots"}, "Enter an amount"),
        ({"quantity-a": "0"}, "Enter a quantity above zero"),
        ({"discount-a": "110%"}, "Enter a percentage"),
        ({"notes": "x" * 4001}, "Use at most 4,000 characters."),
        ({"unit_price-a": "-1"}, "The total is below zero."),
    ],
    ids=str,
)
def test_wrong_input_is_told_and_kept(olgas, draft, session, typed, sentence):
    path = draft.office_path
    page = olgas.post(path, fields_of(olgas.get(path)) | LINE | {"title": "Kept title"} | typed)
    assert page.status_code == 422
    assert sentence in page.text
    has_summary = '<div class="notice" data-status="error" role="alert" tabindex="-1" autofocus>' in page.text
    assert has_summary is ("total" not in sentence), "an error of the sum is told beside it"
    if "title" not in typed:
        assert 'value="Kept title"' in page.text
    assert read(session, draft.id).title == "Spring clean"


def test_an_expired_session_keeps_what_was_typed(olgas, draft, session):
    path = draft.office_path
    page = olgas.post(path, fields_of(olgas.get(path)) | LINE | {"title": "Kept title", "csrf_token": "old"})
    assert page.status_code == 422
    for words in ('value="Kept title"', 'value="Deep clean"', "nothing has been sent yet"):
        assert words in page.text
    assert read(session, draft.id).title == "Spring clean"


def test_totals_follow_what_is_typed(olgas, draft):
    page = olgas.post("/office/invoices/totals", LINE | {"currency": "USD"}, htmx=True)
    assert "$58.46" in page.text
    for currency in ("XX", "", "<b>"):
        assert olgas.post("/office/invoices/totals", LINE | {"currency": currency}, htmx=True).status_code == 200


def test_a_new_line_has_the_usual_tax_rate(olgas, ana, sparkle, session):
    sparkle.tax_ppm = 82_500
    draft = Invoice.draft(ana.customer, "New", [], at=builders.ISSUED, by=builders.BY_OLGA)
    session.commit()
    fields = fields_of(olgas.get(draft.office_path))
    assert fields[f"tax_rate-{fields['line'][0]}"] == "8.25%"


def test_a_rival_does_not_find_it(browser_of, world, draft):
    rival = browser_of(world.rita)
    for path in ("", "/preview", ".pdf"):
        assert rival.get(f"{draft.office_path}{path}").status_code == 404
    for path in ("", "/saving", "/deletion"):
        assert rival.post(f"{draft.office_path}{path}", {"title": "Mine"}).status_code == 404


def test_drafts_have_a_tab_with_their_totals(olgas, draft, session):
    page = olgas.get("/office/invoices?show=drafts").text
    for words in ("Spring clean", "$120.00", "Ana Ruiz", draft.office_path):
        assert words in page
    assert "Spring clean" not in olgas.get("/office/invoices").text
