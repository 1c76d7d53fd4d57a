"""What waits for the office, for the dashboard: a line for each kind of it, with the page where it is done."""

from datetime import date, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import (
    BigInteger,
    BindParameter,
    Date,
    Row,
    Select,
    bindparam,
    exists,
    func,
    literal,
    literal_column,
    or_,
    select,
)

from sergio.booking.change_requests import AppointmentChangeRequest
from sergio.booking.invoicing import AppointmentBilling
from sergio.booking.models import Appointment
from sergio.customers.address_changes import AddressChange
from sergio.customers.models import is_real
from sergio.database.company_scope import COMPANY
from sergio.database.engines import Utc
from sergio.invoices.models import OFFICE_PATH
from sergio.invoices.open_sums import TODAY
from sergio.jobs.models import Job
from sergio.lib.language import ngettext
from sergio.outbox.models import OutgoingEmail
from sergio.overview.problems import SHOWN_FOR
from sergio.payments import listing, stuck
from sergio.payments.models import Dispute, Refund
from sergio.payments.tries import PayLock
from sergio.quotes.models import Quote
from sergio.quotes.statuses import CHANGES_REQUESTED

EXPIRING = timedelta(days=3)


SOON_ANSWERED = timedelta(days=3)
FAILED_SHOWN_FOR = timedelta(days=30)
DISPUTES = "/office/payments/disputes"
QUOTES, PROBLEMS = "/office/quotes?show=open", "/office/problems"
KINDS = {
    "disputes_soon": (
        *(DISPUTES, "alert"),
        lambda num: ngettext(
            "One dispute needs your answer within 3 days", "%(num)d disputes need your answer within 3 days", num
        ),
    ),
    "disputes": (
        *(DISPUTES, "card"),
        lambda num: ngettext("One dispute needs your answer", "%(num)d disputes need your answer", num),
    ),
    "refunds": (
        *("/office/payments?show=refund_failed", "card"),
        lambda num: ngettext("One refund failed", "%(num)d refunds failed", num),
    ),
    "replies": (
        *(QUOTES, "pen"),
        lambda num: ngettext("One customer asked to change a quote", "%(num)d customers asked to change a quote", num),
    ),
    "requests": (
        *("/office/schedule/requests", "calendar"),
        lambda num: ngettext("One appointment needs your approval", "%(num)d appointments need your approval", num),
    ),
    "asked": (
        *("/office/schedule/requests", "calendar"),
        lambda num: ngettext(
            "One customer asked to change an appointment", "%(num)d customers asked to change an appointment", num
        ),
    ),
    "addresses": (
        *("/office/customers/address-changes", "pin"),
        lambda num: ngettext("One address needs your approval", "%(num)d addresses need your approval", num),
    ),
    "expiring": (
        *(QUOTES, "clock"),
        lambda num: ngettext("One quote expires within 3 days", "%(num)d quotes expire within 3 days", num),
    ),
    "ready": (
        *("/office/schedule/done", "invoice"),
        lambda num: ngettext("One appointment is ready to invoice", "%(num)d appointments are ready to invoice", num),
    ),
    "stuck": (
        *("/office/payments", "card"),
        lambda num: ngettext("One payment is stuck", "%(num)d payments are stuck", num),
    ),
    "paused": (
        *("/office/payments/locks", "lock"),
        lambda num: ngettext(
            "Online payments are paused after many declined cards",
            "Online payments are paused %(num)d times after many declined cards",
            num,
        ),
    ),
    "overpaid": (
        *(f"{OFFICE_PATH}?show=overpaid", "invoice"),
        lambda num: ngettext("One invoice is overpaid", "%(num)d invoices are overpaid", num),
    ),
    "emails": (
        *(PROBLEMS, "mail"),
        lambda num: ngettext("One email couldn't be delivered", "%(num)d emails couldn't be delivered", num),
    ),
    "jobs": (
        *(PROBLEMS, "alert"),
        lambda num: ngettext("One task in the background failed", "%(num)d tasks in the background failed", num),
    ),
}
"""The page of each kind, its icon, and its sentence for a number of them."""


class Task(NamedTuple):
    """A kind of thing to do, with how many there are of it, and the page where it is done."""

    href: str
    icon: str
    text: str


def tasks(found: dict[str, list[Row]]) -> list[Task]:
    """What there is to do, from the `dashboard.sums`."""
    waiting = {kind: sum(row.count for row in found[kind]) for kind in KINDS}
    return [
        Task(href, icon, sentence(waiting[kind])) for kind, (href, icon, sentence) in KINDS.items() if waiting[kind]
    ]


def limits(today: date, now: datetime) -> dict:
    """The parameters of `parts`, beside those of the dashboard's sums."""
    since = {"answer_soon": now + SOON_ANSWERED, "failed_since": now - FAILED_SHOWN_FOR}
    return {**since, "soon": today + EXPIRING, "since": now - SHOWN_FOR, **stuck.limits(now)}


def parts() -> list[Select]:
    """A row with a `count` for each kind that is not of the invoices; each is read by a partial index."""
    money = disputes("disputes_soon", soon=True), disputes("disputes", soon=False), failed_refunds()
    work = replies(), requests(), asked(), addresses(), expiring(), ready()
    return [*money, *work, stuck_payments(), pauses(), refused_emails(), failed_jobs()]


def counted(kind: str) -> Select:
    return select(literal(kind).label("kind"), literal("").label("currency"), func.count().label("count"), NO_AMOUNT)


NO_AMOUNT = literal(0, BigInteger).label("amount")


def replies() -> Select:
    return counted("replies").where(*OPEN_QUOTES, Quote.outcome == literal_column(repr(CHANGES_REQUESTED)))


def expiring() -> Select:
    return counted("expiring").where(*OPEN_QUOTES, Quote.open_until <= bindparam("soon", type_=Date))


OPEN_QUOTES = Quote.company_id == COMPANY, Quote.is_open(TODAY), is_real(Quote.number)


def requests() -> Select:
    now: BindParameter[datetime] = bindparam("now", type_=Utc)
    return counted("requests").where(Appointment.company_id == COMPANY, Appointment.awaits_answer(now))


def asked() -> Select:
    """What customers ask for in their own words, about appointments to come; found from what they ask, of which there
    is little, not from the appointments.
    """
    now: BindParameter[datetime] = bindparam("now", type_=Utc)
    its = Appointment.company_id == COMPANY, Appointment.id == AppointmentChangeRequest.appointment_id
    comes = exists().where(*its, Appointment.is_coming(now))
    return counted("asked").where(*AppointmentChangeRequest.can_be_answered(), comes)


def addresses() -> Select:
    return counted("addresses").where(AddressChange.company_id == COMPANY, AddressChange.is_waiting())


def ready() -> Select:
    waiting = AppointmentBilling.company_id == COMPANY, AppointmentBilling.invoice_id.is_(None)
    return counted("ready").where(*waiting)


def disputes(kind: str, *, soon: bool) -> Select:
    """Those that need an answer, once each, however many payments it takes from."""
    limit: BindParameter[datetime] = bindparam("answer_soon", type_=Utc)
    urgent = Dispute.answer_by < limit
    mine = Dispute.company_id == COMPANY, Dispute.needs_answer()
    rows = select(Dispute.stripe_id).where(*mine, urgent if soon else or_(~urgent, Dispute.answer_by.is_(None)))
    return counted(kind).select_from(rows.distinct().subquery())


def failed_refunds() -> Select:
    """Those that came back lately, unless the customer got money back of the same payment since."""
    rows = listing.failed_refunds().where(Refund.at > bindparam("failed_since", type_=Utc))
    return counted("refunds").select_from(rows.distinct().subquery())


def stuck_payments() -> Select:
    return counted("stuck").select_from(stuck.found().subquery())


def pauses() -> Select:
    now: BindParameter[datetime] = bindparam("now", type_=Utc)
    return counted("paused").where(PayLock.company_id == COMPANY, PayLock.holds(now))


SINCE = bindparam("since", type_=Utc)


def refused_emails() -> Select:
    refused = OutgoingEmail.undelivered(COMPANY).where(OutgoingEmail.refused_at > SINCE)
    return counted("emails").select_from(refused.with_only_columns(OutgoingEmail.id).subquery())


def failed_jobs() -> Select:
    failed = Job.dead().where(Job.company_id == COMPANY, Job.failed_at > SINCE)
    return counted("jobs").select_from(failed.with_only_columns(Job.id).subquery())
