"""Archiving a customer: refused while something goes on, out of the lists, and brought back by new work."""

from sqlalchemy import select

from sergio.audit.models import AuditEntry
from sergio.extensions import db
from tests import factories
from tests.booking import builders as booking
from tests.booking.builders import MONDAY
from tests.invoices import builders as invoices
from tests.overview import builders
from tests.overview.builders import DAY

PAGE, LIST = "/office/customers/1", "/office/customers"


def archive(browser) -> str:
    return browser.post(f"{PAGE}/archive", follow_redirects=True).text.replace("&#39;", "'")


def is_archived(person) -> bool:
    db.session.expire_all()
    return person.customer.archived_at is not None


def test_an_archived_customer_leaves_the_lists_and_can_be_restored(browser_of, ana, olga, session):
    builders.invoice(ana)
    browser = browser_of(olga)
    assert "Ana Ruiz is archived." in archive(browser)
    assert is_archived(ana)
    for path in (LIST, f"{LIST}?q=ruiz", "/office/preview"):
        assert "Ana Ruiz" not in browser.get(path).text
    for show in ("archived", "all", "owing"):
        assert "Ana Ruiz" in browser.get(f"{LIST}?show={show}").text
    browser.post(f"{PAGE}/restore")
    assert not is_archived(ana)
    actions = select(AuditEntry.action).where(AuditEntry.subject == "customer").order_by(AuditEntry.id)
    assert session.scalars(actions).all() == ["archived", "restored"]


def test_what_goes_on_is_named(browser_of, ana, theo, olga):
    quote = builders.quote(ana)
    appointment = builders.appointment(ana, theo, MONDAY + DAY)
    page = archive(browser_of(olga))
    assert "Ana Ruiz can't be archived yet." in page
    assert f"An appointment is coming: Nov 24, 2026 ({appointment.number})." in page
    assert f"Quote {quote.number} is open." in page
    assert not is_archived(ana)


def test_what_is_over_does_not_hinder_archiving(browser_of, ana, theo, olga):
    builders.accept(builders.quote(ana), ana)
    builders.appointment(ana, theo, MONDAY - DAY)
    archive(browser_of(olga))
    assert is_archived(ana)


def test_the_portal_goes_on_for_paying_and_looking(browser_of, ana, olga):
    builders.invoice(ana)
    archive(browser_of(olga))
    portal = browser_of(ana)
    for path in ("", "invoices/1", "quotes", "account"):
        assert portal.get(f"/portal/{path}").status_code == 200


def test_new_work_brings_an_archived_customer_back(ana, theo, session):
    cleaning = booking.service(ana.company, "Deep clean")
    accepted, draft = builders.quote(ana), invoices.draft(ana)
    builders.accept(accepted, ana)
    how = {"by": factories.by(theo), "at": MONDAY}
    works = (
        lambda: draft.finalize(**how),
        lambda: accepted.undo_acceptance("A mistake.", **how),
        lambda: accepted.revise(**how),
        lambda: builders.quote(ana),
        lambda: builders.invoice(ana),
        lambda: booking.appointment(cleaning, ana, theo, MONDAY + DAY),
    )
    for work in works:
        ana.customer.put_away(**how)
        session.commit()
        work()
        session.commit()
        assert not is_archived(ana)
