"""The systemd units and the compose file of deploy/: each is read, and what it would run is run with its settings."""

import os
import re
import shlex
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from secrets import token_hex
from shutil import which

import pytest
import yaml

from tests.faults.program import HOST, ROOT, Process, Web, ask, running
from tests.ports import free_port
from tests.postgres import new_database, postgres_server
from tests.servers import needed

UNITS, COMPOSE = ROOT / "deploy/systemd", ROOT / "deploy/compose"
PYTHON = "/opt/sergio/.venv/bin/python"
SECRET = "kX3-9fQ_w7LmZ2pB8rT5vN1cH6jD4gSa"


@pytest.fixture
def run(tmp_path):
    """`run(arguments, env)`: a command of the program; a `serve` gets a free port, and is up."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("SERGIO_")}
    with ExitStack() as stack:

        def started(arguments: list[str], env: dict) -> Process:
            env = {**own, "PYTHONPATH": str(ROOT), **env}
            log = tmp_path / f"{len(list(tmp_path.glob('*.log')))}.log"
            if arguments[0] != "serve":
                return stack.enter_context(running(Process(*arguments, log=log, env=env)))
            assert set(arguments[1::2]) <= {"--host", "--port"}
            return stack.enter_context(running(Web(free_port(), log=log, env=env))).wait_until_up()

        yield started


def settings_of(path: Path) -> dict[str, str]:
    """What an environment file sets."""
    lines = [line for line in path.read_text().splitlines() if line and not line.startswith("#")]
    return dict(line.split("=", 1) for line in lines)


def directives(unit: str) -> list[tuple[str, str]]:
    """The directives of a unit together with what all units share."""
    text = "\n".join(path.read_text() for path in (UNITS / "sergio-.service.d/common.conf", UNITS / unit))
    return re.findall(r"^(\w+)=(.*)$", text, re.MULTILINE)


def command_of(unit: str) -> list[str]:
    """What comes after `python -m sergio` in the unit's ExecStart."""
    python, module, program, *arguments = shlex.split(dict(directives(unit))["ExecStart"])
    assert [python, module, program] == [PYTHON, "-m", "sergio"]
    return arguments


def environment_of(unit: str, folder: Path) -> dict[str, str]:
    """The environment systemd would make, with `folder` for the credentials and the state."""
    found = settings_of(UNITS / "sergio.env")
    for name, value in directives(unit):
        if name == "Environment":
            found |= dict(part.split("=", 1) for part in value.split())
    state, credentials = str(folder / "state"), str(folder / "credentials")
    placed = {name: value.replace("/var/lib/sergio", state).replace("%d", credentials) for name, value in found.items()}
    return {**placed, "CREDENTIALS_DIRECTORY": credentials}


def test_systemd_accepts_the_units(tmp_path):
    if not which("systemd-analyze"):
        pytest.skip("systemd-analyze is not on this machine")
    for path in UNITS.rglob("*"):
        if path.is_file():
            copy = tmp_path / path.relative_to(UNITS)
            copy.parent.mkdir(exist_ok=True)
            copy.write_text(path.read_text().replace(PYTHON, sys.executable))
    names = [tmp_path / f"sergio-{name}.service" for name in ("upgrade", "web@1", "web@2", "worker@1", "worker@2")]
    verified = subprocess.run(
        ["systemd-analyze", "verify", *names],
        env={**os.environ, "SYSTEMD_UNIT_PATH": f"{tmp_path}:"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert verified.returncode == 0, verified.stderr
    assert str(tmp_path) not in verified.stderr


def test_the_units_start_two_web_processes_and_two_workers_that_stop_on_sigterm(run, tmp_path):
    credentials = tmp_path / "credentials"
    credentials.mkdir()
    (credentials / "secret.key").write_text(SECRET)
    made = run(["key", "create"], {"SERGIO_KEY_FILE": str(credentials / "database.key")})
    assert made.process.wait(60) == 0, made.log

    upgrade = run(command_of("sergio-upgrade.service"), environment_of("sergio-upgrade.service", tmp_path))
    assert upgrade.process.wait(120) == 0, upgrade.log
    both = ("sergio-web@.service", "sergio-worker@.service")
    units = [(unit, run(command_of(unit), environment_of(unit, tmp_path))) for unit in both * 2]
    for unit, process in units:
        assert process.process.poll() is None, process.log
        process.stop(int(dict(directives(unit))["TimeoutStopSec"]))
        assert "Traceback" not in process.log


@pytest.fixture(scope="module")
def compose() -> dict:
    return yaml.safe_load((COMPOSE / "compose.yaml").read_text())


def test_the_compose_file_has_no_secrets_and_a_health_check(compose):
    services = compose["services"]
    assert set(services) == {"upgrade", "web-1", "web-2", "worker-1", "worker-2", "nginx", "postgres", "redis"}
    for service in services.values():
        assert set(service.get("secrets", ())) <= set(compose["secrets"])
        given = service.get("environment", {}).items()
        assert not [name for name, value in given if re.search("PASSWORD|SECRET|KEY", name) and "/run/" not in value]
        assert not {"ports"} & set(service) or service["ports"] == ["80:80", "443:443"]
    assert all(secret["file"].startswith("secrets/") for secret in compose["secrets"].values())
    assert not [name for name in settings_of(COMPOSE / "sergio.env") if re.search("PASSWORD|SECRET", name)]
    upstream = re.findall(r"server ([\w-]+):(\d+)", (COMPOSE / "upstream.conf").read_text())
    assert upstream == [("web-1", "8000"), ("web-2", "8000")]
    for name, port in upstream:
        assert services[name]["command"][-2:] == ["--port", port]
        assert f"http://127.0.0.1:{port}/up'" in services[name]["healthcheck"]["test"][-1]


def test_the_two_upstream_files_differ_only_in_their_servers():
    ours, theirs = (
        re.sub(r"^#.*\n|  #.*", "", (ROOT / path).read_text(), flags=re.MULTILINE)
        for path in ("deploy/nginx/upstream.conf", "deploy/compose/upstream.conf")
    )
    assert re.sub("127.0.0.1:800([12])", r"web-\1:8000", ours) == theirs


@pytest.fixture
def redis(compose, tmp_path):
    """The URL of a Redis started as the compose file starts it."""
    pytest.importorskip("redis")
    program, *options = compose["services"]["redis"]["command"]
    port = free_port()
    command = [needed(program), *options, "--port", str(port), "--bind", HOST, "--dir", tmp_path]
    with subprocess.Popen([str(part) for part in command], stdout=subprocess.DEVNULL) as server:
        yield f"redis://{HOST}:{port}"
        server.terminate()


def test_the_compose_file_starts_two_web_processes_and_two_workers(compose, redis, run, tmp_path):
    secrets = dict.fromkeys(compose["secrets"], "")
    with postgres_server() as server:
        secrets |= {
            "secret_key": SECRET,
            "database_key": token_hex(32),
            "database_url": new_database(server, "sergio_compose"),
        }
        for name, text in secrets.items():
            (tmp_path / name).write_text(text)

        def start(name: str) -> Process:
            service = compose["services"][name]
            found = settings_of(COMPOSE / service["env_file"]) | service["environment"]
            env = {name: value.replace("/run/secrets", str(tmp_path)) for name, value in found.items()}
            return run(service["command"], {**env, "SERGIO_REDIS_URL": redis})

        upgrade = start("upgrade")
        assert upgrade.process.wait(120) == 0, upgrade.log
        started = [start(name) for name in ("web-1", "web-2", "worker-1", "worker-2")]
        health = compose["services"]["web-1"]["healthcheck"]["test"][-1].replace("8000", str(started[0].port))
        assert subprocess.run([sys.executable, "-c", health], timeout=60).returncode == 0
        assert ask(started[1].port, "GET", "/", "portal.example.com", timeout=60).status == 200
        for process in started:
            assert process.process.poll() is None, process.log
            process.stop(60)
            assert "Traceback" not in process.log
