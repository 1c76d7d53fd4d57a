"""A company, its formats of amounts and times, and the number series of its documents."""

from datetime import date, datetime
from functools import cache
from importlib import import_module
from zoneinfo import ZoneInfo

from flask import current_app
from sqlalchemy import String, UniqueConstraint, bindparam, or_, select, true
from sqlalchemy.orm import Mapped, mapped_column, validates

from sergio.audit.actor import Actor
from sergio.audit.models import changes, record
from sergio.companies import logos
from sergio.companies.colors import HEX
from sergio.database.checks import at_least, code, one_of
from sergio.database.company_scope import CompanyOwned
from sergio.extensions import Model, db
from sergio.lib import language, money, phone
from sergio.lib.images import Logo
from sergio.lib.language import gettext as _
from sergio.lib.postal import address_lines
from sergio.lib.refused import Refused

FREE, STARTER = "free", "starter"
PLANS = (FREE, STARTER)
SLOT_MINUTES = (15, 30)


class Company(Model):
    """A field-service business with a portal at its own subdomain."""

    __table_args__ = (
        one_of("plan", PLANS),
        code("currency", 3),
        code("country", 2),
        at_least("payment_days", 0),
        at_least("lead_minutes", 0),
        at_least("horizon_days", 1),
        one_of("slot_minutes", SLOT_MINUTES),
        at_least("reschedule_minutes", 0),
        at_least("cancel_minutes", 0),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    subdomain: Mapped[str] = mapped_column(String(63), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    plan: Mapped[str] = mapped_column(String(20), default=FREE)
    language: Mapped[str] = mapped_column(String(10), default="en")
    time_zone: Mapped[str] = mapped_column(String(60), default="America/New_York")
    currency: Mapped[str] = mapped_column(String(3), default="USD")

    email: Mapped[str] = mapped_column(String(254), default="")
    phone: Mapped[str] = mapped_column(String(40), default="")
    street: Mapped[str] = mapped_column(String(200), default="")
    city: Mapped[str] = mapped_column(String(120), default="")
    region: Mapped[str] = mapped_column(String(60), default="")
    postal_code: Mapped[str] = mapped_column(String(20), default="")
    country: Mapped[str] = mapped_column(String(2), default="US")

    brand: Mapped[str] = mapped_column(String(7), default="#1f5f5b")
    accent: Mapped[str] = mapped_column(String(7), default="#c2410c")
    logo: Mapped[str] = mapped_column(String(32), default="")
    logo_ground: Mapped[str] = mapped_column(String(5), default="any")
    logo_width: Mapped[int] = mapped_column(default=0)
    logo_height: Mapped[int] = mapped_column(default=0)
    welcome: Mapped[str] = mapped_column(String(1000), default="")
    terms: Mapped[str] = mapped_column(String(4000), default="")

    shows_quotes: Mapped[bool] = mapped_column(default=True, server_default=true())
    shows_invoices: Mapped[bool] = mapped_column(default=True, server_default=true())
    shows_history: Mapped[bool] = mapped_column(default=True, server_default=true())
    shows_documents: Mapped[bool] = mapped_column(default=True, server_default=true())
    shows_line_prices: Mapped[bool] = mapped_column(default=True, server_default=true())
    shows_technician: Mapped[bool] = mapped_column(default=True, server_default=true())
    history_months: Mapped[int | None]

    payment_days: Mapped[int] = mapped_column(default=14)
    stripe_account: Mapped[str | None] = mapped_column(String(60), unique=True)
    charges_enabled: Mapped[bool] = mapped_column(default=False)
    booking_open: Mapped[bool] = mapped_column(default=True)
    lead_minutes: Mapped[int] = mapped_column(default=24 * 60)
    horizon_days: Mapped[int] = mapped_column(default=60)
    slot_minutes: Mapped[int] = mapped_column(default=30)
    reschedule_minutes: Mapped[int] = mapped_column(default=24 * 60)
    cancel_minutes: Mapped[int] = mapped_column(default=24 * 60)
    most_bookings: Mapped[int] = mapped_column(default=10)

    @validates("brand", "accent")
    def _check_color(self, name, color):
        if not HEX.fullmatch(color):
            raise ValueError(f"{color!r} is not a color like #1f5f5b.")
        return color

    @validates("stripe_account")
    def _reset_charges_enabled(self, name, account):
        if account != self.stripe_account:
            self.charges_enabled = False
        return account

    @classmethod
    def at(cls, subdomain: str):
        """The company at a subdomain, as a select."""
        return select(cls).where(cls.subdomain == subdomain)

    @property
    def company_id(self) -> int:
        """Its own id, so that the audit trail can treat a company like any row of a company."""
        return self.id

    @property
    def has_portal(self) -> bool:
        """Whether the plan includes the customer portal."""
        return self.plan != FREE

    @property
    def card_account(self) -> str | None:
        """The Stripe account for card payments: the company's own if Stripe allows it to charge, "" for the account of
        the installation if `SERGIO_COMPANY` names this company, else None.
        """
        config = current_app.config["SERGIO"]
        if not config.takes_cards:
            return None
        if self.stripe_account:
            return self.stripe_account if self.charges_enabled else None
        return "" if config.company == self.subdomain else None

    @property
    def takes_cards(self) -> bool:
        return self.card_account is not None

    @property
    def how_to_reach(self) -> str:
        """A sentence with the phone number and email address that the company has."""
        if self.phone and self.email:
            return _("Call %(phone)s or email %(email)s.", phone=self.national_phone, email=self.email)
        if self.phone:
            return _("Call %(phone)s.", phone=self.national_phone)
        return _("Email %(email)s.", email=self.email) if self.email else _("Contact us.")

    @property
    def national_phone(self) -> str:
        """The phone number as people in the company's country write it; `phone` is kept as E.164."""
        return self.phone and phone.national(self.phone, self.country)

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    @property
    def missing_details(self) -> list[str]:
        """The columns of the profile that a customer would look for, and that are still empty."""
        return [name for name in ("email", "phone", "street", "city") if not getattr(self, name)]

    @property
    def address_lines(self) -> list[str]:
        return address_lines(self)

    def url(self, path: str) -> str:
        """`path` (starting with a slash) as an absolute URL on the company's host, for emails and other sites."""
        config = current_app.config["SERGIO"]
        return f"{config.scheme}://{self.subdomain}.{config.root_domain}{path}"

    def history_since(self, now: datetime) -> datetime | None:
        """The instant from which customers see their service history, or None for all of it."""
        if self.history_months is None:
            return None
        months = now.astimezone(self.zone).year * 12 + now.astimezone(self.zone).month - 1 - self.history_months
        return datetime(months // 12, months % 12 + 1, 1, tzinfo=self.zone)

    def day(self, at: datetime) -> date:
        """The day of an instant in the company's time zone."""
        return at.astimezone(self.zone).date()

    def change_logo(self, logo: Logo, *, by: Actor, at: datetime):
        """Show another logo. The one until now is kept for pages and emails on their way, those before are deleted."""
        db.session.refresh(self, with_for_update=True)
        digest = logos.store(self.id, logo, at=at)
        if digest != self.logo:
            shown = {"logo_ground": logo.ground, "logo_width": logo.width, "logo_height": logo.height}
            self._show_logo(digest, shown, "changed_logo", by=by, at=at)

    def remove_logo(self, *, by: Actor, at: datetime):
        """Show the name instead of a logo."""
        db.session.refresh(self, with_for_update=True)
        if self.logo:
            self._show_logo("", {"logo_ground": "any", "logo_width": 0, "logo_height": 0}, "removed_logo", by=by, at=at)

    def _show_logo(self, digest: str, shown: dict, action: str, *, by: Actor, at: datetime):
        before, self.logo = self.logo, digest
        for name, value in shown.items():
            setattr(self, name, value)
        logos.delete_except(self.id, {before, digest} - {""})
        record(self, action, by=by, at=at, before={"logo": before}, after={"logo": digest})

    def keep_logo_for_documents(self, *, at: datetime):
        """Call this when a document with the company's letterhead is frozen."""
        logos.keep_for_documents(self.id, self.logo, at=at)

    def change_settings(self, action: str, values: dict, *, by: Actor, at: datetime):
        """Set columns to `values`. `action` names the settings in the audit trail, such as "changed_profile"."""
        before, after = changes(self, **values)
        for name, value in after.items():
            setattr(self, name, value)
        if after:
            record(self, action, by=by, at=at, before=before, after=after)

    def change_currency(self, currency: str, *, by: Actor, at: datetime):
        """Set the currency (ISO 4217); `Refused` once the company `has_money`."""
        db.session.refresh(self, with_for_update=True)
        if currency == self.currency:
            return
        if not money.is_currency(currency):
            raise Refused(_("%(currency)s is not the code of a currency, such as USD or EUR.", currency=currency))
        if self.has_money:
            raise Refused(
                _(
                    "You already have invoices, quotes, or payments in %(currency)s, "
                    "so your currency can no longer be changed.",
                    currency=self.currency,
                )
            )
        before, self.currency = self.currency, currency
        record(self, "changed_currency", by=by, at=at, before={"currency": before}, after={"currency": currency})

    def currency_now(self) -> str:
        """The currency to ask for money in. `change_currency` waits for this transaction, and then finds its row."""
        db.session.refresh(self, ["currency"], with_for_update={"read": True, "key_share": True})
        return self.currency

    @property
    def has_money(self) -> bool:
        """Whether there is an invoice, a payment or a sent quote; by table, as their models are in higher layers."""
        tables = [self.metadata.tables[name] for name in ("invoice", "payment", "quote_version")]
        found = [select(table.c.company_id).where(table.c.company_id == self.id) for table in tables]
        return bool(db.session.scalar(select(or_(*(rows.exists() for rows in found)))))

    def money(self, amount: int) -> str:
        """An amount without a row's currency, such as a service's price or a sum of no rows: "$1,240.00".

        Amounts of a row are formatted with the currency of that row.
        """
        return money.format_amount(amount, self.currency)

    def format_day(self, on: date | datetime) -> str:
        """ "Tue, Nov 24, 2026"; for an instant, its day in the company's time zone."""
        on = self.day(on) if isinstance(on, datetime) else on
        return language.format_day(on)

    def short_day(self, on: date | datetime) -> str:
        """ "Nov 24, 2026"; for an instant, its day in the company's time zone."""
        return language.short_day(self.day(on) if isinstance(on, datetime) else on)

    def format_time(self, at: datetime) -> str:
        """ "9:30 AM" in the company's time zone."""
        return language.format_time(at.astimezone(self.zone))

    def format_moment(self, at: datetime) -> str:
        """ "Tue, Nov 24, 2026, 9:30 AM" in the company's time zone."""
        return f"{self.format_day(at)}, {self.format_time(at)}"

    def next_number(self, series: str) -> int:
        """The next number of a series ("quote", "invoice", …). No gaps: a rollback also takes back the number."""
        take = take_number(db.session.get_bind().dialect.name)
        named = {"company_id": self.id, "series": series}
        return db.session.execute(take, named).scalar_one()


class NumberSeries(CompanyOwned, Model):
    """The last number of one series of a company."""

    __table_args__ = (
        UniqueConstraint("company_id", "series"),
        at_least("last", 1),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    series: Mapped[str] = mapped_column(String(20))
    last: Mapped[int]


@cache
def take_number(dialect: str):
    """The statement that takes the next number of a series (parameters `company_id`, `series`)."""
    insert = import_module(f"sqlalchemy.dialects.{dialect}").insert(NumberSeries.__table__)
    first = insert.values(company_id=bindparam("company_id"), series=bindparam("series"), last=1)
    following = {"last": NumberSeries.last + 1}
    take = first.on_conflict_do_update(index_elements=["company_id", "series"], set_=following)
    return take.returning(NumberSeries.last)
