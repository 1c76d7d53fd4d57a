"""Made-up documents for samples of emails: a customer who does not exist, with a quote, an invoice, an appointment."""

from datetime import date, datetime, timedelta
from functools import cached_property
from types import SimpleNamespace
from typing import Any

from sergio.customers.models import Contact, Customer
from sergio.invoices.ledger import OPEN
from sergio.invoices.models import Invoice, InvoiceLine
from sergio.lib import money
from sergio.lib.language import gettext as _
from sergio.payments.autopay_statuses import DECLINED
from sergio.payments.methods import CARD
from sergio.quotes import evidence

NUMBER = 1042
SOON, LATER = timedelta(days=3), timedelta(days=14)


class MadeUp:
    """All of it, in a company's currency and time zone. Nothing of it is ever added to a session."""

    def __init__(self, company, now: datetime):
        self.company, self.now = company, now
        self.unit = money.minor_units(company.currency)

    @property
    def until(self) -> date:
        return self.company.day(self.now + LATER)

    @cached_property
    def customer(self) -> Customer:
        customer = Customer(company=self.company, number=NUMBER, name="Ana Ruiz")
        customer.contacts = [Contact(company=self.company, name="Ana Ruiz", email="ana@example.com", role="full")]
        return customer

    @property
    def contact(self) -> Contact:
        return self.customer.contacts[0]

    def document(self, **more) -> Any:
        """What all documents have."""
        whose = {"company": self.company, "customer": self.customer, "customer_id": None, "contact": self.contact}
        return SimpleNamespace(number=NUMBER, currency=self.company.currency, **whose, **more)

    @cached_property
    def quote(self) -> Any:
        texts = {"title": _("Window cleaning"), "intro": "", "terms": ""}
        deposit = {"deposit_rate": 0, "deposit": 0, "invoices_deposit": False}
        lines = {"lines": [self.quote_line], "packages": [], "attachments": [], "place": None}
        quote = self.document(version=1, valid_until=self.until, **texts, **deposit, **lines)
        offer = evidence.choose(evidence.frozen(quote, self.now) | {"changes": [], "since": None})
        quote.newest = SimpleNamespace(version=1, title=quote.title, valid_until=self.until, offer=lambda: offer)
        quote.acceptance = SimpleNamespace(offer=offer, contact=self.contact, name=self.contact.name, at=self.now)
        quote.office_path = f"/office/quotes/{NUMBER}"
        return quote

    @property
    def quote_line(self) -> Any:
        numbers = {"quantity": 1, "unit_price": 240 * self.unit, "discount_rate": 0, "discount": 0, "tax_ppm": 0}
        choice = {"optional": False, "preselected": False, "package_id": None}
        texts = {"description": _("All windows, inside and outside"), "detail": "", "unit": ""}
        return SimpleNamespace(id=1, position=0, amount=240 * self.unit, **texts, **numbers, **choice)

    @cached_property
    def invoice(self) -> Invoice:
        amount = 185 * self.unit
        days = {"issued_on": self.company.day(self.now), "due_on": self.until}
        facts = {"number": NUMBER, "prefix": self.company.invoice_prefix, "title": _("Regular cleaning")}
        invoice = Invoice(company=self.company, customer=self.customer, notes="", terms="", **facts, **days)
        invoice.currency, invoice.status, invoice.total, invoice.due = self.company.currency, OPEN, amount, amount
        invoice.refunded = invoice.disputed = 0
        invoice.lines = [InvoiceLine(company=self.company, position=0, description=facts["title"], unit_price=amount)]
        return invoice

    def paid(self, **more) -> Any:
        """What payments and attempts have."""
        about = {"company": self.company, "invoice": self.invoice, "amount": self.invoice.total, "method": CARD}
        return SimpleNamespace(number=NUMBER, money=self.invoice.money, **about, **more)

    @cached_property
    def payment(self) -> Any:
        payment = self.paid(at=self.now, paid_with=self.card)
        payment.attempt, payment.charge = self.attempt, [payment]
        payment.invoice.due = 0
        return payment

    @cached_property
    def attempt(self) -> Any:
        deposit = {"verify_with": "amounts", "deposit_at": self.now, "verify_by": self.now + LATER}
        whose = {"customer": self.customer, "contact": self.contact, "customer_id": None, "saved_method_id": None}
        verify_url = self.company.url("/portal/")
        return self.paid(invoices=[self.invoice], decline="", verify_url=verify_url, **deposit, **whose)

    @property
    def refund(self) -> Any:
        about = {"company": self.company, "payment": self.payment, "amount": self.invoice.total}
        return SimpleNamespace(status="succeeded", **about)

    @property
    def saved_card(self) -> Any:
        return self.document(label=self.card, expires_on=self.until)

    @property
    def card(self) -> str:
        return _("%(brand)s ending in %(digits)s", brand="Visa", digits="4242")

    @cached_property
    def auto_pay(self) -> Any:
        terms = {"limit": self.invoice.money(500 * self.unit), "notice_days": 3, "ended_reason": "", "company_id": 0}
        terms["consent_text"] = _("Charge my invoices to my card on the day they are due.")
        method = SimpleNamespace(label=self.card, method=CARD)
        return self.document(id=0, method=method, **terms)

    def automatic_payment(self, status: str) -> Any:
        """A charge of automatic payments: announced, declined, waiting for the customer, or over their limit."""
        days = {"next_on": self.company.day(self.now + SOON), "tries_ahead": [self.until]}
        outcome = {"status": status, "decline": "insufficient_funds" if status == DECLINED else ""}
        return SimpleNamespace(company=self.company, auto_pay=self.auto_pay, invoice=self.invoice, **days, **outcome)

    @cached_property
    def appointment(self) -> Any:
        starts_at = (self.now.astimezone(self.company.zone) + SOON).replace(hour=9, minute=0, second=0, microsecond=0)
        times = {"starts_at": starts_at, "ends_at": starts_at + timedelta(hours=2), "wanted_starts_at": None}
        times["proposed_times"] = [starts_at + timedelta(days=days) for days in (1, 2)]
        what = {"service": SimpleNamespace(name=_("Regular cleaning")), "staff": self.technician}
        home = ", ".join(self.company.address_lines) or "7 Pine Road"
        where = {"place": SimpleNamespace(address=home, needs_approval=False)}
        calendar = {"uid": "sample", "sequence": 0, "approval": None, "canceled_at": None, "guarantee": None}
        more = {"portal_path": "/portal/appointments", "office_path": "/office/schedule", "area": "", "answers": []}
        return self.document(notes="", **times, **what, **where, **calendar, **more)

    @property
    def series(self) -> list[Any]:
        """Three appointments, a week apart."""
        first = self.appointment
        series = SimpleNamespace(weeks=1, starts_on=first.starts_at.date(), minute=9 * 60)
        times = [(first.starts_at + timedelta(weeks=n), first.ends_at + timedelta(weeks=n)) for n in range(3)]
        return [
            SimpleNamespace(**vars(first) | {"starts_at": begin, "ends_at": end, "series": series})
            for begin, end in times
        ]

    @property
    def waiting(self) -> Any:
        """An entry of the waitlist."""
        service = SimpleNamespace(name=self.appointment.service.name, minutes=120)
        return self.document(id=0, service=service, place=self.appointment.place)

    @property
    def held_time(self) -> Any:
        return SimpleNamespace(starts_at=self.appointment.starts_at, held_until=self.now + timedelta(hours=2))

    def address_change(self, outcome: str, reason: str = "") -> Any:
        return self.document(outcome=outcome, reason=reason, address=self.appointment.place.address)

    @property
    def technician(self) -> Any:
        return SimpleNamespace(name="Theo", first_name="Theo")

    @property
    def step(self) -> Any:
        return SimpleNamespace(at=self.now, minutes=20)

    @property
    def work(self) -> Any:
        notes = [SimpleNamespace(text=_("All windows are clean, and the ladder is back in the garage."))]
        return SimpleNamespace(notes=notes, photos=[])
