"""Voiding, crediting and writing off, part of the models of invoices: entries in the ledger, never changes of it."""

from datetime import datetime
from typing import Any

from sqlalchemy import select

from sergio import jobs
from sergio.audit.actor import Actor
from sergio.audit.models import record
from sergio.extensions import db
from sergio.invoices.entries import LedgerEntry
from sergio.invoices.ledger import CREDIT, MOVED_CREDIT, VOID, WRITE_OFF, sum_of
from sergio.lib.language import gettext as _
from sergio.lib.refused import Refused

DEPOSIT, REST = "deposit", "rest"
"""What an invoice of an accepted quote asks for: see `quotes/invoicing`."""
UNDONE = " undone"
"""How the source of an entry ends that takes another one back."""


class Corrections:
    """The verbs of an `Invoice` that lower what is due without a payment. All need the invoice `locked`."""

    def void(self: Any, *, at: datetime, by: Actor):
        """Cancel the invoice; `Refused` once something is paid or processing."""
        if self.voided_at:
            return
        if self.number is None:
            raise Refused(_("A draft was never sent, so there is nothing to void."))
        if self.clearing_since or self.paid or self.refunded or self.disputed:
            raise Refused(_("Invoice %(number)s has been paid, so it can only be refunded.", number=self.reference))
        if sum_of(self.entries, (MOVED_CREDIT,)):
            raise Refused(_("Credit from another invoice was used here. Undo that first."))
        self._refuse_deducted()
        before = {"status": self.status, "due": self.due, "currency": self.currency}
        self.enter(VOID, -self.due, at=at, source=f"invoice {self.number} void")
        self.voided_at = at
        self.version += 1
        self.update_sums()
        record(self, "voided", by=by, at=at, before=before, after={**before, "status": self.status, "due": self.due})
        self.withdraw_card_payment()

    def _refuse_deducted(self: Any):
        """Raise `Refused` for a deposit that the invoice of the rest deducts: nobody would ask for it any more."""
        if self.quote_part != DEPOSIT:
            return
        mine = type(self).company_id == self.company_id, type(self).quote_id == self.quote_id
        standing = type(self).quote_part == REST, type(self).voided_at.is_(None)
        rest = db.session.scalars(select(type(self)).where(*mine, *standing)).first()
        if rest and rest.number is None:
            raise Refused(_("A draft invoice deducts this deposit. Delete the draft first."))
        if rest:
            raise Refused(_("Invoice %(number)s deducts this deposit. Void that one first.", number=rest.reference))

    def credit(self: Any, amount: int, reason: str, *, by: Actor, at: datetime):
        """Take an amount off what is due, for a reason that the customer sees."""
        self._lower(CREDIT, amount, reason, "credited", by=by, at=at)

    def write_off(self: Any, reason: str, *, by: Actor, at: datetime):
        """Stop asking for the rest. A payment that comes after all is recorded once the write-off is undone."""
        self._lower(WRITE_OFF, self.due, reason, "wrote_off", by=by, at=at)

    def undo_correction(self: Any, entry: LedgerEntry, reason: str, *, by: Actor, at: datetime):
        """Take a credit or a write-off back; a second time changes nothing."""
        if entry.kind not in (CREDIT, WRITE_OFF) or entry.amount > 0:
            raise Refused(_("Only a credit or a write-off can be undone here."))
        if self.voided_at:
            raise Refused(_("Invoice %(number)s is void, so nothing is due on it again.", number=self.reference))
        if self.enter(entry.kind, -entry.amount, at=at, source=f"{entry.source}{UNDONE}", memo=reason):
            taken_back = {"amount": -entry.amount, "currency": self.currency, "reason": reason}
            record(self, "undid_credit" if entry.kind == CREDIT else "undid_write_off", by=by, at=at, after=taken_back)

    def pause_reminders(self: Any, *, by: Actor, at: datetime):
        """Send no automatic reminders of it."""
        if self.reminders_paused_at is None:
            self.reminders_paused_at = at
            record(self, "paused_reminders", by=by, at=at)

    def resume_reminders(self: Any, *, by: Actor, at: datetime):
        if self.reminders_paused_at is not None:
            self.reminders_paused_at = None
            record(self, "resumed_reminders", by=by, at=at)

    def _lower(self: Any, kind: str, amount: int, reason: str, action: str, *, by: Actor, at: datetime):
        self._refuse_to_lower(amount)
        count = sum(entry.kind == kind for entry in self.entries)
        self.enter(kind, -amount, at=at, source=f"invoice {self.number} {kind} {count + 1}", memo=reason)
        self.version += 1
        record(self, action, by=by, at=at, after={"amount": amount, "currency": self.currency, "reason": reason})
        self.withdraw_card_payment()

    def _refuse_to_lower(self: Any, amount: int):
        if self.number is None:
            raise Refused(_("A draft was never sent. Change its lines instead."))
        if self.clearing_since:
            raise Refused(_("A payment for this invoice is already processing."))
        if self.due <= 0:
            raise Refused(_("Nothing is due on this invoice."))
        if not 0 < amount <= self.due:
            raise Refused(_("Only %(amount)s is due on this invoice.", amount=self.money(self.due)))

    def withdraw_card_payment(self: Any):
        """Have a card payment that was started for another amount canceled at Stripe."""
        jobs.enqueue("payments.withdraw", company=self.company, invoice_id=self.id)
