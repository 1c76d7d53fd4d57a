"""What a company has decided about payments: columns of `Company`, and what it can take."""

from typing import TYPE_CHECKING

from flask import current_app
from sqlalchemy import BigInteger, CheckConstraint, String, false, true
from sqlalchemy.orm import Mapped, mapped_column

from sergio.database.checks import at_least, one_of
from sergio.lib.language import gettext as _

PAYER, BILLING_TOO = "payer", "billing"
RECEIPTS_TO = (PAYER, BILLING_TOO)
BANK_DEBITS_IN, BANK_DEBITS_OF = "US", "USD"
"""Where Stripe debits bank accounts by ACH: docs.stripe.com/payments/ach-direct-debit."""
CHECKS = (
    at_least("part_payment_minimum", 0),
    one_of("receipts_to", RECEIPTS_TO),
    CheckConstraint("accepts_cards OR accepts_bank_debits", name="accepts_cards_or_bank_debits"),
)


class PaymentSettings:
    """`accepts_cards` and `accepts_bank_debits` are what customers may pay with; `cards_enabled` and
    `bank_debits_enabled` whether its account at Stripe may take them, as Stripe said last.

    `saves_methods`: customers may save cards. `offers_autopay`: they may turn on automatic payments, which are
    announced `autopay_notice_days` before. `allows_part_payments`: they may pay a part of an invoice, at least
    `part_payment_minimum` (minor units of the company's currency, 0 for the smallest charge of Stripe).

    `receipts_to`: who gets a receipt besides those contacts who asked for all: the contact who paid, or
    (`BILLING_TOO`) all billing contacts as well. `copies_receipts`: the office gets a copy.
    """

    accepts_cards: Mapped[bool] = mapped_column(default=True, server_default=true())
    accepts_bank_debits: Mapped[bool] = mapped_column(default=False, server_default=false())
    cards_enabled: Mapped[bool] = mapped_column(default=True, server_default=true())
    bank_debits_enabled: Mapped[bool] = mapped_column(default=False, server_default=false())
    saves_methods: Mapped[bool] = mapped_column(default=True, server_default=true())
    offers_autopay: Mapped[bool] = mapped_column(default=False, server_default=false())
    autopay_notice_days: Mapped[int] = mapped_column(default=3, server_default="3")
    allows_part_payments: Mapped[bool] = mapped_column(default=False, server_default=false())
    part_payment_minimum: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    receipts_to: Mapped[str] = mapped_column(String(10), default=PAYER, server_default=PAYER)
    copies_receipts: Mapped[bool] = mapped_column(default=False, server_default=false())

    if TYPE_CHECKING:
        subdomain: Mapped[str]
        country: Mapped[str]
        currency: Mapped[str]
        stripe_account: Mapped[str | None]
        charges_enabled: Mapped[bool]

    @property
    def payment_account(self) -> str | None:
        """The Stripe account for online payments: the company's own if Stripe allows it to charge, "" for the account
        of the installation if `SERGIO_COMPANY` names this company, else None.
        """
        config = current_app.config["SERGIO"]
        if not config.takes_cards:
            return None
        if self.stripe_account:
            return self.stripe_account if self.charges_enabled else None
        return "" if config.company == self.subdomain else None

    @property
    def charges_cards(self) -> bool:
        """Whether cards can be charged, also those that customers saved before it stopped accepting cards."""
        return self.payment_account is not None and self.cards_enabled

    @property
    def charges_bank_accounts(self) -> bool:
        """The same of bank accounts."""
        return self.payment_account is not None and not self.bank_debit_obstacle

    @property
    def takes_cards(self) -> bool:
        return self.accepts_cards and self.charges_cards

    @property
    def takes_bank_debits(self) -> bool:
        return self.accepts_bank_debits and self.charges_bank_accounts

    @property
    def takes_payments(self) -> bool:
        """Whether customers can pay online."""
        return self.takes_cards or self.takes_bank_debits

    @property
    def bank_debit_obstacle(self) -> str:
        """Why customers cannot pay from bank accounts here, as a sentence; "" where they can."""
        if self.country != BANK_DEBITS_IN or self.currency != BANK_DEBITS_OF:
            return _("Bank payments (ACH) are for companies in the United States that charge in US dollars.")
        if not self.bank_debits_enabled:
            return _("Your Stripe account can't take bank payments yet. Turn on ACH debits at Stripe first.")
        return ""
