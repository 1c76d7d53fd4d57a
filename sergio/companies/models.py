"""A company, its formats of amounts and times, and the number series of its documents."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from flask import current_app
from sqlalchemy import CheckConstraint, String, false, or_, select, true
from sqlalchemy.orm import Mapped, mapped_column, validates

from sergio.audit.actor import Actor
from sergio.audit.models import changes, record
from sergio.companies import logos, subdomains
from sergio.companies.colors import HEX
from sergio.companies.number_series import NumberSeries, raise_last, take_number_at_once, take_numbers
from sergio.companies.payment_settings import CHECKS as PAYMENT_CHECKS
from sergio.companies.payment_settings import PaymentSettings
from sergio.companies.plans import BY_CODE, FREE, PLANS, PORTAL, PRO, Plan, least_with
from sergio.companies.reminder_settings import CHECKS as REMINDER_CHECKS
from sergio.companies.reminder_settings import ReminderSettings
from sergio.database.checks import at_least, code, one_of
from sergio.extensions import Model, db
from sergio.lib import language, money, phone
from sergio.lib.images import Logo
from sergio.lib.language import gettext as _
from sergio.lib.postal import address_lines
from sergio.lib.refused import Refused

TEST_NUMBERS = 90_000_000
"""A test customer, and all that belongs to it, has numbers above this one: series of their own, so that those of real
documents have no gaps, and a mark on every row, so that sums can leave them out without a join.
"""
SLOT_MINUTES = (15, 30, 60)


def is_test(number: int | None) -> bool:
    """Whether that is the number of a test customer or of something that belongs to one."""
    return number is not None and number > TEST_NUMBERS


class Company(PaymentSettings, ReminderSettings, Model):
    """A field-service business with a portal at its own subdomain.

    `plan_unpaid_since` is when the payment for its plan failed, while that is not settled.
    """

    __table_args__ = (
        one_of("plan", PLANS),
        code("currency", 3),
        code("country", 2),
        at_least("payment_days", 0),
        at_least("tax_ppm", 0),
        at_least("quote_days", 0),
        CheckConstraint("quote_deposit_rate BETWEEN 0 AND 10000", name="quote_deposit_rate"),
        at_least("quote_reminder_before", 1),
        at_least("quote_reminder_after", 1),
        at_least("lead_minutes", 0),
        at_least("horizon_days", 1),
        one_of("slot_minutes", SLOT_MINUTES),
        at_least("reschedule_minutes", 0),
        at_least("cancel_minutes", 0),
        at_least("most_bookings", 1),
        *PAYMENT_CHECKS,
        *REMINDER_CHECKS,
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    subdomain: Mapped[str] = mapped_column(String(63), unique=True)
    subdomain_look: Mapped[str] = mapped_column(String(63), index=True, deferred=True, server_default="")
    name: Mapped[str] = mapped_column(String(120))
    plan: Mapped[str] = mapped_column(String(20), default=FREE)
    plan_unpaid_since: Mapped[datetime | None]
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
    shows_notes: Mapped[bool] = mapped_column(default=True, server_default=true())
    shows_photos: Mapped[bool] = mapped_column(default=True, server_default=true())
    history_months: Mapped[int | None]
    approves_addresses: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Whether service addresses that customers enter or correct wait for the office."""

    invoice_prefix: Mapped[str] = mapped_column(String(12), default="")
    invoice_notes: Mapped[str] = mapped_column(String(4000), default="")
    quote_days: Mapped[int] = mapped_column(default=30)
    quote_deposit_rate: Mapped[int] = mapped_column(default=0)
    """The deposit that new quotes ask for, in basis points."""
    quote_reminder_before: Mapped[int | None] = mapped_column(default=3)
    """Days before a quote expires that its customer is reminded; None for no reminder."""
    quote_reminder_after: Mapped[int | None]
    """Days after a quote was sent that its customer is reminded; None for no reminder."""
    payment_days: Mapped[int] = mapped_column(default=14)
    tax_ppm: Mapped[int] = mapped_column(default=0)
    reminder_days: Mapped[list] = mapped_column(default=list)
    """When customers are reminded of an unpaid invoice: days after its due day, below zero for days before."""
    stripe_account: Mapped[str | None] = mapped_column(String(60), unique=True)
    charges_enabled: Mapped[bool] = mapped_column(default=False)
    booking_open: Mapped[bool] = mapped_column(default=True)
    new_customers_book: Mapped[bool] = mapped_column(default=False, server_default=false())
    booking_message: Mapped[str] = mapped_column(String(500), default="")
    booking_approval: Mapped[bool] = mapped_column(default=False)
    lead_minutes: Mapped[int] = mapped_column(default=24 * 60)
    horizon_days: Mapped[int] = mapped_column(default=60)
    slot_minutes: Mapped[int] = mapped_column(default=30)
    reschedule_minutes: Mapped[int] = mapped_column(default=24 * 60)
    cancel_minutes: Mapped[int] = mapped_column(default=24 * 60)
    most_bookings: Mapped[int] = mapped_column(default=10)
    emails_summary: Mapped[bool] = mapped_column(default=False, server_default=false())
    checklist_since: Mapped[datetime | None]
    """Since when the office's dashboard shows what is left to set up; None if it does not."""

    @validates("subdomain")
    def _keep_look(self, field, subdomain):
        self.subdomain_look = subdomains.look(subdomain)
        return subdomain

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
        return self.has(PORTAL)

    def has(self, feature: str) -> bool:
        """Whether its plan has one of `plans.FEATURES`."""
        return feature in self.effective_plan.features

    def plan_with(self, feature: str) -> Plan:
        """The cheapest plan that has a feature, to upgrade to."""
        return least_with(feature)

    @property
    def effective_plan(self) -> Plan:
        """Its plan; the largest on an installation that does not sell plans."""
        return BY_CODE[self.plan if self.buys_plans else PRO]

    @property
    def buys_plans(self) -> bool:
        """Whether it pays for plans, which a self-hosted company does not."""
        return current_app.config["SERGIO"].sells_plans

    def change_plan(self, plan: str, *, by: Actor, at: datetime):
        """Put it on a plan, at once. What the plan does not include is locked, and kept."""
        if plan not in BY_CODE:
            raise Refused(_("%(plan)s is not one of the plans: %(plans)s.", plan=plan, plans=", ".join(PLANS)))
        if plan == self.plan:
            return
        before, self.plan = self.plan, plan
        record(self, "changed_plan", by=by, at=at, before={"plan": before}, after={"plan": plan})

    def refuse_larger_team(self, members: int):
        """Refuse one more staff member beside the `members` it has, where the plan includes no more."""
        plan = self.effective_plan
        if plan.most_staff is not None and members >= plan.most_staff:
            text = _(
                "Your %(plan)s plan includes up to %(most)s team members. To add another, upgrade in Settings > Plan."
            )
            raise Refused(text % {"plan": plan.name, "most": plan.most_staff})

    def takes_payments_for(self, number: int) -> bool:
        """Whether the invoice with that number can be paid online; a test customer's never with real money."""
        return self.takes_payments and not (is_test(number) and current_app.config["SERGIO"].charges_for_real)

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
        before, self.currency, self.part_payment_minimum = self.currency, currency, 0
        record(self, "changed_currency", by=by, at=at, before={"currency": before}, after={"currency": currency})

    def currency_now(self) -> str:
        """The currency to ask for money in. `change_currency` waits for this transaction, and then finds its row."""
        db.session.refresh(self, ["currency"], with_for_update={"read": True, "key_share": True})
        return self.currency

    @property
    def has_money(self) -> bool:
        """Whether there is an invoice, a payment or a sent quote of a real customer; by table, as their models are in
        higher layers.
        """
        tables = self.metadata.tables
        wanted = {"invoice": [], "payment": [], "quote": [tables["quote"].c.version > 0]}
        found = []
        for table, conditions in ((tables[name], conditions) for name, conditions in wanted.items()):
            mine = table.c.company_id == self.id, or_(table.c.number.is_(None), table.c.number <= TEST_NUMBERS)
            found.append(select(table.c.company_id).where(*mine, *conditions))
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
        local = at.astimezone(self.zone)
        return f"{language.format_day(local.date())}, {language.format_time(local)}"

    def next_number(self, series: str) -> int:
        """The next number of a series ("quote", "invoice", …). No gaps: a rollback also takes back the number."""
        return self.next_numbers(series, 1)[0]

    def next_number_at_once(self, series: str) -> int:
        """The next number of a series that may have gaps: nobody who takes one waits for the end of this transaction.

        On PostgreSQL it is taken in a transaction of its own, which sees only a company that is committed. On SQLite
        there is one writer at a time anyway.
        """
        if db.engine.dialect.name != "postgresql":
            return self.next_number(series)
        mine = {"company_id": self.id}
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            wanted = mine | {"series": series}
            return connection.execute(take_number_at_once(), wanted, execution_options=mine).scalar_one()

    def next_numbers(self, series: str, count: int) -> range:
        """The next `count` numbers of a series."""
        if count == 0:
            return range(0)
        take = take_numbers(db.session.get_bind().dialect.name)
        last = db.change(take, {"company_id": self.id, "series": series, "count": count}).scalar_one()
        return range(last - count + 1, last + 1)

    def raise_number(self, series: str, following: int, *, by: Actor, at: datetime):
        """Have a series continue at a higher number; those left out are never used. `Refused` for a lower one."""
        last = self.last_number(series)
        if following <= last:
            raise Refused(_("The next number is %(number)s. You can only raise it.", number=last + 1))
        if following > last + 1:
            raise_to = raise_last(db.session.get_bind().dialect.name)
            db.session.execute(raise_to, {"company_id": self.id, "series": series, "last": following - 1})
            numbers = {"before": {"next_number": last + 1}, "after": {"next_number": following}}
            record(self, "raised_number", by=by, at=at, **numbers)

    def last_number(self, series: str) -> int:
        """The last number that a series used; 0 before the first."""
        mine = NumberSeries.company_id == self.id, NumberSeries.series == series
        return db.session.scalar(select(NumberSeries.last).where(*mine)) or 0
