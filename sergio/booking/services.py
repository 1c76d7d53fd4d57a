"""What customers can have done, and who does it."""

from sqlalchemy import String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from sergio.database.checks import at_least
from sergio.database.company_scope import Tenanted, within_company
from sergio.extensions import Model


class Service(Tenanted, Model):
    """Something customers can have done: how long it takes and what it costs at least; no price means on request."""

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
    def offers(cls):
        """The services customers can book, in the company's order, as rows."""
        facts = (cls.number, cls.name, cls.description, cls.minutes, cls.price_from)
        return select(*facts).where(cls.bookable).order_by(cls.position, cls.number)


class ServiceStaff(Tenanted, Model):
    """Somebody who does a service. A service without such rows is done by everyone who can be booked."""

    __table_args__ = within_company(service_id="service", staff_id="staff_member")

    service_id: Mapped[int] = mapped_column(primary_key=True)
    staff_id: Mapped[int] = mapped_column(primary_key=True)
