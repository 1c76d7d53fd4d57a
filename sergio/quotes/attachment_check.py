"""Compares the stored files of attachments with their digests, for `sergio doctor`."""

from collections.abc import Iterator

from sqlalchemy import select

from sergio.companies.models import Company
from sergio.database.company_scope import EVERY_COMPANY
from sergio.extensions import db
from sergio.files import check
from sergio.quotes.attachments import JPEG, SMALL, WHOLE, QuoteAttachment, path


def differences() -> Iterator[str]:
    """A line for each file of an attachment, of any company, that is missing, unreadable or another one."""
    columns = (Company.subdomain, QuoteAttachment.company_id, QuoteAttachment.digest, QuoteAttachment.media_type)
    rows = select(*columns).join(Company, Company.id == QuoteAttachment.company_id).distinct().order_by(*columns)
    for row in db.session.execute(rows, execution_options=EVERY_COMPANY).all():
        for size in (WHOLE, SMALL) if row.media_type == JPEG else (WHOLE,):
            wrong = check.wrong_with(row.company_id, path(row.digest, size), row.digest if size == WHOLE else "")
            if wrong:
                yield f"{row.subdomain}, attachment {row.digest[:12]} ({size}): {wrong}"
