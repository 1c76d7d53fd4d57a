"""Demo data: three companies, one with a year of history. The demo and the tests share it."""

from datetime import datetime, time, timedelta

from sqlalchemy import select

from sergio.audit.actor import BY_SYSTEM, CONTACT, STAFF, Actor
from sergio.booking.invoicing import AppointmentBilling
from sergio.booking.models import Appointment
from sergio.booking.services import CHOICE, NUMBER, Service, ServiceQuestion
from sergio.booking.statuses import REQUESTED
from sergio.companies.models import Company
from sergio.companies.plans import FREE, STARTER
from sergio.customers.models import Contact, Customer, Property
from sergio.extensions import db
from sergio.invoices.models import Invoice, InvoiceLine
from sergio.lib import clock
from sergio.outbox.suppressed import emails_suppressed
from sergio.payments.methods import CHECK, TRANSFER
from sergio.payments.models import Payment
from sergio.payments.stripe.connections import StripeConnection
from sergio.price_list.models import PriceListItem
from sergio.seeds.quotes import TAX, offer, packages_for_ana, quotes_of_ana
from sergio.staff.models import OWNER, TECHNICIAN, StaffMember, WorkingHours

MORNING, AFTERNOON = (8 * 60, 12 * 60), (13 * 60, 17 * 60)
WELCOME = (
    "Thank you for trusting us with your home. You can take care of everything here, {customer_name}, day or night."
)
TERMS = (
    "We work weekdays from 8 AM to 5 PM. You may reschedule or cancel an appointment at no charge up to 24 hours "
    "before it starts. Anything we break, we replace. Invoices are due within 14 days."
)
SERVICES = [
    ("Standard clean", "Kitchen, bathrooms, floors, and dusting in every room.", 120, 14_000),
    ("Deep clean", "Everything in a standard clean, plus inside the oven, fridge, and cabinets.", 240, 29_000),
    ("Window cleaning", "All windows, inside and outside, including frames and sills.", 90, 11_000),
    ("Carpet cleaning", "Hot water extraction. Dry within a day.", 120, 16_500),
    ("Move-out clean", "Top to bottom, ready for you to hand over the keys.", 300, None),
]
ROOMS = {"wording": "How many bedrooms are there?", "kind": NUMBER, "required": True}
PETS = {"wording": "Do you have pets?", "kind": CHOICE, "options": ["No", "A cat", "A dog", "Other pets"]}
MONDAY, FRIDAY = 0, 4
NEIGHBORS = [
    ("Grace Lindqvist", "grace@example.com", "3 Maple Avenue"),
    ("Harbor View Dental", "office@harborview.example", "88 Commercial Street"),
    ("Ines Carvalho", "ines@example.com", "19 Spruce Lane"),
    ("Jonas Weber", "jonas@example.com", "41 Congress Street"),
]


def is_empty() -> bool:
    """Whether the database has no company yet; asked without the mappers, which take a tenth of a second to prepare."""
    with db.engines["reading"].connect() as connection:
        return connection.scalar(select(Company.__table__.c.id).limit(1)) is None


def add_demo_data():
    """Add the three companies with their history, without sending emails. Commits."""
    today = clock.now()
    with emails_suppressed():
        add_sparkle(today)
        add_rival(today)
        company("solo", "Solo Gardening", FREE, "Sam Green", "#3f6212", "#a16207", street="2 Orchard Way")
    db.session.commit()


def add_sparkle(today: datetime):
    """Sparkle Cleaning: Ana and Ben, their neighbors, and a year of work."""
    sparkle = sparkle_cleaning()
    db.session.add(stripe_connection(sparkle, today))
    theo = staff(sparkle, "Theo Laurent", TECHNICIAN, bookable=True)
    services = [service(sparkle, position, *facts) for position, facts in enumerate(SERVICES)]
    services[3].needs_approval = True
    for name, detail, _minutes, price in SERVICES:
        priced = {"unit_price": price or 40_000, "tax_ppm": TAX}
        PriceListItem.create(sparkle, name=name, detail=detail, by=BY_SYSTEM, at=today, **priced)
    services[1].questions = [ServiceQuestion(company=sparkle, **each) for each in (ROOMS, PETS)]
    ana = contact(sparkle, "Ana Ruiz", "ana@example.com", "7 Pine Road", phone="+12075550171")
    ben = contact(sparkle, "Ben Okafor", "ben@example.com", "21 Birch Street", phone="+12075550188")
    place(ana.customer, "104 Lakeside Drive", "Sebago", "04029")
    year_of_appointments(ana, services[0], theo, today, every=14, weekday=FRIDAY, hour=8)
    year_of_appointments(ben, services[2], theo, today, every=28, weekday=FRIDAY, hour=13)
    neighbors = [contact(sparkle, *facts) for facts in NEIGHBORS]
    for weekday, person in enumerate(neighbors, MONDAY):
        hour = 13 if weekday else 8
        year_of_appointments(person, services[weekday], theo, today, every=35, weekday=weekday, hour=hour)
    quotes_of_ana(ana, today)
    invoices_of_ana(ana, today)
    appointments_to_come(ana, ben, services, theo, today)
    for days, person in enumerate(neighbors[1:]):
        appointment(services[2], person, theo, weekday_at(today + timedelta(days=days), (15, 11, 13)[days]))
    asked = {"approval": REQUESTED, "booked_online": True}
    appointment(services[3], neighbors[2], theo, weekday_at(today + timedelta(days=13), 13), **asked)
    offer(ben, "Windows before winter", [("All windows, inside and outside", 22_000)], today, sent=5)
    offer(neighbors[0], "Move-in clean", [("Whole apartment", 38_000)], today, sent=1, extras=[("Windows", 9_000)])
    bill(neighbors[0], "Deep clean", [("Deep clean", 29_000)], today - timedelta(days=2))
    packages_for_ana(ana, today)


def sparkle_cleaning() -> Company:
    return company(
        *("sparkle", "Sparkle Cleaning", STARTER, "Olga Petrova", "#0f5e59", "#d9572b"),
        street="12 Harbor Street",
        phone="+12075550142",
        welcome=WELCOME,
        terms=TERMS,
        tax_ppm=TAX,
        stripe_account="acct_sparkle",
        charges_enabled=True,
        offers_autopay=True,
        accepts_bank_debits=True,
        bank_debits_enabled=True,
    )


def stripe_connection(company: Company, today: datetime) -> StripeConnection:
    done = {"details_submitted": True, "payouts_enabled": True}
    return StripeConnection(company=company, account=company.stripe_account, created_at=today, **done)


def add_rival(today: datetime):
    """Rival Plumbing: a second company, to test that companies are kept apart."""
    rival = company("rival", "Rival Plumbing", STARTER, "Rita Moore", "#1e3a8a", "#b45309", stripe_account="acct_rival")
    rival.charges_enabled = True
    db.session.add(stripe_connection(rival, today))
    cleo = contact(rival, "Cleo Martin", "cleo@example.com", "60 Mill Street")
    check = service(rival, 0, "Boiler check", "Safety check and a clean burner.", 60, 9_500)
    appointment(check, cleo, staff(rival, "Max Doyle", TECHNICIAN, bookable=True), weekday_at(today + timedelta(6), 10))
    offer(cleo, "New kitchen faucet", [("Faucet, brushed steel", 18_900), ("Installation", 9_000)], today, sent=2)
    bill(cleo, "Emergency service call", [("Service call and burst pipe repair", 26_000)], today - timedelta(9))


def year_of_appointments(
    person: Contact, kind: Service, theo: StaffMember, today: datetime, *, every: int, weekday: int, hour: int
):
    """Appointments completed over the past year, each with its invoice, paid some days later."""
    first = today - timedelta(days=364 - (weekday - today.weekday()) % 7)
    for days in range(0, 343, every):
        done = appointment(kind, person, theo, weekday_at(first + timedelta(days=days), hour))
        done.complete(by=Actor(STAFF, theo.name, theo.id), now=done.ends_at)
        invoice = bill(person, kind.name, [(kind.name, kind.price or 40_000)], done.ends_at)
        billed = {"company_id": done.company_id, "appointment_id": done.id, "invoice_id": invoice.id}
        db.session.add(AppointmentBilling(done_at=done.ends_at, **billed))
        method = CHECK if days % 3 else TRANSFER
        Payment.record(invoice, method=method, by=BY_SYSTEM, at=done.ends_at + timedelta(days=days % 9 + 1))


def invoices_of_ana(ana: Contact, today: datetime):
    """Two open invoices and an overdue one."""
    bill(ana, "Deep clean, October", [("Deep clean", 29_000), ("Oven, inside", 4_500)], today - timedelta(days=25))
    bill(ana, "Carpet cleaning, hallway", [("Carpet cleaning", 16_500)], today - timedelta(days=9))
    bill(ana, "Standard clean", [("Standard clean", 14_000)], today - timedelta(days=4))


def appointments_to_come(ana: Contact, ben: Contact, services: list[Service], theo: StaffMember, today: datetime):
    """Ana's next appointment, one after it, and Ben's."""
    notes = "The neighbor at #9 has the key."
    appointment(services[0], ana, theo, weekday_at(today + timedelta(days=6), 9), notes=notes)
    appointment(services[0], ana, theo, weekday_at(today + timedelta(days=20), 9))
    appointment(services[2], ben, theo, weekday_at(today + timedelta(days=9), 14))


def company(subdomain: str, name: str, plan: str, owner: str, brand: str, accent: str, **more) -> Company:
    """A company in Portland, Maine, and its owner."""
    facts = {"city": "Portland", "region": "ME", "postal_code": "04101", "phone": "+12075550100"}
    facts |= {"email": f"hello@{subdomain}.example", "brand": brand, "accent": accent, **more}
    row = Company(subdomain=subdomain, name=name, plan=plan, **facts)
    db.session.add(row)
    db.session.flush()
    staff(row, owner, OWNER, bookable=False)
    return row


def staff(company: Company, name: str, role: str, *, bookable: bool) -> StaffMember:
    """A staff member who works Monday to Friday, with a break at noon."""
    email = f"{name.split()[0].lower()}@{company.subdomain}.example"
    member = StaffMember(company=company, name=name, email=email, role=role, bookable=bookable)
    for weekday in range(5):
        for opens, closes in (MORNING, AFTERNOON):
            member.hours.append(WorkingHours(company=company, weekday=weekday, opens=opens, closes=closes))
    db.session.add(member)
    db.session.flush()
    return member


def contact(company: Company, name: str, email: str, street: str, *, phone: str = "") -> Contact:
    """A customer with one contact and one place."""
    since = clock.now() - timedelta(days=400)
    customer = Customer(company=company, number=company.next_number("customer"), name=name, created_at=since)
    db.session.add(customer)
    customer.contacts.append(Contact(company=company, name=name, email=email, phone=phone))
    place(customer, street, "Portland", "04103")
    db.session.flush()
    return customer.contacts[0]


def place(customer: Customer, street: str, city: str, postal_code: str) -> Property:
    """Another place of a customer."""
    where = {"street": street, "city": city, "region": "ME", "postal_code": postal_code}
    number = customer.company.next_number("property")
    customer.properties.append(Property(company=customer.company, number=number, **where))
    return customer.properties[-1]


def service(company: Company, position: int, name: str, description: str, minutes: int, price: int | None) -> Service:
    """A bookable service, with a buffer of 15 minutes."""
    row = Service(company=company, number=company.next_number("service"), name=name, description=description)
    row.minutes, row.buffer_minutes, row.price, row.position = minutes, 15, price, position
    db.session.add(row)
    db.session.flush()
    return row


def appointment(kind: Service, person: Contact, who: StaffMember, starts_at: datetime, **more) -> Appointment:
    """An appointment booked two weeks before it, or now if that is still to come."""
    where, by = person.customer.properties[0], Actor(CONTACT, person.name, person.id)
    now = min(starts_at - timedelta(days=14), clock.now())
    return Appointment.schedule(kind, person, where, starts_at, [who.id], by=by, now=now, **more)


def bill(person: Contact, title: str, lines: list, at: datetime) -> Invoice:
    priced = [InvoiceLine(description=description, unit_price=price, tax_ppm=TAX) for description, price in lines]
    return Invoice.issue(person.customer, title, priced, at=at, by=BY_SYSTEM, place=person.customer.properties[0])


def weekday_at(day: datetime, hour: int) -> datetime:
    """That hour in Portland on that day, or on the following Monday if it is a weekend."""
    on = day.date() + timedelta(days=max(0, 7 - day.weekday()) if day.weekday() > 4 else 0)
    return datetime.combine(on, time(hour), Company(time_zone="America/New_York").zone)
