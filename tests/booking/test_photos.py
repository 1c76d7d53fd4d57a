"""Photos of appointments: uploaded by staff, cleaned, and shown to those who may see them."""

import io
from functools import partial

import pytest
from PIL import Image
from sqlalchemy import func, select

from sergio.booking import on_site, photo_check
from sergio.booking.models import Appointment
from sergio.booking.photos import MOST_PHOTOS, AppointmentPhoto
from sergio.database.engines import Session
from sergio.extensions import db
from sergio.files.models import StoredFile
from sergio.lib import images
from sergio.lib.images import Photo
from sergio.staff.models import TECHNICIAN
from tests import factories
from tests.booking import uploads
from tests.booking.builders import actor, appointment, at
from tests.lib.hostile_pictures import NEEDLE, UPLOADS
from tests.lib.photographs import photograph

PAGE = "/office/schedule/1"
PHOTOS = f"{PAGE}/photos"
THEIRS = "/portal/appointments/1/photos"


@pytest.fixture(autouse=True)
def patient(monkeypatch):
    """Tests share their machine, so a photo is only limited by its own time on the processor."""
    monkeypatch.setattr(images, "PATIENCE", 30)
    monkeypatch.setattr(images, "LONGEST", 30)


@pytest.fixture
def mine(clock, ana, theo, cleaning):
    """Ana's deep clean by Theo, this morning."""
    made = appointment(cleaning, ana, theo, at(23, 9))
    clock.move_to(at(23, 12))
    return made


@pytest.fixture
def van(browser_of, theo, mine):
    """Theo's phone."""
    return browser_of(theo)


def upload(browser, *contents: bytes, **more):
    return uploads.upload(browser, PHOTOS, *contents, **{"kind": "before", **more})


def photos(session) -> list[AppointmentPhoto]:
    session.commit()
    session.expire_all()
    return list(session.scalars(select(AppointmentPhoto).order_by(AppointmentPhoto.id)))


def files(session) -> int:
    return session.scalar(select(func.count(StoredFile.id)).where(StoredFile.path.startswith("appointments/")))


def test_a_photo_is_upright_small_enough_and_says_nothing_of_where_it_was_taken(van, session):
    taken = photograph((3000, 2000), orientation=6)
    assert b"needle" in taken
    assert upload(van, taken, caption="The oven").status_code == 303
    [photo] = photos(session)
    assert (photo.kind, photo.caption, photo.public, photo.by) == ("before", "The oven", False, "Theo Laurent")
    for size, box in (("", (1333, 2000)), ("/small", (320, 480))):
        response = van.get(f"{PHOTOS}/{photo.id}{size}.jpg")
        assert response.mimetype == "image/jpeg"
        image = Image.open(io.BytesIO(response.data))
        assert image.size == box
        assert not image.getexif()
        assert "exif" not in image.info
        assert b"needle" not in response.data
        red, _green, blue = image.convert("RGB").getpixel((image.width // 2, 10))
        assert red > 200 > blue  # what was on the left is on top
    assert files(session) == 2


def test_a_file_that_cannot_be_read_loses_no_other(van, session):
    page = upload(van, photograph(), b"<svg xmlns='http://www.w3.org/2000/svg'/>", photograph(color="#0000ff"))
    assert page.status_code == 422
    assert "2 photos are saved." in page.text
    assert "photo 1.jpg: This file is not a JPEG, PNG, or WebP photo." in page.text
    assert len(photos(session)) == 2


def test_a_photo_sent_again_is_the_same(van, session):
    for _try in range(2):
        assert upload(van, photograph()).status_code == 303
    assert len(photos(session)) == 1


@pytest.mark.parametrize(
    ("contents", "sentence"),
    [
        ([], "Choose a photo first."),
        ([b"<html><script>alert(1)</script>"], "This file is not a JPEG, PNG, or WebP photo."),
        ([b"\0\0\0\x18ftypheic" + bytes(100)], "On an iPhone, choose Settings, Camera"),
        ([UPLOADS["a png of 13000 by 13000"]()], "This photo has too many pixels."),
        ([UPLOADS["a png that breaks off"]()], "This photo is damaged or incomplete"),
        ([photograph()] * 11, "Choose up to 10 photos at a time."),
        ([photograph() + bytes(15 * 1024 * 1024)], "This photo is larger than 15 MB."),
    ],
)
def test_what_is_no_photo_is_told_beside_the_field(van, session, contents, sentence):
    page = upload(van, *contents, caption="My caption")
    assert page.status_code == 422
    assert sentence in page.text.replace("&#39;", "'")
    assert "My caption" in page.text
    assert photos(session) == []
    assert files(session) == 0


def test_a_request_larger_than_all_is_not_read(van, session):
    page = upload(van, bytes(17 * 1024 * 1024))
    assert page.status_code == 303
    assert page.location.endswith("/photos?too_large=1")
    assert "Send fewer at a time." in van.get(page.location).text


def test_control_other_forms_are_not_that_large(van):
    page = van.post(f"{PAGE}/notes", {"text": "x" * (5 * 1024 * 1024)})
    assert page.status_code == 413


def test_nothing_is_locked_while_a_photo_is_decoded(van, session, monkeypatch):
    held = []
    decoded = on_site.UploadForm.decoded

    def watched(form):
        held.append(db.session.registry().in_transaction())
        return decoded(form)

    monkeypatch.setattr(on_site.UploadForm, "decoded", watched)
    assert upload(van, photograph()).status_code == 303
    assert held == [False]


def test_thirty_are_enough(van, session, mine, theo):
    for n in range(MOST_PHOTOS):
        keep(mine, theo, content=b"%d" % n)
    session.commit()
    page = upload(van, photograph())
    assert page.status_code == 422
    assert len(photos(session)) == MOST_PHOTOS
    assert "An appointment can have up to 30 photos." in page.text


@pytest.fixture
def last_place(at_once, mine, theo):
    """`last_place()`: two photos are added at once to all but one that an appointment can have; what became of each."""
    for n in range(MOST_PHOTOS - 1):
        keep(mine, theo, content=b"%d" % n)
    by, mine_id = actor(theo), mine.id

    def add(content: bytes):
        photo = Photo(content, content, 1, 1)
        row = db.session.get_one(Appointment, mine_id)
        AppointmentPhoto.add(row, photo, by=by, now=at(23, 12), kind="after", caption="", public=False)

    return lambda: at_once(partial(add, b"one"), partial(add, b"two"))


def test_two_uploads_at_once_of_the_last_place_keep_one(last_place, session):
    assert last_place() == ["An appointment can have up to 30 photos.", "done"]
    assert len(photos(session)) == MOST_PHOTOS


def test_control_without_the_lock_both_are_kept(last_place, session, monkeypatch):
    monkeypatch.setattr(Session, "refresh", lambda *args, **more: None)
    uploads.store_after_both_counted(monkeypatch)
    assert last_place() == ["done", "done"]
    assert len(photos(session)) == MOST_PHOTOS + 1


def keep(mine, theo, *, content: bytes = b"a photo", public=False, kind="before") -> AppointmentPhoto:
    """A photo whose file is not one, for tests of who may see it."""
    photo = Photo(content, content + b", small", 40, 30)
    return AppointmentPhoto.add(
        mine, photo, by=actor(theo), now=at(23, 12), kind=kind, caption="<The oven>", public=public
    )


def test_a_public_photo_is_for_the_customer_only(session, browser_of, visitor, world, ana, theo, mine, olga):
    public, internal = keep(mine, theo, content=b"one", public=True), keep(mine, theo, content=b"two")
    session.commit()
    page = browser_of(ana).get("/portal/appointments/1").text
    assert f"{THEIRS}/{public.id}/small.jpg" in page
    assert "&lt;The oven&gt;" in page
    assert f"{THEIRS}/{internal.id}" not in page
    assert f"{THEIRS}/{public.id}/small.jpg" in browser_of(ana).get("/portal/history").text
    assert browser_of(ana).get(f"{THEIRS}/{public.id}.jpg").data == b"one"
    assert browser_of(ana).get(f"{THEIRS}/{internal.id}.jpg").status_code == 404
    for stranger in (world.ben, world.cleo):
        assert browser_of(stranger).get(f"{THEIRS}/{public.id}.jpg").status_code == 404
    assert visitor(mine.company).get(f"{THEIRS}/{public.id}.jpg").status_code == 303
    assert browser_of(world.rita).get(f"{PHOTOS}/{public.id}.jpg").status_code == 404
    assert browser_of(olga).get(f"{PHOTOS}/{internal.id}.jpg").data == b"two"


def test_photos_that_the_company_hides_are_not_served(session, browser_of, ana, theo, mine, sparkle):
    public = keep(mine, theo, public=True)
    sparkle.shows_photos = False
    session.commit()
    for path in ("/portal/appointments/1", "/portal/history"):
        assert "small.jpg" not in browser_of(ana).get(path).text
    for path in (f"{THEIRS}/{public.id}.jpg", f"{THEIRS}/{public.id}/small.jpg"):
        assert browser_of(ana).get(path).status_code == 404


def test_the_browser_keeps_a_photo_but_asks_each_time(van, session, browser_of, mine, theo, sparkle):
    photo = keep(mine, theo)
    session.commit()
    path = f"{PHOTOS}/{photo.id}.jpg"
    first = van.get(path)
    assert first.headers["Cache-Control"] == "private, no-cache"
    assert first.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    again = van.get(path, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    maya = factories.staff(sparkle, "Maya Stone", TECHNICIAN)
    mine.hand_over(maya, by=actor(theo), now=at(23, 8))
    session.commit()
    gone = van.get(path, headers={"If-None-Match": first.headers["ETag"]})
    assert gone.status_code == 404


def test_a_photo_is_changed_and_deleted_with_its_files(van, session, browser_of, mine, theo, olga):
    photo = keep(mine, theo)
    session.commit()
    assert "&lt;The oven&gt;" in van.get(f"{PHOTOS}/{photo.id}").text
    van.post(f"{PHOTOS}/{photo.id}", {"kind": "after", "caption": "The hob", "public": "y"})
    [changed] = photos(session)
    assert (changed.kind, changed.caption, changed.public) == ("after", "The hob", True)
    assert van.post(f"{PHOTOS}/{photo.id}", {"kind": "never", "caption": "x" * 201}).status_code == 422
    van.post(f"{PHOTOS}/{photo.id}/removal")
    assert photos(session) == []
    assert files(session) == 0
    log = browser_of(olga).get("/office/activity").text
    for words in ("Added a photo", "Changed a photo", "Deleted a photo"):
        assert words in log


def test_a_technician_sees_but_does_not_change_what_others_took(van, session, mine, olga):
    photo = keep(mine, olga)
    session.commit()
    assert van.get(f"{PHOTOS}/{photo.id}.jpg").status_code == 200
    assert "Delete photo" not in van.get(f"{PHOTOS}/{photo.id}").text
    assert van.post(f"{PHOTOS}/{photo.id}", {"kind": "after"}).status_code == 404
    assert van.post(f"{PHOTOS}/{photo.id}/removal").status_code == 404


def test_a_photo_whose_file_is_another_is_a_difference(session, mine, theo):
    photo = keep(mine, theo)
    session.commit()
    assert list(photo_check.differences()) == []
    StoredFile.delete_under(mine.company_id, f"appointments/1/{photo.digest}/", ())
    StoredFile.store_once(mine.company_id, f"appointments/1/{photo.digest}/large.jpg", b"another", at=at(23, 12))
    session.commit()
    name = f"sparkle, appointment 1, photo {photo.id}"
    assert list(photo_check.differences()) == [
        f"{name} (large): its file is not the one that was uploaded",
        f"{name} (small): its file is missing",
    ]


def test_stored_photos_are_encrypted(session, mine, theo):
    keep(mine, theo, content=NEEDLE * 10)
    session.commit()
    for encrypted in session.scalars(select(StoredFile.encrypted)):
        assert NEEDLE not in encrypted


def test_pages_take_no_more_statements_for_many_photos(statements, session, browser_of, ana, olga, theo, mine):
    for n in range(10):
        keep(mine, theo, content=b"%d" % n, public=True)
    session.commit()
    counts = {}
    paths = {olga: (PAGE,), ana: ("/portal/appointments/1", f"{THEIRS}/1.jpg", "/portal/history")}
    for person, pages in paths.items():
        browser = browser_of(person)
        for path in pages:
            browser.get(path)
            with statements() as seen:
                browser.get(path)
            counts[path] = len(seen)
    assert counts == {PAGE: 3, "/portal/appointments/1": 3, f"{THEIRS}/1.jpg": 3, "/portal/history": 3}
