"""After the response: rendering the PDF of a quote."""

from sergio.extensions import db
from sergio.jobs import DOCUMENTS, job
from sergio.lib import clock
from sergio.lib.language import lazy_gettext as _l
from sergio.quotes import pdf
from sergio.quotes.models import Quote
from sergio.quotes.shown import ShownQuote


@job("quotes.keep_pdf", lane=DOCUMENTS, label=_l("Rendering the PDF of a quote"))
def keep_pdf(quote_id: int):
    quote = db.session.get_one(Quote, quote_id)
    today = quote.company.day(clock.now())
    pdf.pdf_of(ShownQuote(quote, quote.newest, today)).keep()
