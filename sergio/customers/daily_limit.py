"""How much a contact with the role `LIMITED` may accept, and how much they may pay, in one day of the company.

What they accept on a day adds up, and so does what they pay; an accepted quote that is then paid counts once in each.
The verbs that accept and pay ask here, with a lock on the contact, so that nothing goes around it: neither several
payments at once, nor a saved card, nor the link in an email.
"""

from collections.abc import Callable
from datetime import datetime, time

from sergio.customers.contacts import Contact
from sergio.customers.roles import LIMITED
from sergio.database import locks
from sergio.extensions import db
from sergio.lib import money, tokens
from sergio.lib.language import gettext as _
from sergio.lib.refused import Refused


def refuse_over(contact: Contact, amount: int, currency: str, used: Callable[[datetime], int], *, at: datetime):
    """Raise `Refused` where the contact may not accept or pay that amount now. `used(since)` is what they have accepted
    or paid since an instant, in that currency; it is asked under a lock that lasts until the commit.
    """
    db.session.refresh(contact, ["role", "daily_limit", "limit_currency"])
    if contact.role != LIMITED:
        return
    locks.lock_until_commit(db.session, tokens.digest(f"daily limit of {contact.company_id} {contact.id}"))
    whom = contact.customer.deciders
    ask = _("Ask %(names)s.", names=whom) if whom else contact.company.how_to_reach
    if currency != contact.limit_currency:
        raise Refused(f"{_('Your limit of %(limit)s a day is in another currency.', limit=contact.limit)} {ask}")
    before, most = used(start_of_day(contact, at)), contact.daily_limit or 0
    if before + amount > most:
        left = money.format_amount(max(0, most - before), currency)
        sentence = _("Your limit is %(limit)s a day, and %(left)s of it is left today.", limit=contact.limit, left=left)
        raise Refused(f"{sentence} {ask}")


def start_of_day(contact: Contact, at: datetime) -> datetime:
    return datetime.combine(contact.company.day(at), time.min, tzinfo=contact.company.zone)
