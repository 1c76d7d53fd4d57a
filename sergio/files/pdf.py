"""PDFs that are rendered once by the worker and kept. One that is not kept is rendered when it is downloaded.

What a PDF shows is frozen when something is sent, issued or paid, but its status is not: a PDF is kept for each state
it was rendered in, and a new state is a new path. So a kept PDF is never changed, whatever else changes: fonts,
templates, labels.
"""

import logging
from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from sergio.extensions import db
from sergio.files.models import StoredFile
from sergio.lib import clock, typst
from sergio.lib.canonical import canonical_json, fingerprint
from sergio.lib.encryption import Unreadable

log = logging.getLogger(__name__)


class Pdf(NamedTuple):
    """A PDF as it is now. `name` is its path without its state, such as "invoices/12"; `state` has everything that
    `values`, the values of the template, depend on and that can change (JSON); `at` is the date of the document.
    """

    company_id: int
    name: str
    state: dict
    template: str
    values: Callable[[], dict]
    at: datetime

    @property
    def path(self) -> str:
        return f"{self.name}/{fingerprint(canonical_json(self.state))}.pdf"

    def content(self) -> bytes:
        """The PDF as it was kept, else rendered now in a process of its own, whose memory is returned when it ends."""
        kept = db.session.scalar(StoredFile.at(self.company_id, self.path))
        if kept is not None:
            try:
                return kept.content
            except Unreadable:
                log.exception("%s of company %s is kept, but cannot be decrypted", self.path, self.company_id)
        return typst.render_apart(self.template, self.values(), at=self.at)

    def keep(self):
        """Render it and keep it, unless it is kept. For the worker: typst stays in the memory of this process."""
        if db.session.scalar(StoredFile.at(self.company_id, self.path).with_only_columns(StoredFile.id)) is None:
            content = typst.render(self.template, self.values(), at=self.at)
            StoredFile.store_once(self.company_id, self.path, content, at=clock.now())
