"""All settings, read once from the environment, with type, default and one line of help."""

import hashlib
import hmac
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from decimal import Decimal
from pathlib import Path

from sergio.config_checks import STRIPE_API, STRIPE_JS, Misconfigured, refuse_unsafe
from sergio.database import key_file

INSTANCE = Path("instance")
BOOLEANS = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}


def setting(default, about: str):
    """A field of `Config` with one line of help."""
    return field(default=default, metadata={"about": about})


@dataclass(frozen=True)
class Config:
    """The settings of an installation. Each field is `SERGIO_<FIELD>` in the environment."""

    env: str = setting("production", "production, development, or testing")
    instance: Path = setting(INSTANCE, "folder for the embedded database and uploads")
    database_url: str = setting("", "postgresql://…; empty for the encrypted SQLite file in the instance folder")
    database_key: str = setting(
        "", "64 hex digits that encrypt the SQLite file and stored files; better in SERGIO_KEY_FILE"
    )
    key_file: str = setting(
        "", "file with the database key; <instance>.key outside production, made at the first start"
    )
    secret_key: str = setting("", "key that signs cookies; at least 32 characters")
    root_domain: str = setting("localhost:8000", "host of the site; companies live on its subdomains")
    scheme: str = setting("https", "http or https, as seen by a browser")
    mail_server: str = setting("127.0.0.1", "SMTP server")
    mail_port: int = setting(25, "SMTP port")
    mail_username: str = setting("", "SMTP user; empty for a server without sign-in")
    mail_password: str = setting("", "SMTP password")
    mail_tls: bool = setting(False, "use STARTTLS with the SMTP server")
    mail_sender: str = setting("portal@localhost", "From address of every email")
    bounces_address: str = setting(
        "", "address to which mail servers report undelivered emails, such as bounces@example.com; needs +tags"
    )
    bounces_server: str = setting("", "IMAP server of that mailbox; empty to read no reports")
    bounces_port: int = setting(993, "IMAP port, with TLS")
    bounces_username: str = setting("", "IMAP user")
    bounces_password: str = setting("", "IMAP password")
    stripe_secret_key: str = setting("", "secret key (sk_…); empty turns card payments off")
    stripe_publishable_key: str = setting("", "publishable key (pk_…)")
    stripe_webhook_secret: str = setting("", "signing secret of the webhook (whsec_…); several separated by commas")
    stripe_api_base: str = setting(STRIPE_API, "URL of Stripe's API; may be changed outside production only")
    stripe_js_url: str = setting(STRIPE_JS, "URL of Stripe.js; may be changed outside production only")
    application_fee: Decimal = setting(
        Decimal(0), "percentage of each payment on a company's own Stripe account that goes to yours, such as 0.5"
    )
    redis_url: str = setting("", "Redis that counts rate limits for all machines; empty to count in the database")
    plans: bool = setting(
        True, "sell plans to companies, through Stripe; off, without Stripe, or with SERGIO_COMPANY: all features"
    )
    support_email: str = setting("", "email address for companies that need help with this installation")
    tile_url: str = setting(
        "", "URL template of map tiles, such as `https://tiles.example.com/{z}/{x}/{y}.png`; empty for borders only"
    )
    proxies: int = setting(0, "number of trusted proxies in front that forward the client's address")
    company: str = setting("", "subdomain of the only company of this installation; empty for many companies")

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> "Config":
        """Read `SERGIO_…` and refuse what is unsafe (`Misconfigured`)."""
        config = cls.read(environ)
        if config.production and (unknown := unknown_settings(environ)):
            raise Misconfigured(f"{unknown[0]} is not a setting in this version. Check the spelling.")
        refuse_unsafe(config)
        return config

    @classmethod
    def read(cls, environ: Mapping[str, str] = os.environ) -> "Config":
        """Read `SERGIO_…`, checking types only. `SERGIO_<FIELD>_FILE` names a file with the value."""
        given = {f.name: _given(f"SERGIO_{f.name.upper()}", environ) for f in fields(cls)}
        return cls(**{name: _typed(cls, name, text) for name, text in given.items() if text})

    def check_storage(self):
        """Raise `Misconfigured` if the folder cannot be used, or if the key does not open the database."""
        if self.database_url:
            self.cipher_key()
            return
        try:
            self.instance.mkdir(parents=True, exist_ok=True)
        except OSError:
            raise Misconfigured(f"SERGIO_INSTANCE {self.instance} could not be created.") from None
        if not os.access(self.instance, os.W_OK | os.X_OK):
            raise Misconfigured(f"SERGIO_INSTANCE {self.instance} must be a folder this user can write to.")
        if self.has_data and not os.access(self.database_path, os.R_OK | os.W_OK):
            raise Misconfigured(
                f"{self.database_path} (SERGIO_INSTANCE) belongs to another user. Use chown to change its owner."
            )
        key = self.cipher_key()
        if key == self.secret_key:
            raise Misconfigured("SERGIO_SECRET_KEY must be different from the database key (openssl rand -hex 32).")
        if self.has_data and not key_file.opens(key, self.database_path):
            raise Misconfigured(
                f"The database key does not open {self.database_path}. Restore the key it was created with."
            )

    @property
    def production(self) -> bool:
        return self.env == "production"

    @property
    def charges_for_real(self) -> bool:
        """Whether our key at Stripe moves real money; Stripe says the same of everything that belongs to it."""
        return self.stripe_secret_key.startswith(("sk_live_", "rk_live_"))

    @property
    def calls_stripe(self) -> bool:
        """Whether payments go to Stripe, and not to the sandbox."""
        return self.stripe_api_base == STRIPE_API

    @property
    def takes_cards(self) -> bool:
        """Whether there are Stripe keys; `Company.takes_payments` says whether one company takes any."""
        return bool(self.stripe_secret_key and self.stripe_publishable_key)

    @property
    def application_fee_rate(self) -> int:
        """The application fee in basis points."""
        return int(self.application_fee * 100)

    @property
    def sells_plans(self) -> bool:
        """Whether companies pay for their plans; otherwise each of them has every feature."""
        return self.plans and self.takes_cards and not self.company

    @property
    def database_path(self) -> Path:
        return self.instance.resolve() / "sergio.db"

    @property
    def has_data(self) -> bool:
        """Whether the embedded database exists."""
        return self.database_path.exists() and self.database_path.stat().st_size > 0

    @property
    def key_path(self) -> Path:
        """By default beside the instance folder, not in it, so that a copy of the data alone cannot be read."""
        folder = self.instance.resolve()
        return Path(self.key_file).resolve() if self.key_file else folder.with_name(f"{folder.name}.key")

    def cipher_key(self) -> str:
        """The 64 hex digits that encrypt the embedded database and, on PostgreSQL too, stored files; outside production
        created if there is no data.
        """
        if self.database_key:
            return self.database_key
        if not self.key_path.exists():
            self._make_key_where_allowed()
        return key_file.read(self.key_path)

    def make_key(self):
        """Create the key of a new database; `Misconfigured` if there is data, which another key would not open."""
        if self.has_data and not self.key_path.exists():
            raise Misconfigured(
                f"The database key {self.key_path} (SERGIO_KEY_FILE) is missing, and only that key opens "
                f"{self.database_path}. Restore it. No new key was created."
            )
        key_file.create(self.key_path, self.instance)

    def _make_key_where_allowed(self):
        if self.production and not self.has_data:
            raise Misconfigured(
                f"The database key {self.key_path} (SERGIO_KEY_FILE) is missing. Run `sergio key create`."
            )
        self.make_key()

    def signing_key(self) -> str:
        """`SECRET_KEY`, or outside production one derived from the database key."""
        derived = hmac.new(self.cipher_key().encode(), b"cookies", hashlib.sha256) if not self.secret_key else None
        return derived.hexdigest() if derived else self.secret_key


def unknown_settings(environ: Mapping[str, str]) -> list[str]:
    """The variables `SERGIO_…` that are not settings, such as misspelled ones."""
    names = {f"SERGIO_{f.name.upper()}" for f in fields(Config)}
    return sorted(
        name for name in environ if name.startswith("SERGIO_") and not {name, name.removesuffix("_FILE")} & names
    )


def _given(name: str, environ: Mapping[str, str]) -> str:
    """The value of a variable, or of the file that `<name>_FILE` names."""
    file = environ.get(f"{name}_FILE")
    if not file:
        return environ.get(name, "")
    if environ.get(name):
        raise Misconfigured(f"{name} and {name}_FILE are both set. Keep only one.")
    try:
        return Path(file).read_text().strip()
    except (OSError, UnicodeDecodeError):
        raise Misconfigured(f"{name}_FILE points to {file}, which cannot be read.") from None


def _typed(cls, name, text):
    kind = type(next(f.default for f in fields(cls) if f.name == name))
    if kind is bool:
        if text.lower() not in BOOLEANS:
            raise Misconfigured(f"SERGIO_{name.upper()} must be true or false, not {text!r}.")
        return BOOLEANS[text.lower()]
    try:
        return kind(text)
    except (ValueError, ArithmeticError):
        raise Misconfigured(f"SERGIO_{name.upper()} must be a number, not {text!r}.") from None
