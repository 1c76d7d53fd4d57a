"""After the response: rendering the PDF of a quote. By the clock: reminding of quotes."""

from sqlalchemy import or_, select

from sergio.audit.actor import BY_SYSTEM
from sergio.companies.models import Company
from sergio.extensions import db
from sergio.jobs import DOCUMENTS, job
from sergio.lib import clock
from sergio.lib.language import lazy_gettext as _l
from sergio.quotes import pdf, reminders
from sergio.quotes.models import Quote
from sergio.quotes.shown import ShownQuote


@job("quotes.keep_pdf", lane=DOCUMENTS, label=_l("Rendering the PDF of a quote"))
def keep_pdf(quote_id: int):
    quote = db.session.get_one(Quote, quote_id)
    today = quote.company.day(clock.now())
    pdf.pdf_of(ShownQuote(quote, quote.newest, today)).keep()


@job("quotes.sum_up_edits", label=_l("Noting changes of a draft"))
def sum_up_edits(draft_id: int):
    quote = db.session.get_one(Quote, draft_id)
    quote.lock()
    quote.sum_up_edits(at=clock.now())


@job("quotes.remind", label=_l("Reminding customers of quotes"))
def remind():
    """Every hour, for the companies where it is morning. Each reminder is committed by itself."""
    now = clock.now()
    wanted = or_(Company.quote_reminder_before.is_not(None), Company.quote_reminder_after.is_not(None))
    companies = db.session.scalars(select(Company).where(wanted).order_by(Company.id)).all()
    for quote_id in [each for company in companies for each in reminders.due(company, now)]:
        reminders.remind(db.session.get_one(Quote, quote_id), by=BY_SYSTEM, at=now)
        db.session.commit()
