"""After the response, and each morning: rendering the PDF of an invoice, and reminding customers of unpaid ones."""

from datetime import datetime, timedelta
from functools import cache

from sqlalchemy import Date, Select, bindparam, literal_column, select

from sergio.audit.actor import BY_SYSTEM
from sergio.companies.models import Company
from sergio.database.company_scope import COMPANY
from sergio.extensions import db
from sergio.invoices import pdf
from sergio.invoices.models import Invoice
from sergio.invoices.sending import InvoiceEmail, occasion_of
from sergio.jobs import DOCUMENTS, EMAIL, enqueue_once, job
from sergio.lib import clock
from sergio.lib.language import lazy_gettext as _l
from sergio.lib.refused import Refused
from sergio.price_list.edits import sum_up

MORNING, EVENING = 8, 18
"""The hours of a company's day between which its customers are reminded."""


@job("invoices.keep_pdf", lane=DOCUMENTS, label=_l("Rendering the PDF of an invoice"))
def keep_pdf(invoice_id: int):
    whole = select(Invoice).where(Invoice.id == invoice_id).options(*Invoice.whole())
    invoice = db.session.scalars(whole).unique().one()
    pdf.pdf_of(invoice, invoice.company.day(clock.now())).keep()


@job("invoices.sum_up_edits", label=_l("Noting changes of a draft"))
def sum_up_edits(draft_id: int):
    """Of a draft that was not issued or deleted meanwhile, which says all of it."""
    draft = db.session.scalars(Invoice.locked(draft_id)).one_or_none()
    if draft and draft.number is None:
        sum_up(draft, draft.facts, at=clock.now())


@job("invoices.find_reminders", label=_l("Finding invoices to remind of"))
def find_reminders():
    """Every hour: enqueue the reminders of the day, in every company where it is morning or later."""
    now = clock.now()
    for company in db.session.scalars(select(Company)).all():
        if company.reminder_days and MORNING <= now.astimezone(company.zone).hour < EVENING:
            enqueue_reminders(company, now)


def enqueue_reminders(company: Company, now: datetime):
    """A job for each invoice and day of the schedule that is today, and was not enqueued before."""
    today = company.day(now)
    for days in company.reminder_days:
        asked = {"company_id": company.id, "due_on": today - timedelta(days=days), "today": today}
        for invoice_id in db.session.scalars(to_remind_of(), {**asked, "occasion": occasion_of(days)}).all():
            about = {"invoice_id": invoice_id, "days": days}
            enqueue_once("invoices.remind", f"{invoice_id} {days}", company=company, **about)


@cache
def to_remind_of() -> Select:
    """The invoices that are due on a day and simply unpaid, without a reminder for that occasion yet."""
    due_on, today = bindparam("due_on", type_=Date), bindparam("today", type_=Date)
    reminded = select(InvoiceEmail.id).where(
        InvoiceEmail.company_id == COMPANY,
        InvoiceEmail.invoice_id == Invoice.id,
        InvoiceEmail.occasion == bindparam("occasion"),
    )
    unpaid = *Invoice.unpaid(), Invoice.due_on == due_on, Invoice.clearing_since.is_(None)
    waits = Invoice.disputed == literal_column("0"), Invoice.reminders_paused_at.is_(None), Invoice.issued_on < today
    return select(Invoice.id).where(Invoice.company_id == COMPANY, *unpaid, *waits, ~reminded.exists())


@job("invoices.remind", lane=EMAIL, label=_l("Reminding a customer of an invoice"))
def remind(invoice_id: int, days: int):
    """Remind of an invoice, unless it was paid, paused or changed meanwhile, or there is nobody to email."""
    invoice = db.session.scalars(Invoice.locked(invoice_id)).one()
    now = clock.now()
    still_today = invoice.due_on + timedelta(days=days) == invoice.company.day(now)
    if still_today and invoice.reminders_paused_at is None and days in invoice.company.reminder_days:
        try:
            InvoiceEmail.remind(invoice, occasion_of(days), by=BY_SYSTEM, at=now)
        except Refused:
            return
