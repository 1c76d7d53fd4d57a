"""Automatic payments: what a customer agreed to. What becomes of each invoice is in `autopay_charges`."""

from datetime import date, datetime, timedelta

from sqlalchemy import BigInteger, Index, Select, String, UniqueConstraint, select, text
from sqlalchemy.orm import Mapped, contains_eager, joinedload, mapped_column, relationship

from sergio import jobs
from sergio.audit.actor import Actor
from sergio.audit.models import record
from sergio.companies.models import Company
from sergio.customers.models import Contact, Customer
from sergio.customers.roles import AUTOMATE, may
from sergio.database.append_only import fixed
from sergio.database.checks import at_least, code
from sergio.database.company_scope import EVERY_COMPANY, CompanyOwned, within_company
from sergio.extensions import Model, db
from sergio.invoices.models import Invoice
from sergio.lib import money
from sergio.lib.language import OFFICE, speaking
from sergio.lib.language import gettext as _
from sergio.lib.language import lazy_gettext as _l
from sergio.lib.refused import Refused
from sergio.payments import autopay_emails as emails
from sergio.payments.autopay_charges import AutoPayCharge
from sergio.payments.autopay_statuses import OVER_CAP, PLANNED, STOPPED, UNSENT, WITH_STRIPE
from sergio.payments.consents import CONSENT_COLUMNS, Consent, ConsentGiven
from sergio.payments.saved import SavedMethod

ON = text("ended_at IS NULL")
CHANGED = _l("Changed")
"""Why a consent ended; kept in English, and shown in the language of who reads it."""


class AutoPay(ConsentGiven, CompanyOwned, Model):
    """A customer's consent to have invoices charged on the day they are due, to one saved method. At most one of a
    customer is on. It is never changed: other terms are a new row.

    `cap` is the most that a charge may be. Locks are taken in the order invoice, `AutoPay`, `AutoPayCharge`,
    `SavedMethod`.
    """

    __table_args__ = (
        Index("uq_auto_pay_on", "company_id", "customer_id", unique=True, sqlite_where=ON),
        UniqueConstraint("company_id", "id"),
        Index(None, "company_id", "customer_id"),
        *within_company(customer_id="customer", contact_id="contact", saved_method_id="saved_method"),
        at_least("cap", 1),
        at_least("notice_days", 0),
        code("currency", 3),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column()
    contact_id: Mapped[int] = mapped_column()
    saved_method_id: Mapped[int] = mapped_column()
    cap: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(String(3))
    notice_days: Mapped[int]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[str] = mapped_column(String(120), default="")
    ended_reason: Mapped[str] = mapped_column(String(300), default="")

    customer: Mapped[Customer] = relationship(foreign_keys=customer_id)
    contact: Mapped[Contact] = relationship(foreign_keys=contact_id)
    method: Mapped[SavedMethod] = relationship(foreign_keys=saved_method_id)

    @classmethod
    def of(cls, customer: Customer) -> Select:
        """The one that is on, if there is one."""
        return select(cls).where(customer.owns(cls), cls.ended_at.is_(None))

    @classmethod
    def with_method(cls, saved_id: int) -> Select:
        """The one that is on and charges a saved method."""
        return select(cls).where(cls.saved_method_id == saved_id, cls.ended_at.is_(None))

    @classmethod
    def locked(cls, row_id: int) -> Select:
        """The row with an id read before, locked until the commit, as all that starts or ends a charge needs."""
        again = {"populate_existing": True, **EVERY_COMPANY}
        return select(cls).where(cls.id == row_id).with_for_update().execution_options(**again)

    @classmethod
    def start(cls, contact: Contact, method: SavedMethod, cap: int, consent: Consent, *, by: Actor) -> "AutoPay":
        """Turn automatic payments on, or go on with other terms; what is planned stays planned."""
        company, customer = contact.company, contact.customer
        refuse_not_offered(company)
        if not may(contact.role, AUTOMATE):
            raise Refused(_("Automatic payments have no daily limit. Someone without a limit can turn them on."))
        before = db.session.scalar(cls.of(customer).with_for_update())
        db.session.scalars(SavedMethod.locked(method.id)).one().refuse_removed()
        row = cls(company=company, customer=customer, contact=contact, method=method, cap=cap)
        row.currency, row.notice_days = company.currency, company.autopay_notice_days
        row.keep_consent(consent)
        if before:
            with speaking(OFFICE):
                before.ended_at, before.ended_by, before.ended_reason = consent.at, by.name[:120], str(CHANGED)
            db.session.flush()
        db.session.add(row)
        db.session.flush()
        if before:
            before.hand_over(row)
        record(row, "turned_on", by=by, at=consent.at, after=row.facts())
        emails.turned_on(row)
        jobs.enqueue("payments.plan_automatic", company=company, auto_pay_id=row.id)
        return row

    def hand_over(self, after: "AutoPay"):
        """Let what is planned under these terms go on under others."""
        for charge in db.session.scalars(AutoPayCharge.under(self, (*UNSENT, *WITH_STRIPE))):
            charge.auto_pay = after
            if charge.status == OVER_CAP and charge.amount <= after.cap:
                charge.status = PLANNED

    def stop(self, *, by: Actor, at: datetime, reason: str = "") -> "AutoPayCharge | None":
        """End it at once: nothing is sent to the bank from now on. Needs the row locked.

        The charge that was sent before, if any: its money may still be taken.
        """
        if self.ended_at is None:
            self.ended_at, self.ended_by, self.ended_reason = at, by.name[:120], reason[:300]
            for charge in db.session.scalars(AutoPayCharge.under(self, UNSENT)):
                if charge.sent_at is None:
                    charge.status = STOPPED
            record(self, "turned_off", by=by, at=at, before=self.facts(), after={"reason": reason} if reason else {})
            emails.turned_off(self, by_customer=by.is_contact)
        return db.session.scalars(AutoPayCharge.under(self, WITH_STRIPE).limit(1)).first()

    @property
    def limit(self) -> str:
        return money.format_amount(self.cap, self.currency)

    def facts(self) -> dict:
        """The values for the audit trail."""
        return {"cap_amount": self.cap, "currency": self.currency, "paid_with": self.method.label}

    def plan(self, *, at: datetime) -> int:
        """Announce the charges of the next days, once each: how many. Needs the row locked."""
        today = self.company.day(at)
        invoices = db.session.scalars(self._to_plan(today)).all() if self.ended_at is None else []
        for invoice in invoices:
            charge = db.session.scalar(AutoPayCharge.of_invoice(invoice)) or AutoPayCharge(company=self.company)
            charge.auto_pay, charge.invoice, charge.tries, charge.decline = self, invoice, 0, ""
            charge.attempt = charge.sent_at = None
            charge.announce(at=at)
            db.session.add(charge)
        return len(invoices)

    def _to_plan(self, today: date) -> Select:
        """Unpaid invoices that are due soon and were not planned before. Those that were due before the consent are not
        part of it.
        """
        agreed_on, soon = self.company.day(self.consented_at), today + timedelta(days=self.notice_days)
        mine = self.customer.owns(Invoice), Invoice.currency == self.currency
        free = Invoice.clearing_since.is_(None), Invoice.disputed <= 0
        due = *Invoice.unpaid(), Invoice.due_on.between(agreed_on, soon), *free
        planned = select(AutoPayCharge.id).where(
            AutoPayCharge.company_id == self.company_id,
            AutoPayCharge.invoice_id == Invoice.id,
            AutoPayCharge.status != STOPPED,
        )
        return select(Invoice).where(*mine, *due, ~planned.exists()).order_by(Invoice.id)


for column in CONSENT_COLUMNS:
    fixed(column)(AutoPay)


def charges_of(customer: Customer) -> Select:
    """What became of a customer's invoices, the newest first."""
    mine = customer.owns(Invoice), AutoPayCharge.status != STOPPED
    whole = contains_eager(AutoPayCharge.invoice), joinedload(AutoPayCharge.auto_pay).joinedload(AutoPay.method)
    query = select(AutoPayCharge).join(AutoPayCharge.invoice).where(*mine)
    return query.options(*whole).order_by(AutoPayCharge.id.desc())


def charge_of(invoice: Invoice) -> Select:
    """The same for one invoice, with the customer."""
    consent = joinedload(AutoPayCharge.auto_pay)
    whose = consent.joinedload(AutoPay.method), consent.joinedload(AutoPay.customer)
    return AutoPayCharge.of_invoice(invoice).options(joinedload(AutoPayCharge.invoice), *whose)


def refuse_in_use(method: SavedMethod):
    """Raise `Refused` while automatic payments charge that method."""
    if db.session.scalar(AutoPay.with_method(method.id).where(AutoPay.company_id == method.company_id)):
        raise Refused(
            _("Automatic payments use this payment method. Turn them off, or choose another one for them, first.")
        )


def refuse_not_offered(company: Company):
    """Raise `Refused` where customers cannot turn on automatic payments."""
    if not (company.offers_autopay and company.saves_methods and company.takes_payments):
        raise Refused(f"{_('Automatic payments are not available right now.')} {company.how_to_reach}")
