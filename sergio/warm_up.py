"""The statements of the pages that most people ask for, compiled before the web server forks.

Its workers share their memory, and who is the first to ask for a page of a new worker does not wait for them. Other
pages, and less common forms of these, compile theirs when they are first asked for.
"""

from collections.abc import Callable
from functools import partial

from flask import Flask
from sqlalchemy import Executable

from sergio.auth import requester
from sergio.booking import agenda, appointments, busy, choice, inbox, shown, to_invoice
from sergio.booking import listing as appointment_lists
from sergio.booking import office as schedule
from sergio.booking import portal as booking
from sergio.customers import account, properties
from sergio.database.company_scope import parameters_of
from sergio.database.compiled_statements import compiled_ahead
from sergio.extensions import db
from sergio.invoices import listing as invoice_lists
from sergio.invoices import lookup, sending, statement
from sergio.invoices.models import Invoice
from sergio.overview import (
    activity_listing,
    customer_parts,
    customer_timeline,
    customers,
    dashboard,
    events,
    tasks,
    timeline,
)
from sergio.payments import dispute_pages, paying, payment_facts, payment_history, refund_requests, stuck
from sergio.payments import listing as payment_lists
from sergio.price_list import models as price_list
from sergio.quotes import appointments as quoted_appointments
from sergio.quotes import events as quote_events
from sergio.quotes import listing as quote_lists
from sergio.quotes import loading
from sergio.quotes.models import Quote

EVERY_TASK = tasks.invoices_to_pay, tasks.quotes_to_answer, tasks.offered_times
WHOLE_HISTORY = timeline.ledger, timeline.accepted_quotes, timeline.appointments

WHO_ASKS = requester.with_contact, requester.with_staff
"""They find the company, so they cannot name it."""

STATEMENTS: tuple[Executable | Callable[[], Executable], ...] = (
    # the portal, as most companies show it
    partial(tasks.most_urgent, EVERY_TASK),
    tasks.NEXT,
    partial(quote_lists.customer_page, "all"),
    Quote.own,
    partial(invoice_lists.customer_page, "all"),
    paying.unpaid_by_currency,
    Invoice.own,
    paying.method_and_charge,
    payment_history.payments_page,
    booking.OFFERS,
    choice.CHOICE,
    busy.TAKEN,
    appointment_lists.PAGES[appointment_lists.COMING],
    appointment_lists.OWN_WISH,
    appointments.whole,
    partial(shown.of_portal, shows_notes=True, shows_photos=True),
    properties.EVERY_PLACE,
    partial(timeline.latest, WHOLE_HISTORY, frozenset(), frozenset({"photos", "notes"})),
    statement.sums,
    statement.entries,
    account.ROWS,
    # the office
    dashboard.everything_open,
    events.latest,
    partial(dashboard.within_hours, own=False),
    partial(invoice_lists.company_page, "all", one=False, dated=False),
    lookup.whole,
    sending.emails_of_invoice,
    partial(quote_lists.company_page, "all", "", words=0, rare=False, rare_title=False),
    loading.numbered,
    quote_events.OTHERS,
    quoted_appointments.standing,
    partial(price_list.found, 0),
    partial(payment_lists.payments_page, "all", "", (False, False, False, False)),
    stuck.attempts,
    payment_facts.with_outcome,
    refund_requests.requests_of_payments,
    dispute_pages.unanswered,
    partial(customers.customers_page, "active", "name", words=0, rare=False),
    customer_parts.of_office,
    partial(customer_timeline.timeline, "all"),
    partial(agenda.appointments, ""),
    agenda.TEAM,
    schedule.numbered,
    shown.of_staff,
    inbox.waiting,
    inbox.TIME_OFF,
    to_invoice.READY,
    partial(activity_listing.entries_page, kind=False, person=False, about=False),
)


def warm_up(app: Flask):
    """Compile these statements, and prove that they name their company."""
    with app.app_context():
        engine = db.engines["reading"]
    for build in WHO_ASKS:
        compiled_ahead(build(), engine)
    for each in STATEMENTS:
        parameters_of(compiled_ahead(each() if callable(each) else each, engine))
