"""Settings: typed, with defaults; what is unsafe in production is refused at the start."""

import stat

import pytest

from sergio.config import Config, Misconfigured

SAFE = {"SERGIO_ENV": "production", "SERGIO_SECRET_KEY": "kX3-9fQ_w7LmZ2pB8rT5vN1cH6jD4gSa"}


def test_a_safe_production_starts():
    assert Config.from_environment(SAFE).production


@pytest.mark.parametrize(
    "unsafe",
    [
        {"SERGIO_SECRET_KEY": ""},
        {"SERGIO_SECRET_KEY": "short"},
        {"SERGIO_SECRET_KEY": "a" * 40},
        {"SERGIO_STRIPE_API_BASE": "http://127.0.0.1:8002"},
        {"SERGIO_STRIPE_JS_URL": "https://stripe.example/stripe.js"},
        {"SERGIO_SCHEME": "http"},
        {"SERGIO_DATABASE_KEY": "not hexadecimal"},
        {"SERGIO_MAIL_PORT": "twenty-five"},
        {"SERGIO_ENV": "staging"},
    ],
)
def test_what_is_unsafe_is_refused_with_a_sentence(unsafe):
    with pytest.raises(Misconfigured, match="SERGIO_"):
        Config.from_environment({**SAFE, **unsafe})


def test_the_database_key_is_made_once_for_its_owner_only_and_outside_the_folder(tmp_path):
    config = Config(env="development", instance=tmp_path / "instance")
    first = config.cipher_key()
    assert first == config.cipher_key()
    assert len(bytes.fromhex(first)) == 32
    assert stat.S_IMODE(config.key_path.stat().st_mode) == 0o600
    assert config.instance not in config.key_path.parents


def test_a_given_key_is_used_and_none_is_written(tmp_path):
    config = Config(env="development", instance=tmp_path / "instance", database_key="cd" * 32)
    assert config.cipher_key() == "cd" * 32
    assert not config.key_path.exists()


def test_every_setting_explains_itself():
    from dataclasses import fields

    assert all(len(field.metadata["about"]) > 3 for field in fields(Config))
