"""Attachments of quotes: checked, encrypted, frozen with what is sent, and shown to those who may see them."""

import io

import pytest
from sqlalchemy import func, select, update
from werkzeug.datastructures import FileStorage, MultiDict
from werkzeug.test import encode_multipart

from sergio.extensions import db
from sergio.files.models import StoredFile
from sergio.lib import clock, images
from sergio.lib.canonical import fingerprint
from sergio.lib.refused import Refused
from sergio.quotes import attachment_check, attachment_pages
from sergio.quotes.attachments import JPEG, MOST_ATTACHMENTS, PDF, AttachedFile, QuoteAttachment
from sergio.quotes.change_text import sentences
from sergio.quotes.models import Quote
from tests.browser import SAME_ORIGIN
from tests.factories import by
from tests.lib.photographs import photograph
from tests.quotes import builders
from tests.quotes.test_pdf import text_of

PAGE = "/office/quotes/1/attachments"
THEIRS = "/portal/quotes/1/attachments"
PLAN = AttachedFile("plan.pdf", PDF, b"%PDF-1.7 the plan %%EOF")
PHOTO = AttachedFile("gate.jpg", JPEG, b"the gate", b"small gate", 40, 30)


@pytest.fixture(autouse=True)
def patient(monkeypatch):
    """Tests share their machine, so a picture is only limited by its own time on the processor."""
    monkeypatch.setattr(images, "PATIENCE", 30)
    monkeypatch.setattr(images, "LONGEST", 30)


@pytest.fixture
def now(olga):
    return {"by": by(olga), "at": clock.now()}


@pytest.fixture
def draft(session, ana):
    quote = builders.draft(ana)
    session.commit()
    return quote


def upload(browser, content: bytes, name: str, *others: tuple[bytes, str], **more):
    """POST the form with files, encoded without a temporary file of the test's."""
    fields = MultiDict({"csrf_token": browser.csrf_token(), **more})
    for each, named in ((content, name), *others):
        fields.add("file", FileStorage(io.BytesIO(each), named))
    boundary, body = encode_multipart(fields)
    sent = {"data": body, "content_type": f"multipart/form-data; boundary={boundary}"}
    return browser._open(PAGE, "POST", SAME_ORIGIN, sent)


def files(session) -> int:
    return session.scalar(select(func.count(StoredFile.id)).where(StoredFile.path.startswith("attachments/")))


def changes(quote) -> list[str]:
    return sentences(quote.newest.facts["changes"], quote.company)


def names(quote) -> list[str]:
    return [each["file_name"] for each in quote.newest.facts["attachments"]]


def test_what_is_sent_names_its_attachments_and_the_signature_covers_them(session, ana, draft, now):
    QuoteAttachment.add(draft, PLAN, "Plan of the fence", **now)
    draft.send(**now)
    [frozen] = draft.newest.facts["attachments"]
    wanted = {"title": "Plan of the fence", "file_name": "plan.pdf", "media_type": PDF, "size": len(PLAN.whole)}
    assert frozen | wanted | {"digest": PLAN.digest} == frozen
    draft.accept(ana, builders.SIGNED, [], version=1, shown=132_000, by=by(ana), at=clock.now())
    assert draft.acceptance.offer["attachments"] == [frozen]
    assert draft.acceptance.untouched
    draft.acceptance.offer["attachments"][0]["digest"] = "0" * 64
    assert not draft.acceptance.untouched
    session.rollback()


def test_a_version_keeps_what_the_draft_drops_and_the_next_one_says_so(session, draft, now, ana, browser_of):
    plan = QuoteAttachment.add(draft, PLAN, **now)
    draft.send(**now)
    digest = draft.newest.digest
    plan.remove(draft, **now)
    QuoteAttachment.add(draft, PHOTO, **now)
    assert (names(draft), draft.has_unsent_changes) == (["plan.pdf"], True)
    draft.ask_for_changes(ana, "Where is the gate?", version=1, by=by(ana), at=clock.now())
    draft.revise(**now)
    assert changes(draft) == ["Removed plan.pdf.", "Added gate.jpg."]
    first = draft.versions[0]
    assert (first.digest, fingerprint(first.content)) == (digest, digest)
    session.commit()
    browser = browser_of(ana)
    assert browser.get(f"{THEIRS}/{plan.id}").status_code == 404
    assert browser.get(f"{THEIRS}/{plan.id}?version=1").data == PLAN.whole
    assert f"/attachments/{plan.id}?version=1" in browser.get("/portal/quotes/1?version=1").text


def test_a_new_title_leaves_the_version_that_was_sent(session, draft, now):
    plan = QuoteAttachment.add(draft, PLAN, "Plan", **now)
    draft.send(**now)
    plan.rename(draft, "Final plan", **now)
    assert draft.newest.facts["attachments"][0]["title"] == "Plan"
    draft.revise(**now)
    assert changes(draft) == ["Plan is now called Final plan."]


def test_an_old_version_without_the_key_has_none(session, draft, now, browser_of, ana, tamper):
    draft.send(**now)
    content = draft.newest.content.replace('"attachments":[],', "")
    assert content != draft.newest.content
    tamper(type(draft.newest), content=content)
    session.commit()
    assert "Attachments" not in browser_of(ana).get("/portal/quotes/1").text
    quote = session.scalars(select(Quote)).one()
    QuoteAttachment.add(quote, PLAN, **now)
    quote.ask_for_changes(ana, "A plan?", version=1, by=by(ana), at=clock.now())
    quote.revise(**now)
    assert changes(quote) == ["Added plan.pdf."]


def test_a_file_is_kept_once_until_no_quote_has_it(session, draft, now):
    plan = QuoteAttachment.add(draft, PLAN, **now)
    assert QuoteAttachment.add(draft, PLAN, **now) is plan
    copy = draft.duplicate(**now)
    assert [each.digest for each in copy.attachments] == [PLAN.digest]
    assert files(session) == 1
    plan.remove(draft, **now)
    assert files(session) == 1
    copy.attachments[0].remove(copy, **now)
    assert files(session) == 0


def test_ten_are_enough_and_an_accepted_quote_takes_none(session, ana, draft, now):
    for n in range(MOST_ATTACHMENTS):
        QuoteAttachment.add(draft, AttachedFile("plan.pdf", PDF, b"%d" % n), **now)
    with pytest.raises(Refused, match="up to 10 attachments"):
        QuoteAttachment.add(draft, PLAN, **now)
    draft.send(**now)
    draft.accept(ana, builders.SIGNED, [], version=1, shown=132_000, by=by(ana), at=clock.now())
    with pytest.raises(Refused, match="was accepted"):
        draft.attachments[0].remove(draft, **now)


def test_a_picture_is_encoded_anew_and_nothing_is_locked_meanwhile(browser_of, session, olga, draft, monkeypatch):
    held = []
    checked = attachment_pages.AttachmentForm.checked

    def watched(form):
        held.append(db.session.registry().in_transaction())
        return checked(form)

    monkeypatch.setattr(attachment_pages.AttachmentForm, "checked", watched)
    office = browser_of(olga)
    taken = photograph()
    assert b"needle" in taken
    assert upload(office, taken, "../gate.png", title="The gate").status_code == 303
    assert held == [False]
    session.expire_all()
    [row] = session.scalars(select(QuoteAttachment))
    assert (row.file_name, row.title, row.media_type) == ("gate.jpg", "The gate", JPEG)
    answer = office.get(f"{PAGE}/{row.id}")
    assert b"needle" not in answer.data
    assert answer.data.startswith(b"\xff\xd8\xff")
    assert office.get(f"{PAGE}/{row.id}/small.jpg").mimetype == JPEG
    assert PLAN.whole not in session.scalars(select(StoredFile.encrypted)).first()
    office.post(f"{PAGE}/{row.id}/title", {"title": "Our gate"})
    assert "Our gate" in office.get("/office/quotes/1/edit").text
    office.post(f"{PAGE}/{row.id}/removal")
    assert files(session) == 0
    activity = office.get("/office/activity").text
    for words in ("Added an attachment", "Renamed an attachment", "Removed an attachment"):
        assert words in activity


def pdf(n: int) -> tuple[bytes, str]:
    return b"%PDF-1.7 " + b"%d" % n + b" %%EOF", f"plan {n}.pdf"


def test_ten_files_are_added_at_once_and_no_eleventh(browser_of, session, olga, draft):
    office = browser_of(olga)
    page = upload(office, *pdf(0), *map(pdf, range(1, 11)))
    assert page.status_code == 422
    assert "Choose up to 10 files at a time." in page.text
    assert files(session) == 0
    page = upload(office, *pdf(0), *map(pdf, range(1, 10)), title="Not for all of them")
    assert page.status_code == 303
    rows = session.scalars(select(QuoteAttachment).order_by(QuoteAttachment.id)).all()
    assert [(row.file_name, row.title) for row in rows] == [(f"plan {n}.pdf", "") for n in range(10)]
    assert "10 files are attached." in office.get(PAGE).text
    refused = upload(office, *pdf(11))
    assert refused.status_code == 303
    assert "up to 10 attachments" in office.get(PAGE).text
    assert files(session) == 10


def test_a_file_that_cannot_be_read_loses_no_other(browser_of, session, olga, draft):
    page = upload(browser_of(olga), *pdf(0), (b"<svg/>", "fence.svg"), pdf(1))
    assert page.status_code == 422
    assert "2 files are attached." in page.text
    assert "fence.svg: This file is not a JPEG" in page.text
    assert files(session) == 2


@pytest.mark.parametrize("count", [1, 10])
def test_the_pdf_lists_them(browser_of, session, ana, draft, now, count):
    for n in range(count):
        QuoteAttachment.add(draft, AttachedFile(f"plan-{n}.pdf", PDF, pdf(n)[0]), "Plan (1)" if n == 0 else "", **now)
    draft.send(**now)
    session.commit()
    printed = text_of(browser_of(ana).get("/portal/quotes/1.pdf"))
    assert "Attachments, in the portal" in printed
    for name in ("Plan (1)", *(f"plan-{n}.pdf" for n in range(1, count))):
        assert name in printed


def test_a_file_that_was_changed_or_lost_is_a_difference(session, draft, now):
    QuoteAttachment.add(draft, PHOTO, **now)
    session.commit()
    assert list(attachment_check.differences()) == []
    StoredFile.delete_under(draft.company_id, f"attachments/{PHOTO.digest}/", ())
    StoredFile.store_once(draft.company_id, f"attachments/{PHOTO.digest}/whole", b"another gate", at=now["at"])
    session.commit()
    name = f"sparkle, attachment {PHOTO.digest[:12]}"
    assert list(attachment_check.differences()) == [
        f"{name} (whole): its file is not the one that was uploaded",
        f"{name} (small): its file is missing",
    ]
    session.execute(update(StoredFile).where(StoredFile.company_id == draft.company_id).values(encrypted=b"0" * 50))
    session.commit()
    assert f"{name} (whole): its file cannot be read" in list(attachment_check.differences())


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "not a JPEG, PNG, or WebP picture, and not a PDF."),
        (b"%PDF-1.7 that breaks off", "This file is damaged or incomplete"),
        (b"", "Choose a file first."),
        (b"%PDF-" + bytes(10 * 1024 * 1024), "This file is larger than 10 MB."),
    ],
)
def test_what_cannot_be_attached_is_told_beside_the_field(browser_of, session, olga, draft, content, sentence):
    page = upload(browser_of(olga), content, "plan.pdf", title="My title")
    assert page.status_code == 422
    assert sentence in page.text
    assert "My title" in page.text
    assert files(session) == 0


def test_the_builder_saves_the_draft_before_files_are_added(browser_of, session, olga, draft):
    office = browser_of(olga)
    line = {"line": "a", "a-description": "Fence", "a-quantity": "1", "a-unit_price": "10"}
    words = {"title": "A longer fence", "valid_until": draft.valid_until.isoformat(), "revision": draft.revision}
    page = office.post("/office/quotes/1/edit", {**words, **line, "do": "attach"})
    assert page.location.endswith(PAGE)
    session.expire_all()
    assert session.scalars(select(Quote)).one().title == "A longer fence"
    page = upload(office, bytes(12 * 1024 * 1024), "film.pdf")
    assert "Files can have 10 MB together." in office.get(page.location).text


def test_the_customer_gets_them_and_no_other_does(browser_of, world, session, ana, ben, draft, now, outbox):
    plan = QuoteAttachment.add(draft, PLAN, "Plan <1>", **now)
    photo = QuoteAttachment.add(draft, PHOTO, **now)
    draft.send(**now)
    session.commit()
    assert "2 attachments in the portal" in outbox.emails[-1].text
    theirs = browser_of(ana)
    page = theirs.get("/portal/quotes/1").text
    assert "Plan &lt;1&gt;" in page
    assert f"{THEIRS}/{photo.id}/small.jpg" in page
    answer = theirs.get(f"{THEIRS}/{plan.id}")
    assert (answer.data, answer.mimetype) == (PLAN.whole, PDF)
    assert answer.headers["Content-Disposition"] == "attachment; filename*=UTF-8''plan.pdf"
    assert answer.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert theirs.get(f"{THEIRS}/{photo.id}/small.jpg").data == PHOTO.small
    assert theirs.get(f"{THEIRS}/{plan.id}/small.jpg").status_code == 404
    for stranger in (ben, world.cleo):
        assert browser_of(stranger).get(f"{THEIRS}/{plan.id}").status_code == 404
    assert "Plan &lt;1&gt;" in browser_of(world.olga).get("/office/quotes/1").text
    assert browser_of(world.rita).get(f"{PAGE}/{plan.id}").status_code == 404


def test_attachments_take_no_more_statements(browser_of, session, ana, draft, now, statements):
    QuoteAttachment.add(draft, PHOTO, **now)
    draft.send(**now)
    session.commit()
    browser = browser_of(ana)
    with statements() as seen:
        assert browser.get("/portal/quotes/1").status_code == 200
    assert len(seen) == 2
