"""Checks of the settings at the start: each problem is a sentence that names the setting and what is needed."""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

STRIPE_API = "https://api.stripe.com"
STRIPE_JS = "https://js.stripe.com/endive/stripe.js"
WEAK_SECRETS = {"secret", "dev", "changeme", "change-me", "password", "sergio"}
LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
DOMAIN = re.compile(rf"(?:{LABEL}\.)+(?!localhost\b)[a-z](?:[a-z0-9-]{{0,61}}[a-z0-9])?(?::(?P<port>[0-9]+))?")
EMAIL = re.compile(rf"[!-?A-~]+@(?:{LABEL}\.)+(?!localhost$)[a-z][a-z0-9-]*[a-z0-9]", re.IGNORECASE)
LOOPBACK = ("localhost", "127.0.0.1", "::1")
MOST_PROXIES = 5


class Misconfigured(Exception):
    """A setting is missing or unsafe; the message says which one and what is needed."""


def refuse_unsafe(config):
    """Raise `Misconfigured` with the first problem of the settings."""
    for check in ALWAYS + (IN_PRODUCTION if config.production else ()):
        for problem in check(config):
            raise Misconfigured(problem)


def installation(config) -> Iterator[str]:
    if config.env not in ("production", "development", "testing"):
        yield "SERGIO_ENV must be production, development, or testing."
    if config.company and not re.fullmatch(LABEL, config.company):
        yield f"SERGIO_COMPANY must be the company's subdomain, such as sparkle, not {config.company!r}."
    if not 0 <= config.proxies <= MOST_PROXIES:
        yield f"SERGIO_PROXIES must be the number of trusted proxies in front of Sergio, from 0 to {MOST_PROXIES}."
    if config.support_email and not EMAIL.fullmatch(config.support_email):
        yield f"SERGIO_SUPPORT_EMAIL must be an email address, not {config.support_email!r}."
    if config.tile_url and urlsplit(config.tile_url).scheme != "https":
        yield "SERGIO_TILE_URL must begin with https://."


def storage(config) -> Iterator[str]:
    if config.database_key and not is_hex_key(config.database_key):
        yield "SERGIO_DATABASE_KEY must be 64 hexadecimal digits (openssl rand -hex 32)."
    if config.database_key and config.key_file:
        yield "SERGIO_DATABASE_KEY and SERGIO_KEY_FILE are both set. Keep only one."
    if config.database_url and not config.database_url.startswith(("postgresql://", "postgresql+psycopg://")):
        yield "SERGIO_DATABASE_URL must begin with postgresql://, or be empty for the encrypted SQLite file."


def stripe_keys(config) -> Iterator[str]:
    secret, publishable = config.stripe_secret_key, config.stripe_publishable_key
    if bool(secret) != bool(publishable):
        missing = "PUBLISHABLE" if secret else "SECRET"
        yield f"SERGIO_STRIPE_{missing}_KEY is missing: card payments need both Stripe keys, or neither."
    if secret and not re.match("(sk|rk)_(live|test)_", secret):
        yield "SERGIO_STRIPE_SECRET_KEY must begin with sk_live_, sk_test_, rk_live_, or rk_test_."
    if publishable and not re.match("pk_(live|test)_", publishable):
        yield "SERGIO_STRIPE_PUBLISHABLE_KEY must begin with pk_live_ or pk_test_."
    if secret and secret[2:8] != publishable[2:8]:
        yield (
            "SERGIO_STRIPE_SECRET_KEY and SERGIO_STRIPE_PUBLISHABLE_KEY must both be live keys or both be test keys."
        )


def fee(config) -> Iterator[str]:
    rate = config.application_fee * 100
    if not (rate.is_finite() and 0 <= rate < 10_000 and rate == int(rate)):
        yield "SERGIO_APPLICATION_FEE must be a percentage below 100 with at most two decimals, such as 0.5."


def smtp(config) -> Iterator[str]:
    if not config.mail_server or not 0 < config.mail_port < 65_536:
        yield "SERGIO_MAIL_SERVER and SERGIO_MAIL_PORT must name an SMTP server, such as smtp.example.com and 587."
    if bool(config.mail_username) != bool(config.mail_password):
        missing = "PASSWORD" if config.mail_username else "USERNAME"
        yield f"SERGIO_MAIL_{missing} is missing: the SMTP server needs both user and password, or neither."


def bounces(config) -> Iterator[str]:
    if config.bounces_address and not EMAIL.fullmatch(config.bounces_address):
        yield f"SERGIO_BOUNCES_ADDRESS must be an email address, not {config.bounces_address!r}."
    needed = {name: getattr(config, f"bounces_{name}") for name in ("address", "username", "password")}
    for name in (name for name, value in needed.items() if config.bounces_server and not value):
        yield f"SERGIO_BOUNCES_{name.upper()} is missing, which SERGIO_BOUNCES_SERVER needs."
    if not 0 < config.bounces_port < 65_536:
        yield "SERGIO_BOUNCES_PORT must be the port of an IMAP server, usually 993."


def signing(config) -> Iterator[str]:
    secret = config.secret_key
    if len(secret) < 32 or secret.lower() in WEAK_SECRETS or len(set(secret)) < 8:
        yield "SERGIO_SECRET_KEY must be at least 32 random characters (openssl rand -hex 32)."
    if config.database_key and len(set(config.database_key.lower())) < 8:
        yield "SERGIO_DATABASE_KEY must be random (openssl rand -hex 32)."
    if secret == config.database_key:
        yield "SERGIO_SECRET_KEY and SERGIO_DATABASE_KEY must be different. Generate a new one: openssl rand -hex 32."


def key_place(config) -> Iterator[str]:
    if config.database_key:
        return
    if not config.key_file:
        yield (
            "SERGIO_KEY_FILE must name the file with the database key, "
            "on persistent storage. Create it with `sergio key create`."
        )
    elif config.instance.resolve() in config.key_path.parents:
        yield "SERGIO_KEY_FILE must be outside SERGIO_INSTANCE so that a copy of the data alone cannot be read."


def site(config) -> Iterator[str]:
    if config.scheme != "https":
        yield "SERGIO_SCHEME must be https in production."
    found = DOMAIN.fullmatch(config.root_domain)
    if not found:
        yield (
            f"SERGIO_ROOT_DOMAIN must be the site's domain in lowercase, such as portal.example.com, "
            f"not {config.root_domain!r}."
        )
    elif found["port"] and (int(found["port"]) in (80, 443) or not 0 < int(found["port"]) < 65_536):
        yield "SERGIO_ROOT_DOMAIN must not include a port, unless people actually type one other than 443."


def counting(config) -> Iterator[str]:
    kinds = ("redis://", "rediss://", "unix://", *(() if config.production else ("memory://",)))
    if config.redis_url and not config.redis_url.startswith(kinds):
        yield "SERGIO_REDIS_URL must begin with redis://, rediss://, or unix://."


def sending(config) -> Iterator[str]:
    if not EMAIL.fullmatch(config.mail_sender):
        yield (
            f"SERGIO_MAIL_SENDER must be an email address that can send for you, such as portal@example.com, "
            f"not {config.mail_sender!r}."
        )
    if config.mail_server not in LOOPBACK and not config.mail_tls:
        yield "SERGIO_MAIL_TLS must be on when SERGIO_MAIL_SERVER is another machine: emails carry sign-in links."
    if config.mail_tls and config.mail_port == 465:
        yield "SERGIO_MAIL_PORT must be a port that supports STARTTLS, usually 587. Port 465 does not."


def cards(config) -> Iterator[str]:
    if config.stripe_api_base != STRIPE_API or config.stripe_js_url != STRIPE_JS:
        yield "SERGIO_STRIPE_API_BASE and SERGIO_STRIPE_JS_URL cannot be set in production."
    secrets = [secret.strip() for secret in config.stripe_webhook_secret.split(",")]
    if config.takes_cards and not all(secret.startswith("whsec_") for secret in secrets):
        yield "SERGIO_STRIPE_WEBHOOK_SECRET must be the webhook's signing secret from Stripe, which begins with whsec_."


def is_hex_key(text: str) -> bool:
    """Whether a text is an AES-256 key in hexadecimal."""
    return re.fullmatch("[0-9a-fA-F]{64}", text) is not None


ALWAYS = (installation, storage, counting, stripe_keys, fee, smtp, bounces)
IN_PRODUCTION = (signing, key_place, site, sending, cards)
