"""Fraud brakes beside Stripe's Radar: how often somebody may try to pay, and when the pay page is locked.

Card testers try stolen card numbers on a page that takes cards, most gladly where saving one costs nothing, and watch
which are accepted. Stripe asks those who take cards to limit that themselves, by address and by person, for payments
and SetupIntents alike (docs.stripe.com/disputes/prevention/card-testing): many declines, many different cards, and new
intents in a short time are its signs.

A typing error is a decline of a card that was tried before; people own few cards. So what counts most is the number of
*different* cards a bank declined, by Stripe's fingerprint. Somebody who mistypes is stopped alone; their network, which
an office or a family shares, is locked only for more cards than one person owns.

A client secret that was given out can be tried with any number of cards at Stripe, without us. So declines are counted
from Stripe's events, and a lock also ends at Stripe what was begun (`brake_jobs`).

All is counted within one company, in the database, one request after the other (`lock_until_commit`).
"""

import logging
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from functools import cache

from flask import current_app
from sqlalchemy import Integer, Select, String, bindparam, func, select

from sergio import jobs
from sergio.audit.actor import Actor
from sergio.companies.models import Company
from sergio.customers.models import Contact
from sergio.database.company_scope import COMPANY, EVERY_COMPANY
from sergio.database.engines import Utc
from sergio.database.locks import lock_until_commit
from sergio.extensions import db
from sergio.lib import clock, tokens
from sergio.lib.language import gettext as _
from sergio.lib.refused import Refused
from sergio.payments import emails
from sergio.payments.tries import CARDS, DECLINED, DECLINES, INVOICE, NETWORK, STARTED, PayLock, PaymentTry
from sergio.web.proxies import client_network, is_internal

log = logging.getLogger(__name__)

HOUR, DAY, WEEK, MONTH = timedelta(hours=1), timedelta(days=1), timedelta(days=7), timedelta(days=30)
Limits = Mapping[timedelta, int]
"""From how many on within each length of time a rule applies."""

CARDS_OF_ONE_PERSON: Limits = {HOUR: 5, DAY: 8, WEEK: 15}
"""Few people carry five cards, and nobody has five declined in an hour. The week stops a slow drip."""
CARDS_ON_AN_INVOICE: Limits = {HOUR: 5, DAY: 8, WEEK: 15}
"""An invoice is paid by one household or office: the same, whichever of its contacts tries."""
CARDS_ON_A_NETWORK: Limits = {HOUR: 15, DAY: 30, WEEK: 60}
"""Several customers in one building have a declined card each on a bad day, but not fifteen in an hour."""
DECLINES_OF_ONE_PERSON: Limits = {HOUR: 10, DAY: 20}
"""The same card again and again is no card test, but banks block cards and Stripe warns accounts for it."""
STARTS_OF_ONE_PERSON, STARTS_ON_AN_INVOICE, STARTS_ON_A_NETWORK = 30, 30, 120
"""How often in an hour a form may be opened or a saved method charged: far more than people do, declined or not."""

LASTS = (HOUR, timedelta(hours=6), DAY, WEEK)
"""How long the first, second, ... lock of a month lasts. One that staff lifted does not count: it was a mistake."""


class PaymentsPaused(Refused):
    """Nothing can be paid online from here until `until`."""

    def __init__(self, company: Company, until: datetime):
        moment = company.format_moment(until)
        super().__init__(f"{_('Online payments are paused until %(moment)s.', moment=moment)} {company.how_to_reach}")
        self.until = until


def admit(contact_id: int, invoice_ids: Collection[int], *, by: Actor):
    """Count that a contact begins to pay these invoices, or without any to save a method. `PaymentsPaused` if they may
    not. Commits, before Stripe is asked for anything.
    """
    contact = db.session.get_one(Contact, contact_id, execution_options=EVERY_COMPANY)
    now, network = clock.now(), network_of(by)
    count_alone(contact.company)
    refuse_paused(contact, by=by, now=now)
    since = now - HOUR
    starts = {
        "contact_id": ([contact_id], STARTS_OF_ONE_PERSON),
        "invoice_id": (invoice_ids, STARTS_ON_AN_INVOICE),
        "network": ([network] if network else [], STARTS_ON_A_NETWORK),
    }
    for column, (values, most) in starts.items():
        if any(starts_of(contact.company_id, column, value, since) >= most for value in values):
            raise PaymentsPaused(contact.company, now + HOUR)
    keep(STARTED, tokens.token(), contact, network, invoice_ids, at=now)
    db.session.commit()


def refuse_paused(contact: Contact, *, by: Actor, now: datetime):
    """Raise `PaymentsPaused` while a lock is on that covers the contact, or the network that `by` comes from."""
    until = db.session.scalar(last_end(), who(contact, by) | {"now": now})
    if until:
        raise PaymentsPaused(contact.company, until)


def who(contact: Contact, by: Actor) -> dict:
    """The parameters of `last_end`, beside `now`."""
    return {"company_id": contact.company_id, "contact_id": contact.id, "network": network_of(by)}


@cache
def last_end() -> Select:
    """When the last of the locks ends that are on (parameters `company_id`, `contact_id`, `network` and `now`)."""
    covering = PayLock.covering(COMPANY, bindparam("contact_id", type_=Integer), bindparam("network", type_=String))
    return covering.where(PayLock.holds(bindparam("now", type_=Utc))).with_only_columns(func.max(PayLock.ends_at))


def note_decline(contact: Contact, invoice_ids: Iterable[int], source: str, card: str, *, at: datetime):
    """Count a decline once, and lock the pay page if it completes a pattern. The caller commits.

    It counts for the network on which the contact last began something.
    """
    company = contact.company
    count_alone(company)
    known = PaymentTry.company_id == company.id, PaymentTry.source == source
    if db.session.scalar(select(PaymentTry.id).where(*known).limit(1)):
        return
    mine = PaymentTry.company_id == company.id, PaymentTry.contact_id == contact.id
    began = select(PaymentTry.network).where(*mine, PaymentTry.kind == STARTED).order_by(PaymentTry.id.desc())
    network = db.session.scalar(began.limit(1)) or ""
    tried = keep(DECLINED, source, contact, network, list(invoice_ids), card=card, at=at)
    lock_for(tried, contact)


def lock_for(tried: list[PaymentTry], contact: Contact):
    """The consequence of a decline: a lock, unless the pay page is locked already for whom it would be."""
    company, network, now = contact.company, tried[0].network, clock.now()
    lately = PayLock.covering(company.id, contact.id, network).where(PayLock.started_at > now - MONTH)
    before = db.session.scalars(lately).all()
    of_contact = [lock for lock in before if lock.contact_id == contact.id]
    of_network = [lock for lock in before if network and lock.network == network]
    person = declines_of("contact_id", contact.id, company, of_contact)
    invoices = [declines_of("invoice_id", row.invoice_id, company, before) for row in tried if row.invoice_id]
    everybody = declines_of("network", network, company, of_network) if network else []
    reason, seen = pattern(person, invoices, everybody, now)
    covers_contact, covers_network = reason != NETWORK, reason != DECLINES and network != ""
    missing = (covers_contact and not any(lock.is_on(now) for lock in of_contact)) or (
        covers_network and not any(lock.is_on(now) for lock in of_network)
    )
    if not reason or not missing:
        return
    times = sum(1 for lock in before if lock.lifted_at is None)
    lock = PayLock(company=company, reason=reason, started_at=now, cards=different(seen), declines=len(seen))
    lock.answered = max(row.id for row in tried)
    lock.network = network if covers_network else ""
    lock.contact = contact if covers_contact else None
    lock.ends_at = now + LASTS[min(times, len(LASTS) - 1)]
    lock.begin(at=now)
    emails.payments_paused_to_office(lock)
    jobs.enqueue("payments.stop_begun", company=company, lock_id=lock.id)


def pattern(
    person: list[PaymentTry], invoices: list[list[PaymentTry]], everybody: list[PaymentTry], now: datetime
) -> tuple[str, list[PaymentTry]]:
    """Which rule the declines of a person, of each invoice and of a network break, and which declines those are; ""
    for none.
    """
    for reason, limits, rows in (
        (CARDS, CARDS_OF_ONE_PERSON, person),
        *((INVOICE, CARDS_ON_AN_INVOICE, rows) for rows in invoices),
        (NETWORK, CARDS_ON_A_NETWORK, everybody),
    ):
        if any(different(within(rows, length, now)) >= most for length, most in limits.items()):
            return reason, rows
    if any(len(within(person, length, now)) >= most for length, most in DECLINES_OF_ONE_PERSON.items()):
        return DECLINES, person
    return "", []


def within(rows: list[PaymentTry], length: timedelta, now: datetime) -> list[PaymentTry]:
    return [row for row in rows if row.at > now - length]


def different(rows: list[PaymentTry]) -> int:
    """How many different cards; a card that Stripe did not name is none."""
    return len({row.card for row in rows if row.card})


def declines_of(column: str, value, company: Company, locks: Iterable[PayLock]) -> list[PaymentTry]:
    """The declines of the last week, one row a try, that no lock has answered yet."""
    answered = max((lock.answered for lock in locks), default=0)
    lately = PaymentTry.id > answered, PaymentTry.at > clock.now() - WEEK
    mine = PaymentTry.company_id == company.id, PaymentTry.kind == DECLINED, getattr(PaymentTry, column) == value
    rows = db.session.scalars(select(PaymentTry).where(*mine, *lately))
    return list({row.source: row for row in rows}.values())


def starts_of(company_id: int, column: str, value, since: datetime) -> int:
    mine = PaymentTry.company_id == company_id, PaymentTry.kind == STARTED, PaymentTry.at > since
    count = select(func.count(PaymentTry.source.distinct())).where(*mine, getattr(PaymentTry, column) == value)
    return db.session.scalar(count) or 0


def keep(
    kind: str,
    source: str,
    contact: Contact,
    network: str,
    invoice_ids: Collection[int],
    *,
    at: datetime,
    card: str = "",
) -> list[PaymentTry]:
    about = {"company": contact.company, "kind": kind, "source": source, "contact_id": contact.id, "network": network}
    rows = [PaymentTry(**about, invoice_id=each, card=card, at=at) for each in invoice_ids or [None]]
    db.session.add_all(rows)
    db.session.flush()
    return rows


def count_alone(company: Company):
    """Make what counts at one company wait for one another, from here to the commit. Locks of invoices come before."""
    lock_until_commit(db.session, tokens.digest(f"payment tries of {company.id}"))


def network_of(by: Actor) -> str:
    """The network that somebody comes from; "" if unknown, and behind a proxy that hides it: what one of its clients
    does must not pause payments for all of them.
    """
    if by.ip_address and is_internal(by.ip_address):
        tell_operator(by.ip_address)
        return ""
    return client_network(by.ip_address) if by.ip_address else ""


@cache
def tell_operator(address: str):
    """Once in each process."""
    if current_app.config["SERGIO"].production:
        log.warning(
            "Somebody pays from %s, the address of a proxy. Declined cards are counted by person and by invoice, but "
            "not by network, until SERGIO_PROXIES is the number of your proxies.",
            address,
        )
