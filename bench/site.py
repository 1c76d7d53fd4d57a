"""What is measured: the demo's company on a new database, its people signed in, and the servers on core 0."""

import secrets
import tempfile
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Engine, func, select, text

from bench.load import SERVER_CORE, on_core
from bench.processes import end
from sergio import big_world, create_app, seeds
from sergio.audit.actor import BY_SYSTEM
from sergio.auth.models import SignIn
from sergio.auth.sessions import COOKIES
from sergio.big_world import Size
from sergio.booking.models import Appointment
from sergio.booking.services import Service
from sergio.companies.models import Company
from sergio.config import Config
from sergio.customers.models import Contact, Customer, Property
from sergio.database.upgrade import bring_up_to_date
from sergio.extensions import db
from sergio.invoices.models import Invoice
from sergio.jobs import DOCUMENTS, worker
from sergio.lib import clock
from sergio.payments import checkout
from sergio.payments.models import Payment
from sergio.quotes.models import Quote
from sergio.staff.models import StaffMember
from tests import postgres
from tests.faults.program import HOST, Process, Web, environment
from tests.ports import free_port

P = TypeVar("P", bound=Process)
SQLITE, POSTGRESQL = "sqlite", "postgresql"
DOMAIN = "sergio.example"
COMPANY_HOST = f"sparkle.{DOMAIN}"
WEBHOOK_SECRET = "whsec_bench"
PORTAL, OFFICE = "portal", "office"
SMALL = Size(customers=40, invoices=20, quotes=20, appointments=200)
"""With those of the demo, about a hundred invoices; all of the last ten days, so that lists and weeks are full."""


class Sandbox(Process):
    module = "sergio.sandbox.stripe"


class Hello(Process):
    """The hello of bench/hello.py; it is requested like `Web`."""

    module = "bench.hello"
    get = Web.get
    wait_until_up = Web.wait_until_up

    def __init__(self, port: int, **kwargs):
        self.port = port
        super().__init__("--port", port, **kwargs)


@dataclass
class Site:
    """A database with the demo's company, and how to reach it.

    `cookies` are those of a customer ("portal") and of the owner ("office"); `numbers` are what paths name.
    """

    kind: str
    folder: Path
    config: Config
    sandbox_port: int
    stack: ExitStack
    cookies: dict[str, str] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)

    def start(self, *, with_sandbox: bool = False) -> Web:
        """A web server of one worker; only outside production can it use the sandbox instead of Stripe."""
        config = self.with_sandbox if with_sandbox else self.config
        with on_core(SERVER_CORE):
            web = Web(free_port(), log=self.folder / f"web-{config.env}.log", env=environment(config))
        return self.stack.enter_context(running(web)).wait_until_up()

    @property
    def with_sandbox(self) -> Config:
        stripe = f"http://{HOST}:{self.sandbox_port}"
        return replace(self.config, env="testing", stripe_api_base=stripe, stripe_js_url=f"{stripe}/stripe.js")


@contextmanager
def running(process: P) -> Generator[P]:
    try:
        yield process
    finally:
        end(process.process)


def start_hello(stack: ExitStack) -> Hello:
    log = Path(stack.enter_context(tempfile.TemporaryDirectory())) / "log"
    with on_core(SERVER_CORE):
        hello = Hello(free_port(), log=log, env=environment(Config()))
    return stack.enter_context(running(hello)).wait_until_up()


@contextmanager
def site(kind: str, size: Size = SMALL) -> Generator[Site]:
    """A new site on that kind of database, gone afterwards. `size` is what is added to the demo's data."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="sergio-bench-")))
        config = production(folder, new_postgresql(stack) if kind == POSTGRESQL else "")
        port = free_port()
        account = ["--account", "acct_sparkle"]
        sandbox = Sandbox("--port", port, *account, log=folder / "stripe.log", env=environment(config))
        stack.enter_context(running(sandbox))
        made = Site(kind, folder, config, port, stack)
        fill(made, size)
        yield made


def new_postgresql(stack: ExitStack) -> str:
    with on_core(SERVER_CORE):
        socket = stack.enter_context(postgres.postgres_server(settings=()))
    return postgres.new_database(socket, "sergio")


def production(folder: Path, database_url: str) -> Config:
    config = Config(
        instance=folder / "instance",
        database_url=database_url,
        key_file=str(folder / "database.key"),
        secret_key=secrets.token_hex(32),
        root_domain=DOMAIN,
        mail_sender=f"portal@{DOMAIN}",
        stripe_secret_key="sk_test_bench",
        stripe_publishable_key="pk_test_bench",
        stripe_webhook_secret=WEBHOOK_SECRET,
        proxies=1,
    )
    config.instance.mkdir()
    config.make_key()
    return config


def fill(site: Site, size: Size):
    """The demo's companies, grown; a sign-in of Ana and of Olga, and a payment of Ana's that was begun."""
    app = create_app(site.with_sandbox)
    with app.app_context():
        bring_up_to_date(db.engine)
        seeds.add_demo_data()
        worker.drain((DOCUMENTS,))  # keeps their PDFs, as a running worker would have
        sparkle = db.session.scalars(Company.at("sparkle")).one()
        big_world.grow(sparkle, size)
        gather_statistics_of(db.engine)
        db.session.info["company_id"] = sparkle.id
        ana = row(Contact, sparkle, email_key="ana@example.com")
        olga = row(StaffMember, sparkle, email_key="olga@sparkle.example")
        site.cookies = {PORTAL: signed_in(PORTAL, ana), OFFICE: signed_in(OFFICE, olga)}
        site.numbers = numbers(sparkle, ana)
        invoice = row(Invoice, sparkle, number=site.numbers["payable"])
        db.session.commit()
        checkout.begin([invoice.id], ana.id, by=BY_SYSTEM)
        for engine in db.engines.values():
            engine.dispose()


def gather_statistics_of(engine: Engine):
    """As PostgreSQL does by itself after a while."""
    if engine.dialect.name == "postgresql":
        with engine.begin() as connection:
            connection.execute(text("ANALYZE"))


def signed_in(door: str, person: Contact | StaffMember) -> str:
    """The cookie of a new sign-in."""
    row, secret = SignIn.start(person, browser="the bench", by=BY_SYSTEM, now=clock.now())
    db.session.add(row)
    return f"{COOKIES[door]}={secret}"


def row(table, company: Company, **facts) -> Any:
    """The company's only row with these values."""
    return db.session.scalars(select(table).filter_by(company_id=company.id, **facts)).one()


def numbers(company: Company, ana: Contact) -> dict[str, int]:
    """What the paths of pages name: her open quote with options, two unpaid invoices, her first appointment, a service,
    her place, and the first payment.
    """
    due = Invoice.company_id == company.id, Invoice.customer_id == ana.customer_id, Invoice.due > 0
    invoice, payable = db.session.scalars(select(Invoice.number).where(*due).order_by(Invoice.number)).all()[-2:]
    hers = Appointment.company_id == company.id, Appointment.customer_id == ana.customer_id
    appointment = db.session.scalars(select(func.min(Appointment.number)).where(*hers)).one()
    return {
        "quote": row(Quote, company, title="Spring deep clean").number,
        "invoice": invoice,
        "payable": payable,
        "appointment": appointment,
        "service": row(Service, company, name="Standard clean").number,
        "place": row(Property, company, street="7 Pine Road").number,
        "customer": row(Customer, company, id=ana.customer_id).number,
        "payment": db.session.scalars(select(func.min(Payment.number)).where(Payment.company_id == company.id)).one(),
    }
