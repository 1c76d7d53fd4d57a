"""Photos that customers add while they book, and until the appointment starts."""

import io
from datetime import timedelta
from functools import partial

import pytest
from PIL import Image
from sqlalchemy import delete, func, select

from sergio.auth.document_links import APPOINTMENT, DocumentLink
from sergio.booking import holds, photo_check, photos
from sergio.booking.availability import Availability
from sergio.booking.holds import KEPT, BookingHold, hold_of
from sergio.booking.jobs import free_expired
from sergio.booking.models import Appointment
from sergio.booking.photo_forms import PhotosOfCustomer
from sergio.booking.photos import MOST_OF_CUSTOMER, AppointmentPhoto
from sergio.booking.services import Service, ServiceQuestion
from sergio.booking.slices import AppointmentSlice
from sergio.booking.visitors import BookingVisitor
from sergio.customers.models import Contact, Customer
from sergio.customers.roles import BILLING
from sergio.extensions import db
from sergio.files.models import StoredFile
from sergio.lib import images
from sergio.lib.images import Photo
from sergio.lib.refused import Refused
from sergio.overview import merging
from tests.booking.builders import MONDAY, actor, address, appointment, at, choice
from tests.booking.uploads import store_after_both_counted, upload
from tests.factories import added
from tests.lib.photographs import photograph

NINE = at(25, 9)
SECOND = timedelta(seconds=1)
DRAFT = "/portal/book/photos"
OWN = "/portal/appointments/1/photos"
OVEN, HOB = photograph(), photograph(color="#0000ff")
TEXT = b"<html>This is no photo.</html>"


@pytest.fixture(autouse=True)
def patient(monkeypatch):
    """Tests share their machine, so a photo is only limited by its own time on the processor."""
    monkeypatch.setattr(images, "PATIENCE", 30)
    monkeypatch.setattr(images, "LONGEST", 30)


@pytest.fixture
def phone(browser_of, ana, windows):
    """Ana's phone, with a time held for her."""
    browser = browser_of(ana)
    browser.post("/portal/book/hold", choice(windows, ana, NINE))
    return browser


@pytest.fixture
def send(phone, ana, windows):
    """`send("/photos", content, notes="…")`: the form of the details with photos, to a path of booking."""
    fields = choice(windows, ana, NINE)
    return lambda path, *contents, **more: upload(phone, f"/portal/book{path}", *contents, **fields, **more)


def kept(session) -> list[AppointmentPhoto]:
    session.commit()
    session.expire_all()
    return list(session.scalars(select(AppointmentPhoto).order_by(AppointmentPhoto.id)))


def files(session) -> int:
    session.commit()
    return session.scalar(select(func.count(StoredFile.id)).where(StoredFile.path.startswith("customer-photos/")))


def photo_of(content: bytes) -> Photo:
    """Files that are no pictures, for tests of who may see them and of how many there are."""
    return Photo(content, content + b", small", 40, 30)


def add_to_hold(contact, *contents: bytes):
    for content in contents:
        AppointmentPhoto.add_to_hold(hold_of(contact), photo_of(content), by=actor(contact), now=MONDAY)
    db.session.commit()


def test_photos_are_kept_with_the_time_and_come_along_with_the_appointment(phone, send, ana, windows, session):
    page = send("/photos", OVEN, HOB, notes="The oven is black.")
    assert page.location.startswith("/portal/book/details?service=1&place=1&at=2026-11-25T14")
    shown = phone.get(page.location).text
    first, second = kept(session)
    assert f"{DRAFT}/{first.id}/small.jpg" in shown
    assert "The oven is black." in shown
    assert send("").location == "/portal/appointments/1/confirmation"
    assert [(row.appointment_id, row.hold_id, row.by) for row in kept(session)] == [(1, None, ana.name)] * 2
    assert files(session) == 4
    assert f"{OWN}/{second.id}/small.jpg" in phone.get("/portal/appointments/1").text
    image = Image.open(io.BytesIO(phone.get(f"{OWN}/{second.id}.jpg").data))
    assert "exif" not in image.info
    assert list(photo_check.differences()) == []


def test_photos_that_were_only_chosen_are_kept_when_the_time_is_booked(send, session):
    assert send("", OVEN, HOB).location == "/portal/appointments/1/confirmation"
    assert [row.appointment_id for row in kept(session)] == [1, 1]


def test_no_error_and_no_way_back_loses_a_photo(phone, send, session, windows):
    added(ServiceQuestion(company=windows.company, service_id=windows.id, wording="How many floors?", required=True))
    session.commit()
    refused = send("", OVEN, notes="Ring twice.")
    assert refused.status_code == 422
    [oven] = kept(session)
    assert f"{DRAFT}/{oven.id}/small.jpg" in refused.text
    assert "Ring twice." in refused.text
    assert send("/typed?step=time", HOB).location.startswith("/portal/book/time")
    assert len(kept(session)) == 2
    assert f"{DRAFT}/{oven.id}/small.jpg" in phone.get(address("details", windows, session.get_one(Contact, 1))).text


def test_what_cannot_be_read_is_told_and_nothing_is_booked_without_it(send, session):
    page = send("", OVEN, TEXT)
    assert page.status_code == 422
    assert "photo 1.jpg: This file is not a JPEG, PNG, or WebP photo." in page.text
    assert len(kept(session)) == 1
    assert session.scalar(select(func.count(Appointment.id))) == 0
    assert "Choose a photo first." in send("/photos").text
    assert send("").status_code == 303


@pytest.mark.parametrize(("there", "status", "kept_then"), [(5, 303, 6), (6, 422, 6)])
def test_six_are_enough(send, session, ana, there, status, kept_then):
    add_to_hold(ana, *(b"%d" % n for n in range(there)))
    page = send("/photos", OVEN)
    assert page.status_code == status
    assert ("You can add up to 6 photos." in page.text) is (status == 422)
    assert len(kept(session)) == kept_then


def test_of_seven_at_once_six_are_kept(send, session):
    page = send("/photos", *(photograph(color=f"#0000{n}0") for n in range(7)))
    assert page.status_code == 422
    assert "Choose up to 6 photos at a time." in page.text
    assert len(kept(session)) == MOST_OF_CUSTOMER


def test_a_request_larger_than_all_is_told_beside_the_field(phone, ana, windows, session):
    fields = choice(windows, ana, NINE)
    path = address("", windows, ana, NINE).replace("/book/", "/book")
    page = upload(phone, path, bytes(17 * 1024 * 1024), **fields)
    assert page.status_code == 303
    shown = phone.get(page.location).text
    assert "Send fewer at a time." in shown
    assert "What you typed was not sent with them, so check it below." in shown
    assert kept(session) == []
    assert upload(phone, "/portal/book/place", bytes(17 * 1024 * 1024)).status_code == 413


def test_a_photo_is_removed_with_its_files_and_what_was_typed_stays(phone, send, session):
    send("/photos", OVEN, HOB)
    oven, hob = kept(session)
    page = send(f"/photos/{oven.id}/removal", photograph(color="#ffffff"), notes="Ring twice.")
    assert "Ring twice." in phone.get(page.location).text
    left, chosen_meanwhile = kept(session)
    assert (left.id, chosen_meanwhile.id > hob.id) == (hob.id, True)
    assert files(session) == 4


def test_a_form_whose_page_was_open_for_too_long_keeps_nothing(send, session):
    for path in ("", "/photos"):
        assert send(path, OVEN, csrf_token="old").status_code == 422
    assert kept(session) == []


def test_nothing_is_locked_while_a_photo_is_decoded(send, monkeypatch):
    held = []
    decoded = PhotosOfCustomer.decoded

    def watched(form):
        held.append(db.session.registry().in_transaction())
        return decoded(form)

    monkeypatch.setattr(PhotosOfCustomer, "decoded", watched)
    assert send("", OVEN).status_code == 303
    assert held == [False]


@pytest.mark.parametrize(("late", "left"), [(-SECOND, 1), (timedelta(0), 0)])
def test_photos_of_who_does_not_go_on_are_deleted_with_what_was_typed(clock, phone, ana, session, late, left):
    add_to_hold(ana, b"oven")
    clock.move_to(MONDAY + timedelta(minutes=11))
    free_expired()
    clock.move_to(MONDAY + KEPT + late)
    free_expired()
    assert len(kept(session)) == left
    assert files(session) == 2 * left
    assert session.scalar(select(func.count(BookingHold.id))) == left
    assert list(photo_check.differences()) == []


def test_a_file_goes_with_the_last_photo_that_has_it(phone, ana, ben, theo, windows, session):
    mine = appointment(windows, ben, theo, at(26, 9))
    AppointmentPhoto.add_of_customer(mine, photo_of(b"oven"), by=actor(ben), now=MONDAY)
    add_to_hold(ana, b"oven")
    for expected in (2, 0):
        first = kept(session)[-1]
        photos.delete_of_customer([first])
        assert files(session) == expected


def test_what_a_contact_adds_while_booking_is_for_them_alone(phone, browser_of, ana, world, session):
    add_to_hold(ana, b"oven")
    [oven] = kept(session)
    colleague = added(Contact(company=ana.company, customer=ana.customer, name="Carla Ruiz", email="carla@example.com"))
    session.commit()
    assert phone.get(f"{DRAFT}/{oven.id}.jpg").data == b"oven"
    for stranger in (colleague, world.ben, world.cleo):
        browser = browser_of(stranger)
        for path in (f"{DRAFT}/{oven.id}.jpg", f"{DRAFT}/{oven.id}/small.jpg"):
            assert browser.get(path).status_code == 404
        assert browser.post(f"{DRAFT}/{oven.id}/removal").status_code == 404
    assert len(kept(session)) == 1


def test_who_may_not_book_adds_no_photos(browser_of, ana, theo, windows, session):
    appointment(windows, ana, theo, NINE)
    ana.role = BILLING
    session.commit()
    browser = browser_of(ana)
    for path in (DRAFT, OWN):
        assert upload(browser, path, OVEN, service=1, place=1).status_code == 403
    assert browser.get(OWN).status_code == 403


def test_a_visitor_without_a_confirmed_address_adds_none(visitor, sparkle, session):
    sparkle.new_customers_book = True
    session.commit()
    browser = visitor(sparkle)
    assert upload(browser, DRAFT, OVEN, service=1, place=1).status_code == 401
    assert kept(session) == []


@pytest.fixture
def mine(clock, ana, theo, windows, session):
    """Ana's windows, by Theo, on Wednesday at nine."""
    made = appointment(windows, ana, theo, NINE)
    session.commit()
    return made


def test_until_the_appointment_starts_photos_are_added_and_removed(browser_of, clock, ana, mine, session):
    browser = browser_of(ana)
    assert OWN in browser.get("/portal/appointments/1").text
    clock.move_to(NINE - SECOND)
    browser = browser_of(ana)
    assert upload(browser, OWN, OVEN, HOB).location == OWN
    oven, hob = kept(session)
    page = browser.get(OWN).text
    assert f"{OWN}/{oven.id}/small.jpg" in page
    assert upload(browser, f"{OWN}/{hob.id}/removal", bytes(6 * 1024 * 1024)).location == OWN
    assert upload(browser, OWN, TEXT).status_code == 422
    clock.move_to(NINE)
    assert browser.get(OWN).location == "/portal/appointments/1"
    for refused in (upload(browser, OWN, HOB), browser.post(f"{OWN}/{oven.id}/removal")):
        assert refused.status_code in (303, 422)
    assert [row.id for row in kept(session)] == [oven.id]
    assert OWN + '"' not in browser.get("/portal/appointments/1").text


def test_the_link_in_an_email_is_enough_to_add_one(visitor, ana, mine, sparkle, session):
    link = DocumentLink.issue(ana, APPOINTMENT, 1).rpartition("/d/")[2]
    session.commit()
    browser = visitor(sparkle)
    assert browser.get(OWN).status_code == 303
    browser.post(f"/d/{link}", {"open": "yes"})
    assert upload(browser, OWN, OVEN).location == OWN
    assert [row.by for row in kept(session)] == [ana.name]


def test_nobody_else_sees_or_changes_them(browser_of, ana, world, mine, session):
    AppointmentPhoto.add_of_customer(mine, photo_of(b"oven"), by=actor(ana), now=MONDAY)
    [oven] = kept(session)
    for stranger in (world.ben, world.cleo):
        browser = browser_of(stranger)
        assert browser.get(OWN).status_code == 404
        assert browser.get(f"{OWN}/{oven.id}.jpg").status_code == 404
        assert upload(browser, OWN, OVEN).status_code == 404
        assert browser.post(f"{OWN}/{oven.id}/removal").status_code == 404
    assert browser_of(world.rita).get(f"/office/schedule/1/photos/{oven.id}.jpg").status_code == 404


def test_a_customer_cannot_remove_what_staff_took(browser_of, ana, theo, mine, session):
    facts = {"kind": "before", "caption": "", "public": True}
    AppointmentPhoto.add(mine, photo_of(b"oven"), by=actor(theo), now=MONDAY, **facts)
    [oven] = kept(session)
    assert browser_of(ana).post(f"{OWN}/{oven.id}/removal").status_code == 404


def test_the_team_sees_them_and_the_office_can_delete_one(browser_of, ana, olga, theo, mine, sparkle, session):
    sparkle.shows_photos = False
    AppointmentPhoto.add_of_customer(mine, photo_of(b"oven"), by=actor(ana), now=MONDAY)
    [oven] = kept(session)
    here = f"/office/schedule/1/photos/{oven.id}"
    for person in (olga, theo):
        page = browser_of(person).get("/office/schedule/1").text
        assert "From the customer" in page
        assert f"{here}/small.jpg" in page
        assert "Save photo" not in browser_of(person).get(here).text
        assert browser_of(person).post(here, {"kind": "before"}).status_code == 404
    assert browser_of(ana).get(f"{OWN}/{oven.id}.jpg").data == b"oven"
    assert browser_of(theo).post(f"{here}/removal").status_code == 404
    assert browser_of(olga).post(f"{here}/removal").status_code == 303
    assert kept(session) == []
    assert files(session) == 0


def test_the_inbox_shows_what_came_with_a_request(phone, send, browser_of, olga, windows, session):
    windows.needs_approval = True
    session.commit()
    send("", OVEN)
    [oven] = kept(session)
    for path in ("/requests", "/1/decline", "/1/proposal"):
        assert f"/office/schedule/1/photos/{oven.id}/small.jpg" in browser_of(olga).get(f"/office/schedule{path}").text


def test_they_are_not_counted_as_work_that_was_done(browser_of, ana, mine, clock, session):
    AppointmentPhoto.add_of_customer(mine, photo_of(b"oven"), by=actor(ana), now=MONDAY)
    session.commit()
    clock.move_to(at(26, 9))
    assert "photo" not in browser_of(ana).get("/portal/history").text


@pytest.fixture
def twin(ana, olga, session):
    """The contact of another customer with Ana's email address."""
    customer = Customer.create(ana.company, "Ana R.", email=ana.email, phone="", by=actor(olga), at=MONDAY)
    customer.add_property({"street": "7 Pine Road"}, by=actor(olga), at=MONDAY)
    session.commit()
    return customer.contacts[0]


def test_who_becomes_another_goes_on_booking_with_their_photos(phone, ana, olga, twin, session):
    add_to_hold(ana, b"oven")
    merging.merge(twin.customer, ana.customer, by=actor(olga), at=MONDAY)
    [oven] = kept(session)
    assert oven.hold_id == hold_of(twin).id


def test_who_becomes_another_that_is_booking_keeps_the_photos_of_that_one(
    phone, browser_of, ana, olga, twin, windows, session
):
    browser_of(twin).post("/portal/book/hold", choice(windows, twin, at(25, 11)))
    add_to_hold(ana, b"oven")
    add_to_hold(twin, b"hob")
    merging.merge(twin.customer, ana.customer, by=actor(olga), at=MONDAY)
    [hob] = kept(session)
    assert hob.hold_id == hold_of(twin).id
    assert files(session) == 2


def test_a_photo_that_comes_right_before_a_merge_goes_over(app, monkeypatch, phone, ana, olga, twin, session):
    session.commit()
    ana_id, lock, coming = ana.id, holds.lock_of, [b"oven"]

    def lock_after_it_came(customer_id: int):
        while coming:
            elsewhere(app, lambda: add_to_hold(session.get_one(Contact, ana_id), coming.pop()))
        lock(customer_id)

    monkeypatch.setattr(holds, "lock_of", lock_after_it_came)
    merging.merge(twin.customer, ana.customer, by=actor(olga), at=MONDAY)
    assert [row.hold_id for row in kept(session)] == [hold_of(twin).id]


def elsewhere(app, do):
    """Do it in a transaction of another request."""
    with app.app_context():
        do()
        db.session.commit()


@pytest.fixture
def back_again(app, clock, phone, ana, theo, windows, session, monkeypatch):
    """`back_again(does)`: the job that forgets whoever has not gone on, while Ana, after a day, comes back and
    "chooses" a new time or "books" the one she had, right before the job locks what she has.
    """
    add_to_hold(ana, b"oven")
    clock.move_to(MONDAY + timedelta(minutes=11))
    free_expired()
    session.commit()
    ids, lock, late = (ana.id, windows.id), holds.lock, MONDAY + KEPT
    clock.move_to(late)
    by = actor(ana)

    def come_back(does: str):
        contact, service = session.get_one(Contact, ids[0]), session.get_one(Service, ids[1])
        place, free = contact.customer.properties[0], Availability(service, now=late)
        if does == "books":
            Appointment.book(free, contact, place, NINE, notes="", answers=[], by=by, now=late)
        else:
            free.hold = hold_of(contact)
            BookingHold.take(free, contact, place, at(26, 9), now=late)

    def run(does: str):
        def lock_after_she_came(contact: Contact):
            monkeypatch.setattr(holds, "lock", lock)
            elsewhere(app, partial(come_back, does))
            lock(contact)

        monkeypatch.setattr(holds, "lock", lock_after_she_came)
        free_expired()
        session.expire_all()

    return run


def hours_held(session) -> int:
    return session.scalar(select(func.count(AppointmentSlice.quarter_hour)))


@pytest.mark.parametrize(("does", "owner"), [("books", (1, None)), ("chooses", (None, 1))])
def test_who_comes_back_while_old_holds_are_cleared_keeps_photo_and_time(back_again, session, does, owner):
    back_again(does)
    assert [(row.appointment_id, row.hold_id) for row in kept(session)] == [owner]
    assert hours_held(session) == 4
    assert list(photo_check.differences()) == []


def test_control_without_looking_again_the_time_just_chosen_is_freed(back_again, session, monkeypatch):
    is_old = BookingHold._is_old
    asked = iter((is_old,))
    monkeypatch.setattr(BookingHold, "_is_old", lambda now: next(asked, lambda now: ())(now))
    monkeypatch.setattr(BookingHold, "delete_old", BookingVisitor.delete_old)
    back_again("chooses")
    assert kept(session) == []
    assert hours_held(session) == 0


def test_a_photo_with_which_another_tab_has_just_booked_is_not_removed(app, send, ana, session, monkeypatch):
    send("/photos", OVEN)
    [oven] = kept(session)
    lock = holds.lock

    def lock_after_it_was_booked(contact: Contact):
        monkeypatch.setattr(holds, "lock", lock)
        elsewhere(app, lambda: send(""))
        lock(contact)

    monkeypatch.setattr(holds, "lock", lock_after_it_was_booked)
    assert send(f"/photos/{oven.id}/removal").status_code == 404
    assert [row.appointment_id for row in kept(session)] == [1]


def test_a_photo_is_removed_even_if_the_service_can_no_longer_be_booked(send, windows, session):
    send("/photos", OVEN)
    [oven] = kept(session)
    windows.bookable = False
    session.commit()
    assert send(f"/photos/{oven.id}/removal").status_code == 303
    assert kept(session) == []


def test_photos_without_a_time_are_refused_beside_the_field(send, session):
    session.execute(delete(AppointmentSlice).where(AppointmentSlice.company_id == 1))
    session.execute(delete(BookingHold).where(BookingHold.company_id == 1))
    session.commit()
    page = send("", OVEN)
    assert page.status_code == 422
    assert "Choose a time first, then add photos." in page.text
    assert send("").status_code == 303


def test_what_one_side_has_added_is_not_dropped_when_the_other_adds_it(browser_of, ana, theo, mine, session):
    facts = {"kind": "before", "caption": "", "public": True}
    AppointmentPhoto.add(mine, photo_of(b"hob"), by=actor(theo), now=MONDAY, **facts)
    with pytest.raises(Refused, match="We already have this photo"):
        AppointmentPhoto.add_of_customer(mine, photo_of(b"hob"), by=actor(ana), now=MONDAY)
    session.commit()
    upload(browser_of(ana), OWN, OVEN)
    page = upload(browser_of(theo), "/office/schedule/1/photos", OVEN, HOB, kind="before", caption="Black")
    assert page.status_code == 422
    assert "The customer has already added this photo." in page.text
    assert "1 photo is saved." in page.text
    assert [row.kind for row in kept(session)] == ["before", "customer", "before"]


def test_a_file_without_a_photo_is_a_difference(phone, ana, session):
    add_to_hold(ana, b"oven")
    assert list(photo_check.differences()) == []
    [oven] = kept(session)
    session.execute(delete(AppointmentPhoto).where(AppointmentPhoto.company_id == ana.company_id))
    folder = f"sparkle: no photo has customer-photos/{oven.digest}"
    assert list(photo_check.differences()) == [f"{folder}/large.jpg", f"{folder}/small.jpg"]


def test_pages_take_few_statements_for_any_number(phone, browser_of, olga, ana, theo, windows, statements):
    mine, counts = appointment(windows, ana, theo, at(26, 9)), []
    for n in range(2):
        add_to_hold(ana, b"hold %d" % n)
        AppointmentPhoto.add_of_customer(mine, photo_of(b"%d" % n), by=actor(ana), now=MONDAY)
        db.session.commit()
        office = browser_of(olga)
        pages = {phone: (address("details", windows, ana, at(25, 11)), OWN, "/portal/appointments/1")}
        pages[office] = ("/office/schedule/requests", "/office/schedule/1")
        for browser, paths in pages.items():
            for path in paths:
                browser.get(path)
                with statements() as seen:
                    browser.get(path)
                counts.append(len(seen))
    assert counts == [4, 3, 3, 2, 3] * 2


@pytest.fixture
def last_place(at_once, phone, ana):
    """`last_place()`: two photos are sent at once while there is room for one; what became of each."""
    add_to_hold(ana, *(b"%d" % n for n in range(MOST_OF_CUSTOMER - 1)))
    contact_id, by = ana.id, actor(ana)

    def add(content: bytes):
        contact = db.session.get_one(Contact, contact_id)
        holds.lock(contact)
        AppointmentPhoto.add_to_hold(hold_of(contact), photo_of(content), by=by, now=MONDAY)

    return lambda: at_once(partial(add, b"one"), partial(add, b"two"))


def test_two_photos_at_once_for_the_last_place_keep_one(last_place, session):
    assert last_place() == ["You can add up to 6 photos. Remove one to add another.", "done"]
    assert len(kept(session)) == MOST_OF_CUSTOMER


def test_control_without_the_locks_both_are_kept(last_place, session, monkeypatch):
    monkeypatch.setattr(holds, "lock", lambda contact: None)
    monkeypatch.setattr(photos, "lock_files", lambda company_id: None)
    store_after_both_counted(monkeypatch)
    assert last_place() == ["done", "done"]
    assert len(kept(session)) == MOST_OF_CUSTOMER + 1
