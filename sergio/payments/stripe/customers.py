"""The table of customers on Stripe accounts, part of the models of payments."""

from sqlalchemy import Select, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from sergio.customers.models import Customer
from sergio.database.company_scope import CompanyOwned, within_company
from sergio.extensions import Model


class StripeCustomer(CompanyOwned, Model):
    """A customer on one of the Stripe accounts a company has had; "" is the installation's own account."""

    __table_args__ = (
        UniqueConstraint("company_id", "customer_id", "account"),
        UniqueConstraint("account", "stripe_id"),
        *within_company(customer_id="customer"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column()
    account: Mapped[str] = mapped_column(String(60), default="")
    stripe_id: Mapped[str] = mapped_column(String(60))

    customer: Mapped[Customer] = relationship(foreign_keys=customer_id)

    @classmethod
    def of(cls, customer: Customer, account: str) -> Select:
        """The customer on that account, if it was created there."""
        return select(cls).where(customer.owns(cls), cls.account == account)
