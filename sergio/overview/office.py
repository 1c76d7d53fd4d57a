"""The office's pages over all features: the dashboard, and the customers."""

from contextlib import suppress
from datetime import UTC, datetime

from flask import Blueprint, flash, g, request, url_for
from flask_login import current_user

import sergio.overview.jobs  # noqa: F401 - the worker finds its jobs by name
from sergio.companies.welcome import greeting
from sergio.customers.address_change_pages import bp as address_changes
from sergio.customers.contact_pages import bp as contacts
from sergio.customers.loading import company_customer
from sergio.customers.note_pages import bp as notes
from sergio.customers.office import bp as records
from sergio.customers.place_pages import bp as places
from sergio.extensions import db
from sergio.imports.office import bp as imports
from sergio.lib import clock
from sergio.lib.language import gettext as _
from sergio.overview import archiving, checklist, customer_timeline, technician
from sergio.overview import customers as listed
from sergio.overview.chart import chart
from sergio.overview.customer import customer_numbered
from sergio.overview.dashboard import figures, sums, todays_appointments
from sergio.overview.events import events, unseen
from sergio.overview.merge_pages import bp as merging
from sergio.overview.to_do import tasks
from sergio.staff.roles import ALL_WORK, MONEY, SETTINGS
from sergio.web.pages import go, page
from sergio.web.paging import search_text
from sergio.web.revalidation import revalidated

dashboard = Blueprint("dashboard", __name__)
customers = Blueprint("customers", __name__, url_prefix="/customers")
for part in (records, contacts, places, address_changes, notes, merging, imports):
    customers.register_blueprint(part)


@dashboard.get("/")
@revalidated
def index():
    """The dashboard; for a technician, their own day."""
    company = g.company
    now = clock.now()
    if not current_user.may(MONEY):
        return technician.day(g.sign_in.staff, now)
    today = company.day(now)
    found = sums(company, now)
    did = events(company, now, current_user.activity_seen_at)
    return page(
        "overview/office/dashboard.html",
        lines=checklist.lines(company) if company.checklist_since and current_user.may(SETTINGS) else [],
        greeting=greeting(current_user.first_name, now.astimezone(company.zone)),
        today=company.format_day(now),
        figures=figures(company, found, today),
        tasks=tasks(found),
        chart=chart(company, today, found["paid"]),
        events=did,
        unseen=unseen(did),
        appointments=todays_appointments(company, today),
    )


@dashboard.post("/activity/seen")
def see_activity():
    """Mark what customers did as seen, up to the latest thing that the page showed."""
    with suppress(ValueError, OverflowError):
        until = datetime.fromisoformat(request.form.get("until", "")).astimezone(UTC)
        current_user.see_activity(min(until, clock.now()))
        db.session.commit()
    return go(url_for(".index"))


@customers.get("", endpoint="index")
@revalidated
def list_customers():
    """The customers that match `?q=` and the filter `?show=`, in the order `?sort=`."""
    query = search_text(request.args)
    listing = listed.of_company(g.company, query, request.args)
    return page("overview/office/customers.html", "customers", listing=listing, query=query)


@customers.get("/<int:number>")
@revalidated
def show(number):
    """One customer: how to reach them, what is open and coming, notes, and all that happened (`?show=` filters that).

    A technician sees no money, and only the customers of their own appointments.
    """
    now = clock.now()
    if not current_user.may(ALL_WORK):
        return technician.customer(g.sign_in.staff, number, now)
    shown = customer_numbered(number, g.company, now)
    path = f"{listed.PATH}/{number}"
    paging, entries = customer_timeline.page_of(g.company, shown.id, path, request.args)
    return page("overview/office/customer.html", "timeline", customer=shown, paging=paging, entries=entries)


@customers.post("/<int:number>/archive")
def archive(number):
    customer = company_customer(number)
    archiving.archive(customer, by=g.actor, at=clock.now())
    db.session.commit()
    flash(_("%(name)s is archived. They can still look and pay in the portal.", name=customer.name), "success")
    return go(url_for(".show", number=number))


@customers.post("/<int:number>/restore")
def restore(number):
    customer = company_customer(number)
    customer.bring_back(by=g.actor, at=clock.now())
    db.session.commit()
    flash(_("%(name)s is back on your lists.", name=customer.name), "success")
    return go(url_for(".show", number=number))
