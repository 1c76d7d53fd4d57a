"""What is kept of the widget: scripts that were served under a fixed name, and the websites that asked for one."""

from datetime import date, datetime, timedelta

from sqlalchemy import Date, Index, Select, String, Text, UniqueConstraint, delete, select
from sqlalchemy.orm import Mapped, mapped_column

from sergio.database.company_scope import CompanyOwned
from sergio.extensions import Model

SEEN_FOR = timedelta(days=30)
KEPT_FOR = timedelta(days=2 * 365)
"""How long a script is still served that is no longer the current one."""
MOST_HOSTS = 100
"""The websites of one company that are kept: anybody can name any host."""


class WidgetScript(CompanyOwned, Model):
    """A script as it was served under its fixed name. Websites name it with its digest, so it has to stay as it was
    when the company's colors, or the program, have changed since.
    """

    __table_args__ = (UniqueConstraint("company_id", "digest"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    digest: Mapped[str] = mapped_column(String(16))
    content: Mapped[str] = mapped_column(Text)
    served_on: Mapped[date] = mapped_column(Date)

    @classmethod
    def named(cls, company, digest: str) -> Select:
        return select(cls.content).where(cls.company_id == company.id, cls.digest == digest)

    @classmethod
    def delete_expired(cls, now: datetime):
        return delete(cls).where(cls.served_on < (now - KEPT_FOR).date())


class WidgetHost(CompanyOwned, Model):
    """A website that asked for the company's widget, and the last day (UTC) it was noticed. Nothing of its visitors."""

    __table_args__ = (UniqueConstraint("company_id", "host"), Index(None, "seen_on"))

    id: Mapped[int] = mapped_column(primary_key=True)
    host: Mapped[str] = mapped_column(String(253))
    seen_on: Mapped[date] = mapped_column(Date)

    @classmethod
    def lately(cls, company, now: datetime) -> Select:
        """The websites of the last 30 days, the latest first."""
        seen = cls.company_id == company.id, cls.seen_on >= (now - SEEN_FOR).date()
        return select(cls.host, cls.seen_on).where(*seen).order_by(cls.seen_on.desc(), cls.host).limit(MOST_HOSTS)

    @classmethod
    def delete_expired(cls, now: datetime):
        return delete(cls).where(cls.seen_on < (now - SEEN_FOR).date())
