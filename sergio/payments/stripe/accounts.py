"""The companies' accounts at Stripe: what they can do, and their events that never reached the webhook.

A webhook can be down for longer than Stripe resends events. So every day each account's events since the last time are
read, with an overlap, and stored and processed like those that came. One job reads one page of one account, so
that a broken account stops only itself and a crash repeats one page.
"""

import logging
from datetime import UTC, datetime, timedelta

from flask import current_app
from sqlalchemy import ColumnElement, or_, select

from sergio.companies.models import Company
from sergio.database.company_scope import EVERY_COMPANY
from sergio.extensions import db
from sergio.jobs import PAYMENTS, STRIPE, enqueue, job
from sergio.lib import clock
from sergio.lib.language import lazy_gettext as _l
from sergio.payments.models import PaymentAttempt
from sergio.payments.stripe import onboarding
from sergio.payments.stripe.connections import StripeConnection, note_abilities
from sergio.payments.stripe.errors import Gone
from sergio.payments.stripe.events import OF_METHODS, OF_PAYMENTS, EventCursor, StripeEvent
from sergio.payments.stripe.gateway import Gateway

log = logging.getLogger(__name__)

KEPT_BY_STRIPE = timedelta(days=30)
OVERLAP = timedelta(days=1)


@job("payments.catch_up", lane=PAYMENTS, label=_l("Finding Stripe accounts to check"))
def catch_up():
    """Every day: check what each account can do, and read the events of each with any attempts."""
    if not current_app.config["SERGIO"].takes_cards:
        return
    for company in db.session.scalars(select(Company).where(has_account())):
        enqueue("payments.check_account", company=company, account=company.stripe_account or "")
    for company_id, account in db.session.execute(PaymentAttempt.accounts()):
        request_missed_events(company_id, account, clock.now())


@job("payments.check_account", lane=PAYMENTS, server=STRIPE, label=_l("Checking a Stripe account"))
def check_account(account: str):
    """Keep what a company's account can do; when it can charge again, the events it missed are read at once."""
    try:
        found = onboarding.read(account)
    except Gone as gone:
        log.warning("Stripe account %s is not available: %s", account, gone)
        found = None
    now, own = clock.now(), Company.subdomain == current_app.config["SERGIO"].company
    mine = Company.stripe_account == account if account else own & Company.stripe_account.is_(None)
    again = {"populate_existing": True, **EVERY_COMPANY}
    company = db.session.scalar(select(Company).where(mine).with_for_update(), execution_options=again)
    if company is None:
        return
    if account and found:
        connection = db.session.scalar(StripeConnection.of(company)) or StripeConnection.add(company, at=now)
        connection.follow(found, at=now)
    if note_abilities(company, found, at=now):
        request_missed_events(company.id, account, now)


def has_account() -> ColumnElement[bool]:
    """Whether a company has an account, or the one of the installation."""
    return or_(Company.stripe_account.is_not(None), Company.subdomain == current_app.config["SERGIO"].company)


def request_missed_events(company_id: int, account: str, at: datetime):
    """Enqueue reading an account's events since the last reading, or all that Stripe still has."""
    cursor = db.session.scalar(cursor_of(company_id, account))
    oldest = at - KEPT_BY_STRIPE
    since = max(oldest, cursor.read_until - OVERLAP) if cursor else oldest
    enqueue_page(company_id, account, int(since.timestamp()), int(at.timestamp()) + 1)


def enqueue_page(company_id: int, account: str, since: int, until: int, after: str | None = None):
    args: dict = {"company_id": company_id, "account": account, "since": since, "until": until, "after": after}
    enqueue("payments.read_events", company=db.session.get_one(Company, company_id), **args)


@job("payments.read_events", lane=PAYMENTS, server=STRIPE, label=_l("Reading missed Stripe events"))
def read_events(company_id: int, account: str, since: int, until: int, after: str | None = None):
    """Store a page of an account's events, and enqueue the next one; after the last one, move the cursor."""
    begin, end = datetime.fromtimestamp(since, UTC), datetime.fromtimestamp(until, UTC)
    try:
        events = Gateway(account).events((*OF_PAYMENTS, *OF_METHODS), begin, end, after)
    except Gone as gone:
        log.warning("the events of Stripe account %s cannot be read: %s", account, gone)
        return
    for payload in events.payloads:
        store_event(payload)
    if events.more_after:
        enqueue_page(company_id, account, since, until, events.more_after)
    else:
        set_cursor(company_id, account, end)


def store_event(payload: dict):
    """Store an event; log and skip one that cannot be read, so that it does not block the others."""
    try:
        event = StripeEvent.from_payload(payload, at=clock.now())
    except ValueError as error:
        log.warning("a Stripe event was skipped: %s", error)
    else:
        event.keep()


def set_cursor(company_id: int, account: str, until: datetime):
    """Note that an account's events have been read until then; the cursor never goes back."""
    cursor = db.session.scalar(cursor_of(company_id, account).with_for_update())
    if cursor is None:
        db.session.add(EventCursor(company_id=company_id, account=account, read_until=until))
    else:
        cursor.read_until = max(cursor.read_until, until)


def cursor_of(company_id: int, account: str):
    return select(EventCursor).where(EventCursor.company_id == company_id, EventCursor.account == account)
