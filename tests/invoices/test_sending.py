"""Invoices and reminders by email: to whom, when, once, and never for what is paid, paused or on its way."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from sergio.extensions import db
from sergio.invoices import jobs
from sergio.invoices.ledger import DISPUTE, PAYMENT
from sergio.invoices.models import Invoice
from sergio.invoices.sending import InvoiceEmail, occasion_of
from sergio.lib.refused import Refused
from tests.invoices import builders
from tests.invoices.builders import BY_OLGA
from tests.invoices.fields import fields_of

pytestmark = pytest.mark.usefixtures("clock")
AT = datetime(2026, 3, 9, 12, tzinfo=UTC)
REMINDER = "Reminder: invoice 1"


@pytest.fixture
def olgas(browser_of, olga):
    return browser_of(olga)


def test_staff_send_it_with_a_message_and_the_page_shows_to_whom(olgas, ana, invoice, outbox):
    page = olgas.get("/office/invoices/1/sending")
    form = fields_of(page) | {"message": "Thank you, <b>Ana</b>."}
    assert form["to"] == str(ana.id)
    for _time in range(2):
        assert olgas.post("/office/invoices/1/sending", form).status_code == 303
    assert outbox.subjects == ["Invoice 1 from Sparkle Cleaning"] * 2
    email = outbox.emails[0]
    assert email.to == "ana@example.com"
    for words in (
        "Thank you, <b>Ana</b>.",
        "Amount due: $120.00",
        "Mon, Mar 16, 2026",
        "https://sparkle.sergio.test/d/",
    ):
        assert words in email.text
    assert "&lt;b&gt;Ana" in email.html
    shown = olgas.get("/office/invoices/1").text
    assert shown.count("to Ana Ruiz, ana@example.com, by Olga Petrova") == 2


@pytest.mark.parametrize("to", ["999", "", "x"])
def test_it_goes_to_contacts_of_the_customer_only(olgas, ben, invoice, outbox, to):
    for contact in (to, str(ben.id)):
        page = olgas.post("/office/invoices/1/sending", {"to": contact, "message": "Kept"})
        assert page.status_code == 422
        assert "Kept" in page.text
    assert outbox.subjects == []


def test_a_customer_without_an_email_address_is_told_about(olgas, ana, invoice, session, outbox):
    ana.left_at = AT
    session.commit()
    assert "no contact with an email address" in olgas.get("/office/invoices/1/sending").text
    olgas.post("/office/invoices/1/reminder")
    assert "Ana Ruiz has no email address." in olgas.get("/office/invoices/1").text
    assert outbox.subjects == []


def test_a_draft_is_not_sent(ana):
    with pytest.raises(Refused, match="Issue the invoice"):
        InvoiceEmail.send(builders.draft(ana), ana, "", by=BY_OLGA, at=AT)


def test_staff_remind_once_a_day(olgas, invoice, clock, outbox):
    for _time in range(2):
        olgas.post("/office/invoices/1/reminder")
    assert "A reminder was already sent today." in olgas.get("/office/invoices/1").text
    clock(2026, 3, 10, 12)
    olgas.post("/office/invoices/1/reminder")
    assert [subject[: len(REMINDER)] for subject in outbox.subjects] == [REMINDER] * 2


@pytest.fixture
def mornings(sparkle, session, clock, work, outbox):
    """`mornings(*days of March)`: each day of March at 13:00 UTC, nine in New York, the jobs run; returns subjects."""
    sparkle.reminder_days = [-3, 0, 7]
    session.commit()

    def run(*days, hour=13):
        before = len(outbox.subjects)
        for day in days:
            clock(2026, 3, day, hour)
            jobs.find_reminders()
            work()
        return outbox.subjects[before:]

    return run


def test_the_schedule_reminds_on_its_days_once_each_until_it_is_paid(invoice, mornings, session):
    assert mornings(12) == []
    assert mornings(13) == ["Reminder: invoice 1 is due Mar 16, 2026"]
    assert mornings(13, 13, 14, 15) == []
    assert mornings(16) == ["Reminder: invoice 1 is due today"]
    assert mornings(17) == []
    invoice.enter(PAYMENT, -12_000, at=AT, source="check")
    assert mornings(23) == []


def test_what_is_still_open_after_a_part_payment_is_what_the_reminder_says(invoice, mornings, session, outbox):
    invoice.enter(PAYMENT, -5_000, at=AT, source="check")
    assert mornings(23) == ["Reminder: invoice 1 was due Mar 16, 2026"]
    assert "$70.00 is still open." in outbox.emails[-1].text


@pytest.mark.parametrize("why", ["clearing", "disputed", "void", "paused", "left", "written off", "credited"])
def test_no_reminder_when_there_is_nothing_to_remind_of(ana, invoice, mornings, session, why):
    {
        "clearing": lambda: invoice.mark_clearing(AT),
        "disputed": lambda: invoice.enter(DISPUTE, 100, at=AT, source="dispute"),
        "void": lambda: invoice.void(by=BY_OLGA, at=AT),
        "paused": lambda: invoice.pause_reminders(by=BY_OLGA, at=AT),
        "left": lambda: setattr(ana, "left_at", AT),
        "written off": lambda: invoice.write_off("x", by=BY_OLGA, at=AT),
        "credited": lambda: invoice.credit(12_000, "x", by=BY_OLGA, at=AT),
    }[why]()
    assert mornings(13, 16, 23) == []


def test_control_without_that_it_is_reminded(invoice, mornings):
    assert len(mornings(13, 16, 23)) == 3


def test_what_was_paid_between_finding_and_reminding_is_not_reminded_of(
    invoice, mornings, session, clock, work, outbox
):
    clock(2026, 3, 13, 13)
    jobs.find_reminders()
    session.commit()
    invoice.enter(PAYMENT, -12_000, at=AT, source="check")
    session.commit()
    work()
    assert outbox.subjects == []


def test_nobody_is_woken_at_night(invoice, mornings):
    assert mornings(13, hour=7) == []
    assert mornings(13, hour=23) == []
    assert len(mornings(13, hour=20)) == 1


def test_the_database_keeps_one_row_for_an_occasion(invoice, session):
    InvoiceEmail.remind(invoice, occasion_of(7), by=BY_OLGA, at=AT)
    session.flush()
    first = session.scalars(select(InvoiceEmail)).one()
    facts = {
        name: getattr(first, name) for name in ("company_id", "invoice_id", "kind", "occasion", "name", "to", "at")
    }
    session.add(InvoiceEmail(**facts, sent_by="x"))
    with pytest.raises(IntegrityError):
        session.flush()
    session.rollback()


def test_staff_pause_and_resume_by_the_page(olgas, invoice, sparkle, session):
    sparkle.reminder_days = [7]
    session.commit()
    olgas.post("/office/invoices/1/reminders", {"paused": "y"})
    assert "Automatic reminders are paused since" in olgas.get("/office/invoices/1").text
    olgas.post("/office/invoices/1/reminders")
    assert "Pause automatic reminders" in olgas.get("/office/invoices/1").text
    session.expire_all()
    assert db.session.get_one(Invoice, invoice.id).reminders_paused_at is None


def test_settings_choose_the_schedule(olgas, sparkle, session):
    path = "/office/settings/invoices"
    form = fields_of(olgas.get(path)) | {"reminder_days": ["-3", "14"], "invoice_prefix": "SP-", "tax_ppm": "8.25%"}
    assert olgas.post(path, form).status_code == 303
    session.expire_all()
    assert (sparkle.reminder_days, sparkle.invoice_prefix, sparkle.tax_ppm) == ([-3, 14], "SP-", 82_500)
    for typed, sentence in (
        ({"reminder_days": ["5"]}, "not a valid choice"),
        ({"invoice_prefix": "a b"}, "Use letters, digits"),
        ({"invoice_prefix": "x" * 13}, "Use at most 12 characters."),
        ({"next_number": "90000001"}, "Enter a whole number."),
        ({"tax_ppm": "101"}, "Enter a percentage from 0 to 100."),
    ):
        page = olgas.post(path, fields_of(olgas.get(path)) | typed)
        assert page.status_code == 422, typed
        assert sentence in page.text, typed


def test_two_people_change_different_settings_at_once(olgas, browser_of, nora, sparkle, session):
    path = "/office/settings/invoices"
    hers, his = fields_of(olgas.get(path)), fields_of(browser_of(nora).get(path))
    browser_of(nora).post(path, his | {"invoice_prefix": "N-"})
    assert olgas.post(path, hers | {"invoice_notes": "Thanks."}).status_code == 303
    session.expire_all()
    assert (sparkle.invoice_prefix, sparkle.invoice_notes) == ("N-", "Thanks.")
    clash = olgas.post(path, hers | {"invoice_prefix": "O-"})
    assert clash.status_code == 422
    assert "Someone else just changed this to “N-”" in clash.text


def test_a_whole_month_of_mornings_has_one_reminder_for_each_day_of_the_schedule(invoice, mornings):
    assert len(mornings(*range(10, 29))) == 3


def test_nobodys_mailbox_is_flooded_with_one_invoice(olgas, ana, invoice, outbox):
    form = {"to": str(ana.id), "message": "Again"}
    answers = [olgas.post("/office/invoices/1/sending", form) for _time in range(8)]
    assert [answer.status_code for answer in answers] == [303] * 6 + [429] * 2
    assert len(outbox.subjects) == 6
    assert fields_of(answers[-1])["message"] == "Again"
    assert "Wait an hour, then send this one." in answers[-1].text
