"""What a service asks for with a booking: a deposit, or a card on file. Until it is there, the time is only held.

A deposit is an ordinary invoice, so what can happen to its money is what happens to that of other invoices. A payment
that comes after the time was given up overpays the voided invoice: the office is told, and refunds it or uses it
otherwise. So it does with what was paid for an appointment that is given up or canceled before it was booked: such an
invoice is not voided.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import CheckConstraint, Index, Select, String, UniqueConstraint, select, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

import sergio.payments.models  # noqa: F401 - the tables of payments refer to each other
from sergio.audit.actor import BY_SYSTEM, Actor
from sergio.audit.models import record
from sergio.booking.services import DEPOSIT, GUARANTEES
from sergio.database.checks import one_of
from sergio.database.company_scope import EVERY_COMPANY, CompanyOwned, within_company
from sergio.extensions import Model, db
from sergio.invoices.lines import InvoiceLine
from sergio.invoices.models import Invoice
from sergio.lib.language import gettext as _
from sergio.lib.language import speaking
from sergio.lib.refused import Refused
from sergio.payments.methods import CARD, can_pay_by
from sergio.payments.saved import SavedMethod

TO_GIVE = timedelta(hours=1)
WAITING = text("given_at IS NULL AND ended_at IS NULL")


class AppointmentGuarantee(CompanyOwned, Model):
    """The deposit or the card that an appointment needs by `due_at`: `given_at` is when it was there, `ended_at` when
    the time was given up, by us or by who canceled. A deposit has an `invoice`.
    """

    __table_args__ = (
        UniqueConstraint("company_id", "appointment_id"),
        *within_company(appointment_id="appointment", invoice_id="invoice"),
        CheckConstraint(f"(kind = '{DEPOSIT}') = (invoice_id IS NOT NULL)", name="deposit_has_an_invoice"),
        CheckConstraint("given_at IS NULL OR ended_at IS NULL", name="given_or_ended"),
        one_of("kind", GUARANTEES),
        Index(None, "company_id", "invoice_id"),
        Index("ix_appointment_guarantee_waiting", "due_at", sqlite_where=WAITING),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    appointment_id: Mapped[int] = mapped_column()
    kind: Mapped[str] = mapped_column(String(20))
    invoice_id: Mapped[int | None] = mapped_column()
    due_at: Mapped[datetime]
    given_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]

    invoice: Mapped[Invoice | None] = relationship(foreign_keys=invoice_id)

    @classmethod
    def waiting(cls) -> Select:
        """Those of all companies that are neither given nor ended, the most urgent first."""
        rows = select(cls).where(cls.given_at.is_(None), cls.ended_at.is_(None)).order_by(cls.due_at)
        return rows.execution_options(**EVERY_COMPANY)

    @property
    def is_waiting(self) -> bool:
        return self.given_at is None and self.ended_at is None and not self.is_paid

    @property
    def is_paid(self) -> bool:
        """Whether nothing of the deposit is due: it was paid, staff have let it go, or a bank debit is on its way."""
        return self.invoice is not None and (self.invoice.due <= 0 or self.invoice.clearing_since is not None)

    @property
    def is_lost(self) -> bool:
        """Whether a deposit that was there is due again, as the bank did not pay the debit or took it back. The
        appointment stays booked: the office decides whether to ask for it again, or to cancel.
        """
        return self.given_at is not None and self.invoice is not None and not self.is_paid

    @property
    def path(self) -> str:
        """The page where the customer gives it."""
        return f"{self.invoice.portal_path}/pay" if self.invoice else "/portal/payment-methods"

    def give(self, appointment, now: datetime):
        """The appointment is booked, or requested, from now on; both sides are emailed."""
        self.given_at = now
        record(appointment, "guaranteed", by=BY_SYSTEM, at=now, after={"guarantee": self.kind})
        appointment._notify(appointment.approval or "booked", now)

    def end(self, appointment, now: datetime):
        """Give the time up, unless somebody has canceled already; the customer is emailed. The invoice is voided, or
        where something was paid or is processing, left to the office, which is emailed.
        """
        self.ended_at = now
        if self.invoice:
            try:
                self.invoice.void(by=BY_SYSTEM, at=now)
            except Refused:
                appointment._notify("deposit_left", now)
        if appointment.canceled_at is None and not appointment.why_over(now):
            with speaking(appointment.customer.language_for(appointment.contact)):
                reason = _("The deposit was not paid in time.") if self.invoice else _("No card was saved in time.")
            appointment.cancel(by=BY_SYSTEM, now=now, reason=reason, message=None)
            appointment._notify("given_up", now, message=reason)


def ask(appointment, *, by: Actor, now: datetime) -> AppointmentGuarantee | None:
    """What the appointment needs, if its service asks for anything and the company can be paid by card now; a customer
    with a saved card has given that already.
    """
    service, company = appointment.service, appointment.company
    if not service.guarantee or not can_pay_by(company, CARD):
        return None
    needed = AppointmentGuarantee(company=company, appointment_id=appointment.id, kind=service.guarantee)
    needed.due_at = now + TO_GIVE
    if service.guarantee == DEPOSIT:
        needed.invoice = deposit_invoice(appointment, by=by, now=now)
    elif has_card(appointment):
        needed.given_at = now
    db.session.add(needed)
    return needed


def deposit_invoice(appointment, *, by: Actor, now: datetime) -> Invoice:
    service, company = appointment.service, appointment.company
    with speaking(appointment.customer.language_for(appointment.contact)):
        title = _("Deposit: %(title)s", title=service.name)[:200]
        moment = company.format_moment(appointment.starts_at)
        text = _("Deposit for your appointment on %(moment)s", moment=moment)
    line = InvoiceLine(description=text, unit_price=service.deposit)
    more = {"due_on": company.day(now), "place": appointment.place, "secures_appointment": True}
    return Invoice.issue(appointment.customer, title, [line], by=by, at=now, **more)


def has_card(appointment) -> bool:
    methods = SavedMethod.of(appointment.customer, appointment.company.payment_account)
    return db.session.scalars(methods.limit(1)).first() is not None


def settle(needed: AppointmentGuarantee, appointment, now: datetime):
    """Do the `next_step` of what was neither given nor ended; `needed` is locked."""
    if needed.invoice_id:  # before the appointment, as payments lock it first
        needed.invoice = db.session.scalars(Invoice.locked(needed.invoice_id)).one()
    appointment.lock()
    if step := next_step(needed, appointment, now):
        step(appointment, now)


def next_step(needed: AppointmentGuarantee, appointment, now: datetime) -> Callable | None:
    """Book the appointment if what it needs is there, give its time up if that is overdue, or wait (None)."""
    if appointment.canceled_at:
        return needed.end
    if needed.is_paid or (needed.invoice is None and has_card(appointment)):
        return needed.give
    return needed.end if needed.due_at <= now else None
