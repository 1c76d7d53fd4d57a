"""What a company has decided about payments: columns of `Company`."""

from sqlalchemy import false, true
from sqlalchemy.orm import Mapped, mapped_column


class PaymentSettings:
    """`saves_methods`: customers may save cards. `offers_autopay`: they may turn on automatic payments, which are
    announced `autopay_notice_days` before. `accepts_bank_debits`: they may pay from a US bank account.
    """

    accepts_bank_debits: Mapped[bool] = mapped_column(default=False, server_default=false())
    saves_methods: Mapped[bool] = mapped_column(default=True, server_default=true())
    offers_autopay: Mapped[bool] = mapped_column(default=False, server_default=false())
    autopay_notice_days: Mapped[int] = mapped_column(default=3, server_default="3")
