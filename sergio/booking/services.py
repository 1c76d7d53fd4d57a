"""Services, who does them and what they ask, part of the models."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, Select, String, UniqueConstraint, bindparam, func, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from sergio.audit.actor import Actor
from sergio.audit.models import changes, record
from sergio.companies.models import Company
from sergio.database import locks
from sergio.database.checks import at_least, one_of
from sergio.database.company_scope import COMPANY, CompanyOwned, within_company
from sergio.extensions import Model, db
from sergio.lib import tokens
from sergio.lib.language import gettext as _
from sergio.lib.refused import Refused
from sergio.lib.text import folded

TEXT, NUMBER, CHOICE = KINDS = ("text", "number", "choice")
MOST_QUESTIONS = 12
DEPOSIT, CARD_ON_FILE = GUARANTEES = ("deposit", "card")


class Service(CompanyOwned, Model):
    """A service of the company; customers can book it while it is `bookable`, which an archived one never is.

    `price` is in minor units, the lowest one unless `price_is_fixed`; None means on request. `lead_minutes` and
    `needs_approval` are None if the company's rule applies. `guarantee` is what customers who book online give first: a
    `deposit` of so many minor units, a card on file, or nothing.
    """

    __table_args__ = (
        UniqueConstraint("company_id", "number"),
        UniqueConstraint("company_id", "id"),
        CheckConstraint("archived_at IS NULL OR NOT bookable", name="archived_is_not_bookable"),
        CheckConstraint(f"(guarantee = '{DEPOSIT}') = (deposit IS NOT NULL)", name="deposit_with_an_amount"),
        CheckConstraint("price IS NOT NULL OR NOT price_is_fixed", name="fixed_has_a_price"),
        at_least("number", 1),
        at_least("minutes", 1),
        at_least("buffer_minutes", 0),
        at_least("price", 0),
        at_least("lead_minutes", 0),
        at_least("deposit", 1),
        one_of("guarantee", ("", *GUARANTEES)),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int]
    name: Mapped[str] = mapped_column(String(120))
    description: Mapped[str] = mapped_column(String(1000), default="")
    minutes: Mapped[int]
    buffer_minutes: Mapped[int] = mapped_column(default=0)
    price: Mapped[int | None]
    price_is_fixed: Mapped[bool] = mapped_column(default=False)
    lead_minutes: Mapped[int | None]
    needs_approval: Mapped[bool | None]
    guarantee: Mapped[str] = mapped_column(String(20), default="", server_default="")
    deposit: Mapped[int | None]
    bookable: Mapped[bool] = mapped_column(default=True)
    position: Mapped[int] = mapped_column(default=0)
    archived_at: Mapped[datetime | None]

    only_by: Mapped[list["ServiceStaff"]] = relationship(
        foreign_keys="ServiceStaff.service_id", cascade="all, delete-orphan"
    )
    questions: Mapped[list["ServiceQuestion"]] = relationship(
        foreign_keys="ServiceQuestion.service_id", order_by="ServiceQuestion.id", cascade="all, delete-orphan"
    )

    @classmethod
    def offers(cls) -> Select:
        """The services customers can book, in the company's order, as rows."""
        facts = (cls.number, cls.name, cls.description, cls.minutes, cls.price, cls.price_is_fixed)
        facts += (cls.guarantee, cls.deposit)
        return select(*facts).where(cls.company_id == COMPANY, cls.bookable).order_by(*ORDER)

    @classmethod
    def active(cls) -> Select:
        """The services that are not archived, in the company's order."""
        return select(cls).where(cls.company_id == COMPANY, cls.archived_at.is_(None)).order_by(*ORDER)

    @classmethod
    def create(cls, company: Company, staff_ids: list[int], *, by: Actor, at: datetime, **columns) -> "Service":
        """Add a service at the end of the list. Raises `Refused` if another one has the name."""
        cls.lock(company)
        cls._refuse_name(company, columns["name"], None)
        last = select(func.max(cls.position)).where(cls.company_id == company.id)
        position = (db.session.scalar(last) or 0) + 1
        service = cls(company=company, number=company.next_number("service"), position=position, **columns)
        service.only_by = [ServiceStaff(company=company, staff_id=staff_id) for staff_id in staff_ids]
        db.session.add(service)
        record(service, "created", by=by, at=at, after=priced(columns, company))
        return service

    def change(self, staff_ids: list[int], *, by: Actor, at: datetime, **columns):
        """Set columns, and who does it (nobody named: everyone who can be booked). Appointments keep their times."""
        self.lock(self.company)
        self._refuse_name(self.company, columns.get("name", self.name), self)
        if self.archived_at and columns.get("bookable"):
            raise Refused(_("This service is archived. Restore it first."))
        before, after = changes(self, **columns)
        for name, value in after.items():
            setattr(self, name, value)
        before, after = priced(before, self.company), priced(after, self.company)
        named = {row.staff_id for row in self.only_by}
        if named != set(staff_ids):
            before["done_by"], after["done_by"] = sorted(named), sorted(set(staff_ids))
            kept = [row for row in self.only_by if row.staff_id in staff_ids]
            new = [ServiceStaff(company=self.company, staff_id=each) for each in sorted(set(staff_ids) - named)]
            self.only_by = kept + new
        if after:
            record(self, "changed", by=by, at=at, before=before, after=after)

    def archive(self, *, by: Actor, at: datetime):
        """Take it off the list; its appointments stay."""
        self.lock(self.company)
        if self.archived_at is None:
            self.archived_at, self.bookable = at, False
            record(self, "archived", by=by, at=at)

    def restore(self, *, by: Actor, at: datetime):
        """Put an archived service back on the list; customers cannot book it until that is switched on again."""
        self.lock(self.company)
        if self.archived_at:
            self._refuse_name(self.company, self.name, self)
            self.archived_at = None
            record(self, "restored", by=by, at=at)

    def move(self, to: int, *, by: Actor, at: datetime) -> tuple[int, int]:
        """Make it the `to`th of the list, the first being 1; returns where it is now, and how many there are."""
        self.lock(self.company)
        services = list(db.session.scalars(self.active(), {"company_id": self.company_id}))
        if self not in services:
            raise Refused(_("This service is archived. Restore it first."))
        before = services.index(self) + 1
        services.remove(self)
        services.insert(max(0, to - 1), self)
        for position, service in enumerate(services, 1):
            service.position = position
        place = services.index(self) + 1
        if place != before:
            record(self, "moved", by=by, at=at, before={"position": before}, after={"position": place})
        return place, len(services)

    @property
    def asks_approval(self) -> bool:
        """Whether a customer's booking is a request until staff confirm it."""
        return self.company.booking_approval if self.needs_approval is None else self.needs_approval

    @staticmethod
    def lock(company: Company):
        """Change the list of services one after the other: names stay different, and the order whole."""
        locks.lock_until_commit(db.session, tokens.digest(f"services of {company.id}"))

    @classmethod
    def _refuse_name(cls, company: Company, name: str, but: "Service | None"):
        others = db.session.execute(NAMES, {"company_id": company.id, "but": but.id if but else 0})
        if folded(name) in {folded(other) for other in others.scalars()}:
            raise Refused(name_taken(name))


ORDER = (Service.position, Service.number)
NAMES = select(Service.name).where(
    Service.company_id == COMPANY, Service.archived_at.is_(None), Service.id != bindparam("but")
)
"""The names of the other services."""


def name_taken(name: str) -> str:
    return _("You already have a service called %(name)s.", name=name)


def priced(columns: dict, company: Company) -> dict:
    """The columns for the audit trail, with the price and the deposit as amounts and their currency."""
    amounts = {f"{name}_amount": columns[name] for name in ("price", "deposit") if name in columns}
    rest = {name: value for name, value in columns.items() if name not in ("price", "deposit")}
    return rest | amounts | ({"currency": company.currency} if amounts else {})


class ServiceStaff(CompanyOwned, Model):
    """A staff member who does a service. A service without such rows is done by every bookable staff member."""

    __table_args__ = within_company(service_id="service", staff_id="staff_member")

    service_id: Mapped[int] = mapped_column(primary_key=True)
    staff_id: Mapped[int] = mapped_column(primary_key=True)


class ServiceQuestion(CompanyOwned, Model):
    """A question to customers who book a service. `options` are those of a choice.

    Answers are kept with the appointment in the words of their question, so questions can change and go.
    """

    __table_args__ = (
        one_of("kind", KINDS),
        Index(None, "company_id", "service_id"),
        *within_company(service_id="service"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    service_id: Mapped[int] = mapped_column()
    wording: Mapped[str] = mapped_column(String(200))
    kind: Mapped[str] = mapped_column(String(20), default=TEXT)
    options: Mapped[list] = mapped_column(default=list)
    required: Mapped[bool] = mapped_column(default=False)

    @classmethod
    def ask(cls, service: Service, *, by: Actor, at: datetime, **columns) -> "ServiceQuestion":
        """Add a question to a service. Raises `Refused` if it has the most it can have."""
        Service.lock(service.company)
        count = select(func.count()).where(cls.company_id == service.company_id, cls.service_id == service.id)
        if db.session.execute(count).scalar_one() >= MOST_QUESTIONS:
            limit = _("A service can have up to %(most)s questions.", most=MOST_QUESTIONS)
            raise Refused(f"{limit} {_('Remove one first.')}")
        question = cls(company_id=service.company_id, service_id=service.id, **columns)
        db.session.add(question)
        record(service, "changed", by=by, at=at, after={"question": question.wording})
        return question

    def change(self, service: Service, *, by: Actor, at: datetime, **columns):
        before, after = changes(self, **columns)
        for name, value in after.items():
            setattr(self, name, value)
        if after:
            record(service, "changed", by=by, at=at, before=before, after={"question": self.wording, **after})

    def delete(self, service: Service, *, by: Actor, at: datetime):
        """Stop asking it. Answers given before are kept."""
        record(service, "changed", by=by, at=at, before={"question": self.wording})
        db.session.delete(self)


SERVICE_ID = select(Service.id).where(Service.company_id == COMPANY, Service.number == bindparam("service"))
OF_SERVICE = (ServiceQuestion.company_id == Service.company_id) & (ServiceQuestion.service_id == Service.id)
"""How questions and their service are joined."""
ASKED = (ServiceQuestion.id, *(getattr(ServiceQuestion, name) for name in ("wording", "kind", "options", "required")))
QUESTIONS = (
    select(*ASKED)
    .where(ServiceQuestion.company_id == COMPANY, ServiceQuestion.service_id == SERVICE_ID.scalar_subquery())
    .order_by(ServiceQuestion.id)
)
"""The questions of the service with a number, as rows."""
