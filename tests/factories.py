"""Builders for tests: companies and people, named after those of the demo data."""

from types import SimpleNamespace

from flask import current_app
from sqlalchemy import select

from sergio import jobs
from sergio.audit.actor import CONTACT, STAFF, Actor
from sergio.companies.models import Company
from sergio.companies.plans import FREE, STARTER
from sergio.customers.models import Contact, Customer, Property
from sergio.database.company_scope import EVERY_COMPANY
from sergio.extensions import db
from sergio.jobs import worker
from sergio.jobs.models import Job
from sergio.outbox.models import OutgoingEmail
from sergio.staff.models import OWNER, TECHNICIAN, StaffMember, WorkingHours
from tests.browser import taken

NINE, FIVE = 9 * 60, 17 * 60
WRITERS = (
    *("booking.notify", "booking.on_way", "booking.asked", "booking.replied"),
    *("booking.notify_series", "booking.series_left_out", "booking.series_ended"),
)
"""The jobs that write emails."""


def world() -> SimpleNamespace:
    """The three companies and their people, added to the session."""
    sparkle = company("sparkle", "Sparkle Cleaning", STARTER, stripe_account="acct_sparkle", charges_enabled=True)
    rival = company("rival", "Rival Plumbing", STARTER, stripe_account="acct_rival", charges_enabled=True)
    solo = company("solo", "Solo Gardening", FREE)
    return SimpleNamespace(
        sparkle=sparkle,
        rival=rival,
        solo=solo,
        ana=contact(sparkle, "Ana Ruiz", "ana@example.com"),
        ben=contact(sparkle, "Ben Okafor", "ben@example.com"),
        cleo=contact(rival, "Cleo Martin", "cleo@example.com"),
        olga=staff(sparkle, "Olga Petrova", OWNER),
        theo=staff(sparkle, "Theo Laurent", TECHNICIAN),
        rita=staff(rival, "Rita Moore", OWNER),
        sam=staff(solo, "Sam Green", OWNER),
    )


def people() -> SimpleNamespace:
    """The same, read from a database that has them."""
    companies = {row.subdomain: row for row in db.session.scalars(select(Company))}
    contacts = {row.first_name.lower(): row for row in db.session.scalars(select(Contact))}
    members = {row.first_name.lower(): row for row in db.session.scalars(select(StaffMember))}
    return SimpleNamespace(**companies, **contacts, **members)


def company(subdomain: str, name: str, plan: str, **more) -> Company:
    address = {"street": "12 Harbor Street", "city": "Portland", "region": "ME", "postal_code": "04101"}
    row = Company(subdomain=subdomain, name=name, plan=plan, email=f"hello@{subdomain}.example", phone="+12075550100")
    for field, value in {**address, **more}.items():
        setattr(row, field, value)
    return added(row)


def contact(company: Company, name: str, email: str) -> Contact:
    """A customer of one contact and one property."""
    customer = Customer(company=company, number=company.next_number("customer"), name=name)
    customer.properties = [
        Property(company=company, number=company.next_number("property"), street="7 Pine Road", city="Portland")
    ]
    customer.contacts = [Contact(company=company, name=name, email=email)]
    return added(customer).contacts[0]


def staff(company: Company, name: str, role: str) -> StaffMember:
    """A staff member who works Monday to Friday, nine to five; technicians can be booked."""
    email = f"{name.split()[0].lower()}@{company.subdomain}.example"
    hours = [WorkingHours(company=company, weekday=day, opens=NINE, closes=FIVE) for day in range(5)]
    row = StaffMember(company=company, name=name, email=email, role=role, bookable=role == TECHNICIAN, hours=hours)
    return added(row)


def by(person: Contact | StaffMember) -> Actor:
    """The person as an actor, for `by=`."""
    return Actor(CONTACT if isinstance(person, Contact) else STAFF, person.name, person.id)


def job(name: str, **more) -> Job:
    """A job that was enqueued just now."""
    jobs.enqueue(name, **more)
    return db.session.scalars(select(Job).order_by(Job.id.desc()).limit(1), execution_options=EVERY_COMPANY).one()


def added(row):
    """The row with its id, in the session."""
    db.session.add(row)
    db.session.flush()
    return row


class Outbox:
    """The emails in the outbox, and their subjects."""

    def __init__(self, session):
        self.session = session

    @property
    def emails(self) -> list[OutgoingEmail]:
        self.session.commit()
        waiting = select(Job.id).where(Job.name.in_(WRITERS), Job.finished_at.is_(None)).order_by(Job.id)
        for job_id in self.session.scalars(waiting).all():
            with current_app.app_context():  # a session of its own, which the worker closes
                worker.run(taken(db.session.get_one(Job, job_id)))
        self.session.rollback()
        return list(self.session.scalars(db.select(OutgoingEmail).order_by(OutgoingEmail.id)))

    @property
    def subjects(self) -> list[str]:
        return [message.subject for message in self.emails]
