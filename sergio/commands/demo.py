"""`sergio demo`: everything on one machine, with sandboxes instead of Stripe and mail servers."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import webbrowser
from contextlib import suppress
from http.client import HTTPConnection
from pathlib import Path
from types import SimpleNamespace

import click

from sergio.commands import checked_config
from sergio.config import Config

HOST = "127.0.0.1"
PATIENCE = 40
SECRETS = {
    "SERGIO_STRIPE_SECRET_KEY": "sk_test_sergiodemo",
    "SERGIO_STRIPE_PUBLISHABLE_KEY": "pk_test_sergiodemo",
    "SERGIO_STRIPE_WEBHOOK_SECRET": "whsec_sergiodemo",
}


@click.command()
@click.option("--port", default=8000, help="Port for the web app. The sandboxes use the next free ports.")
@click.option("--instance", default="instance", type=click.Path(path_type=Path), help="Folder for the demo's data.")
@click.option("--reset", is_flag=True, help="Delete the data of earlier demos first.")
@click.option("--big", is_flag=True, help="Let one company have 20,000 customers and 50,000 invoices.")
@click.option("--no-open", is_flag=True, help="Do not open a browser.")
def demo(port: int, instance: Path, reset: bool, big: bool, no_open: bool):
    """Run everything on this machine: web app, worker, Stripe sandbox, and mailbox.

    Prints their addresses and `ready`. Ctrl-C or SIGTERM stops them all.
    """
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    ports = choose_ports(port)
    os.environ.update(environment(ports, instance))
    if reset:
        delete_earlier_data(instance)
    config = checked_config()
    # The web app does not use the database before its first request, so it can start while the tables are created.
    # The first request is an event of the Stripe sandbox, which therefore starts afterwards.
    commands = dict(parts(ports, instance))
    stripe = commands.pop("stripe")
    children = {name: start(command) for name, command in commands.items()}
    try:
        with suppress(KeyboardInterrupt):
            prepare(config, big=big)
            children["stripe"] = start(stripe)
            children["worker"] = start(["sergio", "work"])
            wait_until_up(ports, children)
            welcome(ports, browser=not no_open)
            wait_for_end(children)
    finally:
        stop(children)


def choose_ports(first: int) -> SimpleNamespace:
    """The ports of the four parts: `first`, and the next free ones."""
    if not is_free(first):
        raise click.ClickException(f"Port {first} is in use. Choose another with --port.")
    free = (port for port in range(first + 1, first + 200) if is_free(port))
    return SimpleNamespace(web=first, mailbox=next(free), stripe=next(free), smtp=next(free))


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def environment(ports, instance: Path) -> dict[str, str]:
    """The settings of all parts of the demo, as environment variables."""
    return {
        **SECRETS,
        "SERGIO_ENV": "development",
        "SERGIO_SCHEME": "http",
        "SERGIO_INSTANCE": str(instance),
        "SERGIO_ROOT_DOMAIN": f"localhost:{ports.web}",
        "SERGIO_MAIL_PORT": str(ports.smtp),
        "SERGIO_MAIL_SENDER": "portal@sergio.example",
        "SERGIO_SUPPORT_EMAIL": "support@sergio.example",
        "SERGIO_STRIPE_API_BASE": f"http://{HOST}:{ports.stripe}",
        "SERGIO_STRIPE_JS_URL": f"http://{HOST}:{ports.stripe}/stripe.js",
    }


def delete_earlier_data(instance: Path):
    """Delete the data of earlier demos: the database, the queue, the emails."""
    for leftover in [*instance.glob("sergio.db*"), *instance.glob("wake.db*"), *instance.glob("stripe.*")]:
        leftover.unlink()
    shutil.rmtree(instance / "mail", ignore_errors=True)


def parts(ports, instance: Path):
    """Name and command of the sandboxes and the web app."""
    webhook = f"http://localhost:{ports.web}/webhooks/stripe"
    secret = SECRETS["SERGIO_STRIPE_WEBHOOK_SECRET"]
    stripe = ["sergio.sandbox.stripe", "--port", ports.stripe, "--webhook", webhook, "--secret", secret]
    stripe += ["--state", instance / "stripe.json", "--account", "acct_sparkle", "--account", "acct_rival"]
    mail = ["sergio.sandbox.mailbox", "--smtp-port", ports.smtp, "--web-port", ports.mailbox]
    yield "stripe", stripe
    yield "mailbox", [*mail, "--folder", instance / "mail"]
    yield "web", ["sergio", "serve", "--unchecked", "--port", ports.web]


def start(command: list) -> subprocess.Popen:
    return subprocess.Popen([sys.executable, "-m", *map(str, command)], stdin=subprocess.DEVNULL)


def prepare(config: Config, *, big: bool):
    """Create the tables, and add the demo data if they are empty; with `big`, the work of a large company too."""
    from sergio import create_app, seeds
    from sergio.database.upgrade import bring_up_to_date
    from sergio.extensions import db

    app = create_app(config)
    with app.app_context():
        bring_up_to_date(db.engine)
        if seeds.is_empty():
            click.echo("Creating the demo data…")
            seeds.add_demo_data()
        if big:
            add_big_world()
        for engine in db.engines.values():
            engine.dispose()


def add_big_world():
    """Let Sparkle grow, with a progress bar, unless it has."""
    from sergio import big_world
    from sergio.companies.models import Company
    from sergio.extensions import db

    sparkle = db.session.scalars(Company.at("sparkle")).one()
    if big_world.has_grown(sparkle):
        return
    with click.progressbar(length=1, label="Adding 50,000 invoices and what belongs to them") as bar:

        def show(done: int, total: int):
            bar.length = total
            bar.update(done - bar.pos)

        big_world.grow(sparkle, big_world.BIG, progress=show)


def wait_until_up(ports, children):
    """Wait until every part responds; ends the program if one has stopped, or after `PATIENCE` seconds."""
    deadline = time.monotonic() + PATIENCE
    for port, path in ((ports.web, "/up"), (ports.stripe, "/"), (ports.mailbox, "/")):
        while not responds(port, path):
            if name := stopped_part(children):
                raise click.ClickException(f"The {name} process did not start. See the output above.")
            if time.monotonic() > deadline:
                raise click.ClickException("The demo did not start in time.")
            time.sleep(0.05)


def responds(port: int, path: str) -> bool:
    connection = HTTPConnection(HOST, port, timeout=2)
    with suppress(OSError):
        connection.request("GET", path)
        return connection.getresponse().status == 200
    connection.close()
    return False


def welcome(ports, *, browser: bool):
    """Print the URLs, then `ready`."""
    portal = f"http://sparkle.localhost:{ports.web}/portal/"
    for label, url in (
        ("portal", f"{portal}   Ana: ana@example.com"),
        ("office", f"http://sparkle.localhost:{ports.web}/office/   Olga: olga@sparkle.example"),
        ("mailbox", f"http://{HOST}:{ports.mailbox}/   where the sign-in links arrive"),
        ("stripe", f"http://{HOST}:{ports.stripe}/   try card 4242 4242 4242 4242"),
    ):
        click.echo(f"{label:9}{url}")
    click.echo("ready")
    if browser:
        webbrowser.open(portal)


def wait_for_end(children):
    """Wait as long as all parts run; raises ClickException when one has stopped."""
    while not (name := stopped_part(children)):
        time.sleep(0.2)
    raise click.ClickException(f"The {name} process stopped, so the demo is stopping too.")


def stopped_part(children) -> str | None:
    """The name of a part that has stopped, if any."""
    return next((name for name, child in children.items() if child.poll() is not None), None)


def stop(children):
    """Stop all parts with SIGTERM, and after eight seconds with SIGKILL."""
    for child in children.values():
        child.terminate()
    for child in children.values():
        try:
            child.wait(8)
        except subprocess.TimeoutExpired:
            child.kill()
