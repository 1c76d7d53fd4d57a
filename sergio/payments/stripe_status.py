"""How far a company and Stripe are connected, as Settings -> Payments shows it."""

from typing import NamedTuple

from flask import current_app

from sergio import pricing
from sergio.companies.models import Company
from sergio.lib.language import gettext as _
from sergio.payments.requirements import in_words, why_stopped
from sergio.payments.stripe.connections import DUE, READY, REVIEW, STARTED, STOPPED, StripeConnection


class StripeStatus(NamedTuple):
    """`connection` is None before the first try to connect."""

    company: Company
    connection: StripeConnection | None

    @property
    def has_keys(self) -> bool:
        return config().takes_cards

    @property
    def own_keys(self) -> bool:
        """Whether the installation's own account takes this company's payments."""
        return config().company == self.company.subdomain and self.company.stripe_account is None

    @property
    def chip(self) -> tuple[str, str] | None:
        """Kind and label of the status."""
        if not self.has_keys or self.own_keys:
            return None
        if not self.connection or not self.connection.is_connected:
            return "draft", _("Not connected")
        return {
            STARTED: ("open", _("Started")),
            DUE: ("overdue", _("Details needed")),
            REVIEW: ("processing", _("Under review")),
            STOPPED: ("overdue", _("Stopped")),
            READY: ("paid", _("Connected")),
        }[self.connection.status]

    @property
    def sentence(self) -> str:
        connection = self.connection
        if connection is None or connection.status == READY:
            return ""
        if connection.status == STARTED:
            return _("You have begun to connect Stripe. Customers can pay online as soon as Stripe has your details.")
        if connection.disabled_reason:
            return why_stopped(connection.disabled_reason)
        if connection.overdue:
            return _("Some details are overdue. Enter them soon, so that Stripe doesn't stop your payments.")
        if connection.status == DUE:
            return _("Stripe needs a few more details to keep your account going.")
        return _("Stripe is checking your details. That can take a few days.")

    @property
    def due(self) -> list[str]:
        return in_words([*self.connection.overdue, *self.connection.due]) if self.connection else []

    @property
    def pending(self) -> list[str]:
        return in_words(self.connection.pending) if self.connection else []

    @property
    def continues(self) -> bool:
        """Whether the owner has something to enter at Stripe."""
        return self.connection is not None and self.connection.status in (STARTED, DUE)

    @property
    def facts(self) -> list[tuple[str, str]]:
        company, on, off = self.company, _("On"), _("Off")
        facts = [
            (_("Card payments"), on if company.charges_cards else off),
            (_("Bank payments (ACH)"), on if company.charges_bank_accounts else off),
        ]
        if self.connection and self.connection.is_connected:
            facts.append((_("Payouts to your bank"), on if self.connection.payouts_enabled else off))
        return facts

    @property
    def fee(self) -> str:
        """What the installation takes, in one sentence; "" for nothing."""
        rate = config().application_fee_rate
        if not rate:
            return ""
        return _(
            "Besides Stripe's own fees, %(rate)s of each payment goes to this service.", rate=pricing.format_rate(rate)
        )


def config():
    return current_app.config["SERGIO"]
