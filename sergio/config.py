"""Every setting, read once from the environment, typed, with its default and one line of help."""

import hashlib
import hmac
import os
import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, fields
from pathlib import Path

STRIPE_API = "https://api.stripe.com"
STRIPE_JS = "https://js.stripe.com/endive/stripe.js"
INSTANCE = Path("instance")
WEAK_SECRETS = {"secret", "dev", "changeme", "change-me", "password", "sergio"}


class Misconfigured(Exception):
    """A setting is missing or unsafe; the message says which one and what would do."""


def setting(default, about: str):
    """A field of `Config`, with one line that says what it is for."""
    return field(default=default, metadata={"about": about})


@dataclass(frozen=True)
class Config:
    """What differs from one installation to the next. Each field is `SERGIO_<FIELD>` in the environment."""

    env: str = setting("production", "production, development or testing")
    instance: Path = setting(INSTANCE, "folder of the embedded database and uploads")
    database_url: str = setting("", "postgresql://…; empty for the encrypted SQLite file in the instance folder")
    database_key: str = setting("", "64 hex digits; empty to make one beside the instance folder on first start")
    secret_key: str = setting("", "signs cookies; at least 32 characters")
    root_domain: str = setting("localhost:8000", "host of the site; companies live on its subdomains")
    scheme: str = setting("https", "http or https, as seen by a browser")
    mail_server: str = setting("127.0.0.1", "SMTP server")
    mail_port: int = setting(25, "SMTP port")
    mail_username: str = setting("", "SMTP user, if the server wants one")
    mail_password: str = setting("", "SMTP password")
    mail_tls: bool = setting(False, "speak STARTTLS to the SMTP server")
    mail_sender: str = setting("portal@localhost", "address every letter is sent from")
    stripe_secret_key: str = setting("", "sk_…; empty turns card payments off")
    stripe_publishable_key: str = setting("", "pk_…")
    stripe_webhook_secret: str = setting("", "whsec_…, proves that an event is from Stripe; several with commas")
    stripe_api_base: str = setting(STRIPE_API, "outside production only: where the Stripe sandbox answers")
    stripe_js_url: str = setting(STRIPE_JS, "outside production only: the sandbox's Stripe.js")
    redis_url: str = setting("", "rate limits shared by several machines")
    support_email: str = setting("", "who helps companies with this installation")
    tile_url: str = setting("", "map tiles, if any")
    proxies: int = setting(0, "how many trusted proxies stand in front and forward the client's address")
    company: str = setting("", "subdomain of the one company of an installation of its own; empty for many companies")

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> "Config":
        """Read `SERGIO_…`, fill in the keys that may be made here, and refuse what is unsafe (`Misconfigured`)."""
        given = {
            f.name: environ[f"SERGIO_{f.name.upper()}"] for f in fields(cls) if environ.get(f"SERGIO_{f.name.upper()}")
        }
        config = cls(**{name: _typed(cls, name, text) for name, text in given.items()})
        config._refuse_what_is_unsafe()
        return config

    @property
    def production(self) -> bool:
        return self.env == "production"

    @property
    def takes_cards(self) -> bool:
        """Whether customers can pay by card."""
        return bool(self.stripe_secret_key and self.stripe_publishable_key)

    @property
    def database_path(self) -> Path:
        return self.instance.resolve() / "sergio.db"

    @property
    def key_path(self) -> Path:
        """Beside the instance folder, not in it: a copy of the data alone stays unreadable."""
        folder = self.instance.resolve()
        return folder.with_name(f"{folder.name}.key")

    def cipher_key(self) -> str:
        """The 64 hex digits the embedded database is encrypted with; made with mode 0600 where there are none."""
        if self.database_key:
            return self.database_key
        if not self.key_path.exists():
            self._make_key()
        return self.key_path.read_text().strip()

    def _make_key(self):
        """Put a new key in place whole: of several processes that start at once, one's counts for all."""
        self.instance.mkdir(parents=True, exist_ok=True)
        fresh = self.key_path.with_name(f"{self.key_path.name}.{os.getpid()}")
        with open(fresh, "x", opener=_only_mine) as file:
            file.write(secrets.token_hex(32))
        with suppress(FileExistsError):
            os.link(fresh, self.key_path)
        fresh.unlink()

    def signing_key(self) -> str:
        """`SECRET_KEY`, or outside production one derived from the database key."""
        derived = hmac.new(self.cipher_key().encode(), b"cookies", hashlib.sha256) if not self.secret_key else None
        return derived.hexdigest() if derived else self.secret_key

    def _refuse_what_is_unsafe(self):
        if self.env not in ("production", "development", "testing"):
            raise Misconfigured("SERGIO_ENV is production, development or testing.")
        if self.database_key and not _is_hex_key(self.database_key):
            raise Misconfigured("SERGIO_DATABASE_KEY must be 64 hexadecimal digits (openssl rand -hex 32).")
        if not self.production:
            return
        if len(self.secret_key) < 32 or self.secret_key.lower() in WEAK_SECRETS or len(set(self.secret_key)) < 8:
            raise Misconfigured("SERGIO_SECRET_KEY must be at least 32 random characters (openssl rand -hex 32).")
        if self.stripe_api_base != STRIPE_API or self.stripe_js_url != STRIPE_JS:
            raise Misconfigured("SERGIO_STRIPE_API_BASE and SERGIO_STRIPE_JS_URL may not be set in production.")
        if self.scheme != "https":
            raise Misconfigured("SERGIO_SCHEME must be https in production.")


def _typed(cls, name, text):
    kind = type(next(f.default for f in fields(cls) if f.name == name))
    try:
        return text.lower() in ("1", "true", "yes", "on") if kind is bool else kind(text)
    except ValueError:
        raise Misconfigured(f"SERGIO_{name.upper()} must be a number, not {text!r}.") from None


def _only_mine(path, flags):
    return os.open(path, flags, 0o600)


def _is_hex_key(text: str) -> bool:
    return len(text) == 64 and all(c in "0123456789abcdefABCDEF" for c in text)
