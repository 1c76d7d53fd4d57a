"""Tokens other programs of a company sign in with."""

from datetime import datetime

from sqlalchemy import String, select
from sqlalchemy.orm import Mapped, mapped_column

from sergio.database.company_scope import Tenanted
from sergio.extensions import Model
from sergio.lib import clock, tokens


class ApiToken(Tenanted, Model):
    """A key to one company's API: kept as a digest, good until it is revoked."""

    id: Mapped[int] = mapped_column(primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(60))
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    revoked_at: Mapped[datetime | None]

    @classmethod
    def make(cls, company, name: str) -> tuple["ApiToken", str]:
        """A new token and its secret, which is kept nowhere else."""
        secret = tokens.token()
        return cls(company=company, name=name, digest=tokens.digest(secret)), secret

    @classmethod
    def matching(cls, secret: str):
        """The live token with that secret, as a select."""
        return select(cls).where(cls.digest == tokens.digest(secret), cls.revoked_at.is_(None))
