"""A site of pretix with a customer of 20 orders, made and served; runs in an environment of its own.

    python tickets.py FOLDER PORT

Writes the cookie of the customer and the paths of the account and of an order to FOLDER/site.json.
"""

import json
import os
import sys
from datetime import timedelta
from decimal import Decimal
from importlib import import_module
from pathlib import Path

from granian import Granian
from granian.constants import Interfaces

ORDERS = 20
SETTINGS = """
[pretix]
instance_name=Bench
url=http://127.0.0.1:{port}
datadir={folder}/data
[database]
backend=sqlite3
[django]
secret=of-this-bench-only-and-long-enough-for-pretix-to-take-it
debug=false
"""


class NoMigrations(dict):
    """Its tables are made at once, as its own tests do it: 300 migrations would take minutes."""

    def __contains__(self, app):
        return True

    def __getitem__(self, app):
        return None


def configure(folder: Path, port: int):
    (folder / "data").mkdir()
    written = folder / "pretix.cfg"
    written.write_text(SETTINGS.format(port=port, folder=folder))
    os.environ.update(PRETIX_CONFIG_FILE=str(written), DJANGO_SETTINGS_MODULE="pretix.settings")
    import django
    from django.conf import settings

    settings.MIGRATION_MODULES = NoMigrations()
    django.setup()


def fill(folder: Path):
    from django.core.management import call_command
    from django_scopes import scopes_disabled

    call_command("migrate", run_syncdb=True, verbosity=0)
    with scopes_disabled():
        (folder / "site.json").write_text(json.dumps(shop()))


def shop() -> dict[str, str]:
    """An organizer with customer accounts, an event with one item, and the orders of one customer."""
    from django.conf import settings
    from django.utils.timezone import now
    from pretix.base.models import Event, Organizer

    organizer = Organizer.objects.create(name="Sparkle", slug="sparkle")
    organizer.settings.customer_accounts = True
    later = now() + timedelta(days=30)
    event = Event.objects.create(organizer=organizer, name="Fair", slug="fair", date_from=later, live=True)
    event.settings.timezone = "America/New_York"
    item = event.items.create(name="Ticket", default_price=Decimal(100))
    customer = organizer.customers.create(email="ana@example.com", is_active=True, is_verified=True)
    customer.set_password("not used to sign in here")
    customer.save()
    orders = [add_order(event, item, customer, later, n) for n in range(ORDERS)]
    session = import_module(settings.SESSION_ENGINE).SessionStore()
    session[f"customer_auth_id:{organizer.pk}"] = customer.pk
    session[f"customer_auth_hash:{organizer.pk}"] = customer.get_session_auth_hash()
    session.save()
    cookie = f"{settings.SESSION_COOKIE_NAME}={session.session_key}"
    order = orders[-1]
    return {
        "cookie": cookie,
        "account": "/sparkle/account/",
        "order": f"/sparkle/fair/order/{order.code}/{order.secret}/",
    }


def add_order(event, item, customer, later, n: int):
    from django.utils.timezone import now

    times = {"datetime": now() - timedelta(days=n), "expires": later}
    about = {"code": f"FAIR{n:02}", "customer": customer, "email": customer.email, "status": "p" if n % 3 else "n"}
    order = event.orders.create(**about, **times, total=Decimal(100), sales_channel=channel(event))
    order.positions.create(item=item, price=Decimal(100), positionid=1)
    order.create_transactions(is_new=True)
    return order


def channel(event):
    return event.organizer.sales_channels.get(identifier="web")


def load():
    from pretix.wsgi import application

    return application


def main(folder: Path, port: int):
    configure(folder, port)
    fill(folder)
    server = Granian("site", address="127.0.0.1", port=port, interface=Interfaces.WSGI, workers=1, log_enabled=False)
    server.serve(target_loader=load, wrap_loader=False)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
