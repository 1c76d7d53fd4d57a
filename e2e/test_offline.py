"""The portal without a network: a page with the phone number and the next appointment, until one signs out."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import Error, expect

from e2e import data
from e2e.waiting import wait_until
from sergio import seeds
from sergio.booking.services import Service
from sergio.extensions import db
from sergio.lib import clock
from sergio.staff.models import StaffMember

OFFLINE_PAGE = "caches.match('/portal/offline').then((kept) => kept.text())"


@pytest.fixture
def gus(demo):
    with data.inside(demo) as company:
        data.customer(company, "Gus Neri")


@pytest.fixture
def ida(demo):
    """She has a coming appointment."""
    with data.inside(demo) as company:
        service = db.session.scalars(db.select(Service).where(Service.company_id == company.id).limit(1)).one()
        theo = db.session.scalars(db.select(StaffMember).where(StaffMember.email == "theo@sparkle.example")).one()
        soon = seeds.weekday_at(clock.now() + timedelta(days=50), 7)
        seeds.appointment(service, data.customer(company, "Ida Moss"), theo, soon)


def kept(page) -> list[str]:
    """The paths of what the service worker keeps."""
    urls = page.evaluate(
        """async () => {
          const names = await caches.keys()
          const keys = await Promise.all(names.map(async (name) => (await caches.open(name)).keys()))
          return keys.flat().map((request) => new URL(request.url).pathname)
        }"""
    )
    return sorted(urls)


def is_ready(page):
    """Wait until the worker controls the page and keeps the offline page."""
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    wait_until(page, "caches.match('/portal/offline').then(Boolean)")


@pytest.mark.usefixtures("ida")
def test_the_next_appointment_is_there_without_a_network_and_gone_after_signing_out(phone, sign_in, axe):
    sign_in(phone, "ida@example.com")
    portal = phone.url
    is_ready(phone)
    phone.reload()
    wait_until(phone, "navigator.serviceWorker.controller !== null")
    wait_until(phone, OFFLINE_PAGE + ".then((html) => html.includes('Next appointment'))")
    assert all(re.match(r"/(portal/offline$|static/|brand\.css|logo/)", path) for path in kept(phone))

    phone.context.set_offline(True)
    phone.goto(portal + "invoices")
    expect(phone.get_by_role("heading", name="You're offline")).to_be_visible()
    expect(phone.get_by_role("heading", name="Next appointment")).to_be_visible()
    expect(phone.get_by_role("link", name="555")).to_be_visible()
    assert phone.evaluate("getComputedStyle(document.querySelector('.card')).borderRadius") != "0px"
    axe(phone)

    phone.context.set_offline(False)
    phone.get_by_role("link", name="Try again").click()
    phone.get_by_role("button", name="Sign out").click()
    expect(phone).to_have_url(re.compile("sign-in"))
    assert kept(phone) == []
    phone.context.set_offline(True)
    with pytest.raises(Error):
        phone.goto(portal)


@pytest.mark.usefixtures("gus")
def test_a_session_that_ended_elsewhere_takes_the_appointment_out(phone, sign_in):
    sign_in(phone, "gus@example.com")
    portal = phone.url
    is_ready(phone)
    phone.reload()
    wait_until(phone, "navigator.serviceWorker.controller !== null")
    phone.evaluate(
        """async () => (await caches.open("offline")).put("/portal/offline", new Response("Next appointment"))"""
    )
    phone.context.clear_cookies()
    phone.goto(portal + "quotes")
    expect(phone).to_have_url(re.compile("sign-in"))
    wait_until(phone, OFFLINE_PAGE + ".then((html) => !html.includes('Next appointment'))")


def test_chromium_would_install_it(phone, sign_in):
    sign_in(phone, "ana@example.com")
    is_ready(phone)
    devtools = phone.context.new_cdp_session(phone)
    manifest = devtools.send("Page.getAppManifest")
    assert manifest["errors"] == []
    assert manifest["url"].endswith("/portal/app.webmanifest")
    errors = [error["errorId"] for error in devtools.send("Page.getInstallabilityErrors")["installabilityErrors"]]
    assert [error for error in errors if error != "in-incognito"] == []
