"""The pages of the office that each role may open: every endpoint is listed, others are refused."""

import re
from datetime import timedelta

import pytest
import time_machine

from sergio.permissions.of_staff import NEEDED, SIGNED_OUT, may_open
from sergio.staff.models import OFFICE, OWNER, ROLES, TECHNICIAN
from tests import factories
from tests.booking import builders as booking
from tests.booking.builders import MONDAY
from tests.overview import builders

DAY = timedelta(days=1)
EVERYONE, DESK, OWNERS = {OWNER, OFFICE, TECHNICIAN}, {OWNER, OFFICE}, {OWNER}
EXPECTED = {
    "office.activity.download": DESK,
    "office.activity.index": DESK,
    "office.customers.index": DESK,
    "office.customers.links_sent.index": DESK,
    "office.customers.links_sent.revoke": DESK,
    "office.customers.archive": DESK,
    "office.customers.contacts.create": DESK,
    "office.customers.contacts.edit": DESK,
    "office.customers.contacts.new": DESK,
    "office.customers.contacts.remove": DESK,
    "office.customers.contacts.update": DESK,
    "office.customers.merging.choose": DESK,
    "office.customers.merging.create": DESK,
    "office.customers.merging.show": DESK,
    **dict.fromkeys((f"office.customers.address_changes.{name}" for name in ("index", "show")), DESK),
    **dict.fromkeys((f"office.customers.address_changes.{name}" for name in ("approve", "decline")), DESK),
    "office.customers.notes.create": DESK,
    "office.customers.notes.delete": DESK,
    "office.customers.notes.edit": DESK,
    "office.customers.notes.new": DESK,
    "office.customers.notes.pin": DESK,
    "office.customers.notes.unpin": DESK,
    "office.customers.notes.update": DESK,
    "office.customers.places.archive": DESK,
    "office.customers.places.create": DESK,
    "office.customers.places.edit": DESK,
    "office.customers.places.new": DESK,
    "office.customers.places.restore": DESK,
    "office.customers.places.update": DESK,
    "office.customers.records.create": DESK,
    "office.customers.records.edit": DESK,
    "office.customers.records.new": DESK,
    "office.customers.records.update": DESK,
    "office.customers.restore": DESK,
    "office.customers.show": EVERYONE,
    "office.customers.imports.cancel": DESK,
    "office.customers.imports.columns": DESK,
    "office.customers.imports.create": DESK,
    "office.customers.imports.index": DESK,
    "office.customers.imports.kept": DESK,
    "office.customers.imports.mistakes": DESK,
    "office.customers.imports.show": DESK,
    "office.customers.imports.start": DESK,
    "office.customers.imports.undo": DESK,
    "office.customers.imports.update_columns": DESK,
    "office.customers.invitations.index": DESK,
    "office.customers.invitations.invite": DESK,
    "office.customers.invitations.revoke": DESK,
    "office.customers.invitations.send_link": DESK,
    "office.customers.invitations.show": DESK,
    "office.customers.invitation_runs.create": DESK,
    "office.customers.invitation_runs.download": DESK,
    "office.customers.invitation_runs.new": DESK,
    "office.customers.invitation_runs.show": DESK,
    "office.customers.invitation_runs.stop": DESK,
    "office.dashboard.index": EVERYONE,
    "office.dashboard.see_activity": DESK,
    "office.devices.end": EVERYONE,
    "office.devices.end_all": EVERYONE,
    "office.devices.index": EVERYONE,
    "office.exports.customers": DESK,
    "office.exports.payments": DESK,
    "office.exports.schedule": DESK,
    "office.invoices.download": DESK,
    "office.customers.terms.edit": DESK,
    "office.customers.terms.update": DESK,
    "office.invoices.drafts.autosave": DESK,
    "office.invoices.drafts.create": DESK,
    "office.invoices.drafts.delete": DESK,
    "office.invoices.drafts.download": DESK,
    "office.invoices.drafts.edit": DESK,
    "office.invoices.drafts.new": DESK,
    "office.invoices.drafts.preview": DESK,
    "office.invoices.drafts.totals": DESK,
    "office.invoices.drafts.update": DESK,
    "office.invoices.changes.credit": DESK,
    "office.invoices.changes.new_credit": DESK,
    "office.invoices.changes.new_pay_link": DESK,
    "office.invoices.changes.new_sending": DESK,
    "office.invoices.changes.new_undoing": DESK,
    "office.invoices.changes.new_write_off": DESK,
    "office.invoices.changes.pause": DESK,
    "office.invoices.changes.remind": DESK,
    "office.invoices.changes.send": DESK,
    "office.invoices.changes.send_pay_link": DESK,
    "office.invoices.changes.undo": DESK,
    "office.invoices.changes.void": DESK,
    "office.invoices.changes.write_off": DESK,
    "office.invoices.export_csv": DESK,
    "office.customers.automatic.end": DESK,
    "office.customers.automatic.show": DESK,
    "office.payments.recording.create": DESK,
    "office.payments.recording.new": DESK,
    "office.payments.recording.new_undoing": DESK,
    "office.payments.recording.receipt": DESK,
    "office.payments.recording.undo": DESK,
    "office.customers.statement.download": DESK,
    "office.customers.statement.send": DESK,
    "office.customers.statement.show": DESK,
    "office.settings.invoices.edit": DESK,
    "office.settings.invoices.update": DESK,
    "office.invoices.index": DESK,
    "office.invoices.show": DESK,
    "office.payments.close": OWNERS,
    "office.payments.index": DESK,
    "office.payments.locks.index": DESK,
    "office.payments.locks.lift": DESK,
    "office.payments.dismiss": OWNERS,
    "office.payments.new_closing": OWNERS,
    "office.payments.new_dismissal": OWNERS,
    "office.payments.of_invoice": DESK,
    "office.payments.show": DESK,
    "office.payments.disputes.index": DESK,
    "office.payments.disputes.show": DESK,
    "office.payments.credit.show": DESK,
    "office.payments.credit.create": DESK,
    "office.payments.credit.undo": DESK,
    "office.payments.refunds.new": DESK,
    "office.payments.refunds.create": DESK,
    "office.payments.refunds.undo": DESK,
    "office.preview.exit": DESK,
    "office.preview.index": DESK,
    "office.preview.start": DESK,
    "office.settings.test_customer.create": DESK,
    "office.settings.test_customer.delete": DESK,
    "office.settings.test_customer.send_link": DESK,
    "office.settings.test_customer.show": DESK,
    "office.problems.discard_email": OWNERS,
    "office.problems.discard_job": OWNERS,
    "office.problems.index": DESK,
    "office.problems.retry_email": OWNERS,
    "office.problems.retry_job": OWNERS,
    "office.price_list.find": DESK,
    "office.quotes.attachments.add": DESK,
    "office.quotes.attachments.index": DESK,
    "office.quotes.attachments.remove": DESK,
    "office.quotes.attachments.rename": DESK,
    "office.quotes.attachments.show": DESK,
    "office.quotes.attachments.show_small": DESK,
    "office.quotes.builder.edit": DESK,
    "office.quotes.builder.preview": DESK,
    "office.quotes.builder.review": DESK,
    "office.quotes.builder.save_draft": DESK,
    "office.quotes.builder.send": DESK,
    "office.quotes.builder.totals": DESK,
    "office.quotes.builder.update": DESK,
    "office.quotes.create": DESK,
    "office.quotes.duplicate": DESK,
    "office.quotes.index": DESK,
    "office.quotes.invoice_deposit": DESK,
    "office.quotes.invoice_rest": DESK,
    "office.quotes.new": DESK,
    "office.quotes.reply": DESK,
    "office.quotes.send_again": DESK,
    "office.quotes.undo_acceptance": DESK,
    "office.quotes.withdraw": DESK,
    "office.quotes.show": DESK,
    "office.settings.branding.crop": DESK,
    "office.settings.branding.edit": DESK,
    "office.settings.branding.edit_crop": DESK,
    "office.settings.branding.original": DESK,
    "office.settings.branding.preview_colors": DESK,
    "office.settings.branding.remove": DESK,
    "office.settings.branding.try_colors": DESK,
    "office.settings.branding.update_colors": DESK,
    "office.settings.branding.upload": DESK,
    **dict.fromkeys((f"office.settings.emails.{name}" for name in ("index", "edit", "update", "reset")), DESK),
    "office.settings.emails.preview": DESK,
    "office.settings.emails.send_test": DESK,
    **dict.fromkeys((f"office.deliveries.{name}" for name in ("about", "of_customer", "lift")), DESK),
    "office.settings.branding_preview.show": DESK,
    "office.settings.branding_preview.stylesheet": DESK,
    "office.settings.company.address": DESK,
    "office.settings.company.edit": DESK,
    "office.settings.company.update": DESK,
    "office.settings.company.update_region": OWNERS,
    "office.settings.portal_address.availability": OWNERS,
    "office.settings.portal_address.edit": OWNERS,
    "office.settings.portal_address.suggestion": OWNERS,
    "office.settings.portal_address.update": OWNERS,
    "office.checklist.bring_back": DESK,
    "office.checklist.hide": DESK,
    "office.checklist.show": DESK,
    "office.settings.index": DESK,
    "office.settings.plan.create": OWNERS,
    "office.settings.plan.create_card": OWNERS,
    "office.settings.plan.destroy": OWNERS,
    "office.settings.plan.edit_card": OWNERS,
    "office.settings.plan.invoice": OWNERS,
    "office.settings.plan.payment": OWNERS,
    "office.settings.plan.progress": OWNERS,
    "office.settings.plan.renew": OWNERS,
    "office.settings.plan.show": OWNERS,
    "office.settings.plan.update": OWNERS,
    "office.support.create": EVERYONE,
    "office.support.new": EVERYONE,
    "office.settings.portal.edit": DESK,
    "office.settings.portal.preview_welcome": DESK,
    "office.settings.portal.qr_png": DESK,
    "office.settings.portal.qr_svg": DESK,
    "office.settings.portal.update_visibility": DESK,
    "office.settings.portal.update_welcome": DESK,
    "office.settings.portal.update_accounts": DESK,
    "office.settings.ways_in.download_poster": DESK,
    "office.settings.ways_in.show": DESK,
    "office.settings.widget.edit": DESK,
    "office.schedule.index": EVERYONE,
    "office.schedule.moving.cancel": DESK,
    "office.schedule.moving.edit": DESK,
    "office.schedule.moving.move": DESK,
    "office.schedule.moving.new_cancellation": DESK,
    "office.schedule.waitlist.index": DESK,
    "office.schedule.requests.confirm": DESK,
    "office.schedule.requests.decline": DESK,
    "office.schedule.requests.index": DESK,
    "office.schedule.requests.new_decline": DESK,
    "office.schedule.requests.new_proposal": DESK,
    "office.schedule.requests.propose": DESK,
    **dict.fromkeys(
        (f"office.settings.calendars.{name}" for name in ("edit", "renew", "revoke", "connect", "disconnect")), EVERYONE
    ),
    "office.schedule.series.show": DESK,
    "office.schedule.replying.edit": DESK,
    "office.schedule.replying.update": DESK,
    "office.schedule.explaining.show": DESK,
    "office.schedule.create": DESK,
    "office.schedule.new": DESK,
    "office.schedule.show": EVERYONE,
    "office.on_site.set_out": EVERYONE,
    "office.on_site.start": EVERYONE,
    "office.on_site.finish": EVERYONE,
    "office.on_site.undo": EVERYONE,
    "office.on_site.notes": EVERYONE,
    "office.on_site.add_note": EVERYONE,
    "office.on_site.edit_note": EVERYONE,
    "office.on_site.update_note": EVERYONE,
    "office.on_site.delete_note": EVERYONE,
    "office.on_site.photos": EVERYONE,
    "office.on_site.add_photos": EVERYONE,
    "office.on_site.edit_photo": EVERYONE,
    "office.on_site.update_photo": EVERYONE,
    "office.on_site.delete_photo": EVERYONE,
    "office.on_site.large_photo": EVERYONE,
    "office.on_site.small_photo": EVERYONE,
    "office.to_invoice.create": DESK,
    "office.to_invoice.create_one": DESK,
    "office.to_invoice.index": DESK,
    "office.settings.service_area.edit": DESK,
    "office.settings.service_area.update": DESK,
    "office.settings.service_area.new_shape": DESK,
    "office.settings.service_area.create_shape": DESK,
    "office.settings.service_area.edit_shape": DESK,
    "office.settings.service_area.update_shape": DESK,
    "office.settings.service_area.remove_shape": DESK,
    "office.settings.booking.edit": DESK,
    "office.settings.booking.update": DESK,
    "office.settings.hours.cancel": DESK,
    "office.settings.hours.choose_holidays": DESK,
    "office.settings.hours.close": DESK,
    "office.settings.hours.edit": EVERYONE,
    "office.settings.hours.index": EVERYONE,
    "office.settings.hours.take_holidays": DESK,
    "office.settings.hours.take_off": DESK,
    "office.settings.hours.update": DESK,
    "office.settings.price_list.archive": DESK,
    "office.settings.price_list.create": DESK,
    "office.settings.price_list.edit": DESK,
    "office.settings.price_list.index": DESK,
    "office.settings.price_list.new": DESK,
    "office.settings.price_list.restore": DESK,
    "office.settings.price_list.update": DESK,
    "office.settings.payments.edit": DESK,
    "office.settings.payments.update": DESK,
    "office.settings.stripe.check": DESK,
    "office.settings.stripe.create": OWNERS,
    "office.settings.stripe.dashboard": OWNERS,
    "office.settings.stripe.disconnect": OWNERS,
    "office.settings.stripe.returned": DESK,
    "office.settings.stripe.show": OWNERS,
    "office.settings.quotes.edit": DESK,
    "office.settings.quotes.update": DESK,
    "office.settings.services.archive": DESK,
    "office.settings.services.create": DESK,
    "office.settings.services.create_question": DESK,
    "office.settings.services.delete_question": DESK,
    "office.settings.services.edit": DESK,
    "office.settings.services.edit_question": DESK,
    "office.settings.services.index": DESK,
    "office.settings.services.move": DESK,
    "office.settings.services.new": DESK,
    "office.settings.services.new_question": DESK,
    "office.settings.services.restore": DESK,
    "office.settings.services.update": DESK,
    "office.settings.services.update_question": DESK,
    "office.settings.team.appointments": OWNERS,
    "office.settings.team.create": OWNERS,
    "office.settings.team.edit": OWNERS,
    "office.settings.team.give": OWNERS,
    "office.settings.team.index": OWNERS,
    "office.settings.team.invite_again": OWNERS,
    "office.settings.team.new": OWNERS,
    "office.settings.team.new_removal": OWNERS,
    "office.settings.team.remove": OWNERS,
    "office.settings.team.update": OWNERS,
}
REFUSED = "Not part of your role"
MONEY = re.compile(r"[$€£¥]\s?\d|\d\s?(?:USD|EUR)")


def rules(app):
    return [rule for rule in app.url_map.iter_rules() if rule.endpoint.startswith("office.")]


@pytest.fixture
def someone(olga, nora, theo):
    """`someone(role)`: one of Sparkle's staff."""
    return {OWNER: olga, OFFICE: nora, TECHNICIAN: theo}.__getitem__


@pytest.fixture(autouse=True)
def monday():
    """It is Monday, eight o'clock in New York."""
    with time_machine.travel(MONDAY, tick=False):
        yield


@pytest.fixture
def busy(world):
    """Theo goes to Ana today, his colleague to Ben; both customers have quotes, invoices and payments."""
    ana, ben, sparkle = world.ana, world.ben, world.sparkle
    cleaning = booking.service(sparkle, "Deep clean", price=12_000)
    maya = factories.staff(sparkle, "Maya Stone", TECHNICIAN)
    for contact, member, hours in ((ana, world.theo, 2), (ben, maya, 3)):
        contact.phone = "+12075550171"
        builders.quote(contact, "Windows")
        builders.pay(builders.invoice(contact, "Spring clean"))
        builders.invoice(contact, "Autumn clean")
        booking.appointment(cleaning, contact, member, MONDAY + timedelta(hours=hours), notes="Mind the cat")


def test_every_page_of_the_office_is_in_the_table(app):
    endpoints = {rule.endpoint for rule in rules(app)}
    assert endpoints == set(NEEDED) | SIGNED_OUT == set(EXPECTED) | SIGNED_OUT
    assert not set(NEEDED) & SIGNED_OUT


@pytest.mark.parametrize("role", ROLES)
def test_each_role_opens_its_own_pages_and_no_others(app, browser_of, someone, busy, role):
    browser = browser_of(someone(role))
    refused = {}
    for rule in rules(app):
        if rule.endpoint in SIGNED_OUT or rule.endpoint == "office.devices.end_all":
            continue
        for method in rule.methods & {"GET", "POST"}:
            path = re.sub(r"<(?:int:)?(\w+)>", "1", rule.rule)
            response = browser.get(path) if method == "GET" else browser.post(path)
            assert response.status_code in (200, 303, 403, 404, 422), (rule, response.status)
            refused[method, rule.endpoint] = response.status_code == 403
            assert (REFUSED.encode() in response.data) == refused[method, rule.endpoint]
    assert len(refused) == len(EXPECTED) - 1
    assert refused == {(method, name): role not in EXPECTED[name] for method, name in refused}


def test_a_page_that_is_not_listed_is_refused_even_to_the_owner(app, browser_of, olga, monkeypatch):
    browser = browser_of(olga)
    monkeypatch.delitem(NEEDED, "office.quotes.index")
    assert browser.get("/office/quotes").status_code == 403
    assert not may_open(olga, "office.nothing.index")


def test_a_refusal_says_why_and_leads_back(browser_of, theo):
    page = browser_of(theo).get("/office/invoices")
    assert "Your role doesn't include this page." in page.text.replace("&#39;", "'")
    assert 'href="/office/"' in page.text


@pytest.mark.parametrize(
    ("role", "pages"),
    [
        (OWNER, ["", "customers", "quotes", "invoices", "payments", "schedule", "activity"]),
        (OFFICE, ["", "customers", "quotes", "invoices", "payments", "schedule", "activity"]),
        (TECHNICIAN, ["", "schedule"]),
    ],
)
def test_the_navigation_leads_only_where_the_role_may_go(browser_of, someone, role, pages):
    html = browser_of(someone(role)).get("/office/").text
    nav = re.search(r"<nav class=\"mainnav\".*?</nav>", html, re.DOTALL)[0]
    assert re.findall(r'href="/office/([a-z]*)"', nav) == pages


def pages_of_theo(browser, app) -> dict[str, str]:
    """Every page a technician gets, by its path."""
    found = {}
    for rule in rules(app):
        for number in ("1", "2") if rule.arguments else ("",):
            path = re.sub(r"<(?:int:)?(\w+)>", number, rule.rule)
            if "GET" in rule.methods and "sign-in" not in path:
                response = browser.get(path)
                if response.status_code == 200:
                    found[path] = response.data.decode(errors="replace")
    return found


def test_a_technician_sees_no_money_and_nobody_elses_customers(app, browser_of, theo, busy):
    pages = pages_of_theo(browser_of(theo), app)
    assert set(pages) == {
        "/office/",
        "/office/schedule",
        "/office/schedule/1",
        "/office/schedule/1/notes",
        "/office/schedule/1/photos",
        "/office/customers/1",
        "/office/devices",
        "/office/support",
        f"/office/settings/hours/{theo.id}",
        f"/office/settings/hours/{theo.id}/calendar",
    }
    for path, html in pages.items():
        assert not MONEY.search(html), path
        for needle in (
            "Ben Okafor",
            "ben@example.com",
            "Maya",
            "Windows",
            "Autumn clean",
            "/office/quotes",
            "/invoices",
        ):
            assert needle not in html, (path, needle)


def test_control_the_owner_sees_all_of_that_on_the_same_pages(app, browser_of, olga, busy):
    pages = "".join(pages_of_theo(browser_of(olga), app).values())
    for needle in (
        "Ben Okafor",
        "ben@example.com",
        "mailto:",
        "Maya",
        "Windows",
        "Autumn clean",
        "/office/quotes",
        "/invoices",
    ):
        assert needle in pages
    assert MONEY.search(pages)


def test_a_technicians_dashboard_is_their_own_day(browser_of, theo, busy):
    html = browser_of(theo).get("/office/").text
    assert "Deep clean, Ana Ruiz" in html
    assert "7 Pine Road, Portland" in html


def test_a_technician_sees_the_customers_of_their_own_appointments(browser_of, theo, busy):
    browser = browser_of(theo)
    html = browser.get("/office/customers/1").text
    for words in ("Ana Ruiz", "(207) 555-0171", "7 Pine Road, Portland", "Deep clean"):
        assert words in html
    assert "Mind the cat" in browser.get("/office/schedule/1").text
    for path in ("/office/customers/2", "/office/schedule/2", "/office/customers/99", "/office/schedule/99"):
        assert browser.get(path).status_code == 404


PAGES = ("/office/", "/office/schedule", "/office/schedule/1", "/office/customers/1")


def test_a_technicians_pages_take_no_more_statements_than_others(browser_of, theo, busy, statements):
    browser = browser_of(theo)
    counts = {}
    for path in PAGES:
        with statements() as seen:
            browser.get(path)
        counts[path] = len(seen)
    more = {"/office/schedule": 3, "/office/schedule/1": 3}  # and the hours; and what was done there
    assert counts == dict.fromkeys(PAGES, 2) | more
