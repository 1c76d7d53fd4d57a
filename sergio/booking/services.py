"""Services and who does them, part of the models."""

from sqlalchemy import Select, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from sergio.database.checks import at_least
from sergio.database.company_scope import COMPANY, CompanyOwned, within_company
from sergio.extensions import Model


class Service(CompanyOwned, Model):
    """A service that customers can book. `price_from` is the lowest price in minor units; None means on request.

    `lead_minutes` is None if the company's lead time applies.
    """

    __table_args__ = (
        UniqueConstraint("company_id", "number"),
        UniqueConstraint("company_id", "id"),
        at_least("number", 1),
        at_least("minutes", 1),
        at_least("buffer_minutes", 0),
        at_least("price_from", 0),
        at_least("lead_minutes", 0),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int]
    name: Mapped[str] = mapped_column(String(120))
    description: Mapped[str] = mapped_column(String(1000), default="")
    minutes: Mapped[int]
    buffer_minutes: Mapped[int] = mapped_column(default=0)
    price_from: Mapped[int | None]
    lead_minutes: Mapped[int | None]
    bookable: Mapped[bool] = mapped_column(default=True)
    position: Mapped[int] = mapped_column(default=0)

    only_by: Mapped[list["ServiceStaff"]] = relationship(
        foreign_keys="ServiceStaff.service_id", cascade="all, delete-orphan"
    )

    @classmethod
    def offers(cls) -> Select:
        """The services customers can book, in the company's order, as rows."""
        facts = (cls.number, cls.name, cls.description, cls.minutes, cls.price_from)
        return select(*facts).where(cls.company_id == COMPANY, cls.bookable).order_by(cls.position, cls.number)


class ServiceStaff(CompanyOwned, Model):
    """A staff member who does a service. A service without such rows is done by every bookable staff member."""

    __table_args__ = within_company(service_id="service", staff_id="staff_member")

    service_id: Mapped[int] = mapped_column(primary_key=True)
    staff_id: Mapped[int] = mapped_column(primary_key=True)
