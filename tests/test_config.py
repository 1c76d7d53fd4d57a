"""Settings: typed, with defaults; unsafe ones are refused at the start with one sentence, and no key is lost."""

import os
import stat
import subprocess
import sys
from contextlib import closing
from dataclasses import fields
from pathlib import Path

import pytest
from sqlcipher3 import dbapi2 as sqlcipher

from sergio.config import Config, Misconfigured
from sergio.database import key_file
from tests.faults.program import ROOT
from tests.ports import free_port

SAFE = {
    "SERGIO_ENV": "production",
    "SERGIO_SECRET_KEY": "kX3-9fQ_w7LmZ2pB8rT5vN1cH6jD4gSa",
    "SERGIO_DATABASE_KEY": "0123456789abcdef" * 4,
    "SERGIO_ROOT_DOMAIN": "portal.sergio.test",
    "SERGIO_MAIL_SENDER": "portal@sergio.test",
}
CARDS = {
    "SERGIO_STRIPE_SECRET_KEY": "sk_live_1",
    "SERGIO_STRIPE_PUBLISHABLE_KEY": "pk_live_1",
    "SERGIO_STRIPE_WEBHOOK_SECRET": "whsec_1",
}
UNSAFE = [
    {"SERGIO_ENV": "staging"},
    {"SERGIO_SECRET_KEY": ""},
    {"SERGIO_SECRET_KEY": "short"},
    {"SERGIO_SECRET_KEY": "a" * 40},
    {"SERGIO_SECRET_KEY": SAFE["SERGIO_DATABASE_KEY"]},
    {"SERGIO_SECRET_KEY_FILE": "/etc/hostname"},
    {"SERGIO_SECRET_KEY": "", "SERGIO_SECRET_KEY_FILE": "/nowhere/secret"},
    {"SERGIO_DATABASE_KEY": "not hexadecimal"},
    {"SERGIO_DATABASE_KEY": "0" * 64},
    {"SERGIO_DATABASE_KEY": ""},
    {"SERGIO_DATABASE_KEY": "", "SERGIO_DATABASE_URL": "postgresql://db/sergio"},
    {"SERGIO_DATABASE_KEY": "", "SERGIO_KEY_FILE": "instance/database.key"},
    {"SERGIO_DATABASE_KEY": "", "SERGIO_KEY_FILE": "missing.key"},
    {"SERGIO_KEY_FILE": "database.key"},
    {"SERGIO_DATABASE_URL": "mysql://localhost/sergio"},
    {"SERGIO_REDIS_URL": "http://localhost:6379"},
    {"SERGIO_INSTANCE": "/dev/null/sergio"},
    {"SERGIO_ROOT_DOMAIN": ""},
    {"SERGIO_ROOT_DOMAIN": "localhost"},
    {"SERGIO_ROOT_DOMAIN": "localhost:8000"},
    {"SERGIO_ROOT_DOMAIN": "sergio.localhost"},
    {"SERGIO_ROOT_DOMAIN": "192.0.2.7"},
    {"SERGIO_ROOT_DOMAIN": "[2001:db8::1]:8000"},
    {"SERGIO_ROOT_DOMAIN": "https://portal.sergio.test"},
    {"SERGIO_ROOT_DOMAIN": "Portal.Sergio.test"},
    {"SERGIO_ROOT_DOMAIN": "portal.sergio.test:443"},
    {"SERGIO_ROOT_DOMAIN": "portal.sergio.test:70000"},
    {"SERGIO_ROOT_DOMAIN": "portal.sergio.test:https"},
    {"SERGIO_SCHEME": "http"},
    {"SERGIO_PROXIES": "-1"},
    {"SERGIO_PROXIES": "one"},
    {"SERGIO_PROXIES": "99"},
    {"SERGIO_PROXYS": "1"},
    {"SERGIO_COMPANY": "sparkle.sergio.test"},
    {"SERGIO_COMPANY": "Sparkle Cleaning"},
    {"SERGIO_SUPPORT_EMAIL": "https://sergio.test/help"},
    {"SERGIO_TILE_URL": "http://tiles.test/{z}/{x}/{y}.png"},
    {"SERGIO_MAIL_SENDER": ""},
    {"SERGIO_MAIL_SENDER": "portal@localhost"},
    {"SERGIO_MAIL_SENDER": "Sergio"},
    {"SERGIO_MAIL_SENDER": "Sergio <portal@sergio.test>"},
    {"SERGIO_MAIL_PORT": "twenty-five"},
    {"SERGIO_MAIL_PORT": "0"},
    {"SERGIO_MAIL_SERVER": "smtp.sergio.test"},
    {"SERGIO_MAIL_SERVER": "smtp.sergio.test", "SERGIO_MAIL_TLS": "on", "SERGIO_MAIL_PORT": "465"},
    {"SERGIO_MAIL_USERNAME": "sergio"},
    {"SERGIO_MAIL_PASSWORD": "a password"},
    {"SERGIO_MAIL_TLS": "ture"},
    {"SERGIO_APPLICATION_FEE": "little"},
    {"SERGIO_APPLICATION_FEE": "-1"},
    {"SERGIO_APPLICATION_FEE": "0.125"},
    {**CARDS, "SERGIO_STRIPE_API_BASE": "http://127.0.0.1:8002"},
    {**CARDS, "SERGIO_STRIPE_JS_URL": "https://stripe.example/stripe.js"},
    {**CARDS, "SERGIO_STRIPE_SECRET_KEY": ""},
    {**CARDS, "SERGIO_STRIPE_PUBLISHABLE_KEY": ""},
    {**CARDS, "SERGIO_STRIPE_SECRET_KEY": "sk_test_1"},
    {**CARDS, "SERGIO_STRIPE_SECRET_KEY": "rk_test_1"},
    {**CARDS, "SERGIO_STRIPE_PUBLISHABLE_KEY": "pk_test_1"},
    {**CARDS, "SERGIO_STRIPE_SECRET_KEY": "pk_live_1", "SERGIO_STRIPE_PUBLISHABLE_KEY": "sk_live_1"},
    {**CARDS, "SERGIO_STRIPE_WEBHOOK_SECRET": ""},
    {**CARDS, "SERGIO_STRIPE_WEBHOOK_SECRET": "whsec_1,"},
]


def name_of(settings: dict) -> str:
    return ",".join(f"{name.removeprefix('SERGIO_')}={value}" for name, value in settings.items())


@pytest.fixture
def run(tmp_path):
    """`run("serve", SERGIO_…=…)`: a command in an empty folder, to its end; its result."""

    def ended(*arguments, **settings):
        env = {name: value for name, value in os.environ.items() if not name.startswith("SERGIO_")}
        env |= {"PYTHONPATH": str(ROOT), **settings}
        command = [sys.executable, "-m", "sergio", *arguments]
        return subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=60)

    return ended


def assert_refused_in_one_line(ended, *words):
    assert ended.returncode != 0
    assert ended.stdout == ""
    (line,) = ended.stderr.splitlines()
    assert all(word in line for word in words), line


@pytest.mark.parametrize("unsafe", UNSAFE, ids=name_of)
def test_a_server_with_an_unsafe_setting_does_not_start_and_says_why(run, unsafe):
    assert_refused_in_one_line(run("serve", **{**SAFE, **unsafe}), "SERGIO_")


@pytest.mark.parametrize("command", [("work",), ("db", "upgrade"), ("seed",), ("token", "sparkle")], ids=" ".join)
def test_no_command_runs_with_an_unsafe_setting(run, command):
    assert_refused_in_one_line(run(*command, **{**SAFE, "SERGIO_ROOT_DOMAIN": "localhost:8000"}), "SERGIO_ROOT_DOMAIN")


@pytest.mark.parametrize(
    "safe",
    [
        {},
        CARDS,
        {**CARDS, "SERGIO_STRIPE_SECRET_KEY": "rk_live_1", "SERGIO_STRIPE_WEBHOOK_SECRET": "whsec_1, whsec_2"},
        {"SERGIO_ROOT_DOMAIN": "portal.sergio.test:8443", "SERGIO_COMPANY": "sparkle", "SERGIO_PROXIES": "1"},
        {"SERGIO_MAIL_SERVER": "smtp.sergio.test", "SERGIO_MAIL_TLS": "on", "SERGIO_MAIL_PORT": "587"},
        {"SERGIO_DATABASE_URL": "postgresql://db/sergio"},
    ],
    ids=name_of,
)
def test_a_safe_production_starts(safe):
    assert Config.from_environment({**SAFE, **safe}).production


def test_a_setting_can_be_in_a_file(tmp_path):
    (tmp_path / "secret").write_text(f"{SAFE['SERGIO_SECRET_KEY']}\n")
    given = {**SAFE, "SERGIO_SECRET_KEY": "", "SERGIO_SECRET_KEY_FILE": str(tmp_path / "secret")}
    assert Config.from_environment(given).secret_key == SAFE["SERGIO_SECRET_KEY"]


KEYLESS = {**SAFE, "SERGIO_DATABASE_KEY": "", "SERGIO_KEY_FILE": "keys/database.key"}


def make_database(folder: Path, key: str):
    """An encrypted database as it is after the first start, but for its tables."""
    (folder / "instance").mkdir()
    with closing(sqlcipher.connect(str(folder / "instance/sergio.db"))) as connection:
        connection.execute(f"PRAGMA key = \"x'{key}'\"")
        connection.execute("CREATE TABLE company (id)")


def test_production_creates_its_key_only_by_the_command_and_once(run, tmp_path):
    assert_refused_in_one_line(run("serve", **KEYLESS), "SERGIO_KEY_FILE", "sergio key create")
    assert run("key", "create", SERGIO_KEY_FILE="keys/database.key").returncode == 0
    key = tmp_path / "keys/database.key"
    made = key.read_text()
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert run("db", "upgrade", **KEYLESS).returncode == 0
    assert_refused_in_one_line(run("key", "create", **KEYLESS), "database.key already exists")
    assert key.read_text() == made


def test_production_is_told_where_to_make_its_key(run):
    assert_refused_in_one_line(run("key", "create"), "SERGIO_KEY_FILE")


@pytest.mark.parametrize("env", ["production", "development"])
@pytest.mark.parametrize("command", [("serve",), ("work",), ("seed",), ("key", "create")], ids=" ".join)
def test_a_missing_key_is_not_created_again_beside_its_database(run, tmp_path, env, command):
    make_database(tmp_path, "ab" * 32)
    assert_refused_in_one_line(run(*command, **{**KEYLESS, "SERGIO_ENV": env}), "SERGIO_KEY_FILE", "Restore it")
    assert not (tmp_path / "keys").exists()


def test_a_demo_without_its_key_keeps_its_data(run, tmp_path):
    make_database(tmp_path, "ab" * 32)
    assert_refused_in_one_line(run("demo", "--no-open", "--port", str(free_port())), "Restore it")
    assert not (tmp_path / "instance.key").exists()


@pytest.mark.parametrize("command", [("serve",), ("work",), ("db", "upgrade"), ("seed",)], ids=" ".join)
def test_a_wrong_key_is_refused(run, tmp_path, command):
    make_database(tmp_path, "ab" * 32)
    assert_refused_in_one_line(run(*command, **SAFE), "key does not open")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write to every file")
def test_data_of_another_user_is_refused(run, tmp_path):
    make_database(tmp_path, SAFE["SERGIO_DATABASE_KEY"])
    (tmp_path / "instance/sergio.db").chmod(0o400)
    assert_refused_in_one_line(run("serve", **SAFE), "another user")


@pytest.mark.parametrize(("text", "mode"), [("ab" * 32, 0o644), ("ab" * 32, 0o640), ("ab" * 31, 0o600), ("", 0o600)])
def test_a_key_file_must_be_complete_and_private(tmp_path, text, mode):
    key = tmp_path / "database.key"
    key.write_text(text)
    key.chmod(mode)
    with pytest.raises(Misconfigured, match="SERGIO_KEY_FILE"):
        Config(key_file=str(key)).cipher_key()


def test_a_systemd_credential_is_private_enough(tmp_path, monkeypatch):
    key = tmp_path / "database.key"
    key.write_text("ab" * 32)
    key.chmod(0o440)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert Config(key_file=str(key)).cipher_key() == "ab" * 32


@pytest.mark.skipif(not Path("/dev/shm").is_dir(), reason="this machine has no /dev/shm to stand for a container")
def test_no_key_is_created_on_a_temporary_disk(run, tmp_path):
    given = {"SERGIO_ENV": "development", "SERGIO_KEY_FILE": "/dev/shm/sergio-test.key"}
    assert_refused_in_one_line(run("key", "create", **given), "SERGIO_KEY_FILE", "temporary disk")
    assert_refused_in_one_line(run("db", "upgrade", **given), "SERGIO_KEY_FILE", "temporary disk")


def test_the_kind_of_a_disk_is_that_of_the_nearest_mount(tmp_path):
    mounts = tmp_path / "mountinfo"
    mounts.write_text(
        "22 1 0:20 / / rw,relatime - overlay overlay rw,lowerdir=/a\n"
        "36 22 8:1 / /data rw,noatime shared:1 - ext4 /dev/sda1 rw\n"
    )
    assert key_file.file_system(Path("/data/keys"), mounts) == "ext4"
    assert key_file.file_system(Path("/database"), mounts) == "overlay"


def test_the_database_key_is_created_once_for_its_owner_only_and_outside_the_folder(tmp_path):
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


def test_every_setting_has_a_line_of_help():
    assert all(len(field.metadata["about"]) > 3 for field in fields(Config))
