"""Editing and deleting drafts, part of the models of invoices."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select

from sergio.audit.actor import Actor
from sergio.audit.models import record
from sergio.extensions import db
from sergio.lib.language import gettext as _
from sergio.lib.refused import Refused
from sergio.price_list.edits import record_edit


class Drafting:
    """The verbs of an `Invoice` that is not issued yet. All need it `locked`."""

    def edit(self: Any, values: dict, lines: Iterable, *, by: Actor, at: datetime):
        """Give it these values and lines, which are those of `Invoice.draft`; `revision` counts the change."""
        self.refuse_issued()
        before = self.facts
        for name, value in values.items():
            setattr(self, name, value)
        for line in self.lines:
            db.session.delete(line)
        self.lines = []
        self.copy_lines(lines)
        self.revision += 1
        if before != self.facts:
            record_edit(self, before, self.facts, by=by, at=at)

    def delete(self: Any, *, by: Actor, at: datetime):
        """Delete it for good."""
        self.refuse_issued()
        record(self, "deleted", by=by, at=at, before=self.facts)
        for row in (*self.lines, self):
            db.session.delete(row)

    def refuse_issued(self: Any):
        if self.number is not None:
            raise Refused(_("Invoice %(number)s has already been issued.", number=self.reference))

    def credit_elsewhere(self: Any) -> Select:
        """The ids of invoices that its customer has overpaid, in its currency."""
        mine = type(self).company_id == self.company_id, type(self).customer_id == self.customer_id
        return select(type(self).id).where(*mine, type(self).currency == self.currency, *type(self).overpaid()).limit(1)
