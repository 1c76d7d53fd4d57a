"""What a journey needs before it starts, written into the demo's database as another of its programs would."""

import re
from contextlib import contextmanager
from datetime import date

from sergio import create_app
from sergio.commands.demo import SECRETS
from sergio.companies.models import Company
from sergio.config import Config
from sergio.customers.models import Contact
from sergio.extensions import db
from sergio.invoices.models import Invoice, InvoiceLine
from sergio.lib import clock
from sergio.seeds import contact
from tests.invoices.builders import BY_OLGA


@contextmanager
def inside(demo):
    """The demo's database, in Sparkle's name; what was changed is committed at the end."""
    host = re.sub(r"^http://[^.]+\.|/.*$", "", demo["portal"])
    stripe = demo["stripe"].rstrip("/")
    settings = {"SERGIO_ENV": "development", "SERGIO_INSTANCE": str(demo.instance), "SERGIO_ROOT_DOMAIN": host}
    settings |= {"SERGIO_SCHEME": "http", "SERGIO_STRIPE_API_BASE": stripe, **SECRETS}
    app = create_app(Config.read(settings))
    with app.app_context():
        yield db.session.scalars(Company.at("sparkle")).one()
        db.session.commit()
        for engine in db.engines.values():
            engine.dispose()


def customer(company: Company, name: str):
    """The contact of a new customer."""
    return contact(company, name, f"{name.split()[0].lower()}@example.com", "3 Elm Street")


def invoice(person, title: str, amount: int, *, due_on: date):
    lines = [InvoiceLine(description=title, unit_price=amount)]
    Invoice.issue(person.customer, title, lines, at=clock.now(), by=BY_OLGA, due_on=due_on)


def find(email: str):
    return db.select(Contact).where(Contact.email == email)
