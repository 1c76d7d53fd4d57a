"""Creating a company's test customer under a staff member's own email address."""

from datetime import datetime, time, timedelta

from sqlalchemy import select

from sergio.audit.actor import Actor
from sergio.audit.models import record
from sergio.booking.availability import Availability
from sergio.booking.models import Appointment
from sergio.booking.services import Service
from sergio.booking.slots import instant
from sergio.companies.models import TEST_NUMBERS, Company
from sergio.customers.models import Contact, Customer
from sergio.customers.properties import ADDRESS, Property
from sergio.extensions import db
from sergio.invoices.models import Invoice, InvoiceLine
from sergio.lib import money
from sergio.lib.language import gettext as _
from sergio.lib.refused import Refused
from sergio.quotes.models import Quote, QuoteLine
from sergio.staff.models import StaffMember

OPEN_FOR = timedelta(days=30)
SOON = timedelta(days=3)
TEN_O_CLOCK = time(10)


def create(staff: StaffMember, *, by: Actor, now: datetime) -> Customer:
    """The test customer with an open quote (two of its lines are optional), an unpaid invoice and, if the company has a
    service, an appointment. The quote is emailed, as any is. `Refused` if there is a test customer already.
    """
    company = staff.company
    if db.session.scalar(Customer.test_of(company)):
        raise Refused(_("You already have a test customer."))
    customer = add_customer(staff, by=by, now=now)
    add_quote(customer, by=by, now=now)
    add_invoice(customer, by=by, now=now)
    add_appointment(customer, staff, by=by, now=now)
    return customer


def add_customer(staff: StaffMember, *, by: Actor, now: datetime) -> Customer:
    company = staff.company
    number = TEST_NUMBERS + company.next_number("test customer")
    customer = Customer(company=company, number=number, name=_("Test customer"), is_test=True, created_at=now)
    address = {name: getattr(company, name) for name in ADDRESS}
    address["street"] = address["street"] or _("1 Sample Street")
    with db.session.no_autoflush:
        customer.contacts.append(Contact(company=company, name=staff.name, email=staff.email))
        place = Property(company=company, number=customer.next_number("property"), **address)
        customer.properties.append(place)
    db.session.add(customer)
    record(customer, "created", by=by, at=now, after={"name": customer.name, "email": staff.email})
    return customer


def add_quote(customer: Customer, *, by: Actor, now: datetime) -> Quote:
    unit = money.minor_units(customer.company.currency)
    lines = [
        QuoteLine(description=_("Standard appointment"), unit_price=120 * unit),
        QuoteLine(description=_("One extra hour"), unit_price=45 * unit, optional=True, preselected=True),
        QuoteLine(description=_("Materials"), unit_price=30 * unit, optional=True),
    ]
    more: dict = {
        "intro": _("This is a sample. Check what you would like to add, then accept it."),
        "place": place_of(customer),
    }
    until = customer.company.day(now + OPEN_FOR)
    quote = Quote.draft(customer, _("Sample quote"), lines, valid_until=until, by=by, at=now, **more)
    quote.send(by=by, at=now)
    return quote


def add_invoice(customer: Customer, *, by: Actor, now: datetime) -> Invoice:
    line = InvoiceLine(description=_("Service call"), unit_price=89 * money.minor_units(customer.company.currency))
    return Invoice.issue(customer, _("Sample invoice"), [line], at=now, by=by, place=place_of(customer))


def add_appointment(customer: Customer, staff: StaffMember, *, by: Actor, now: datetime) -> Appointment | None:
    """An appointment in some days for the company's first service: at a free time or, if there is none, with the staff
    member who tries the portal. None without a service.
    """
    service = db.session.scalars(first_service(customer.company)).first()
    if service is None:
        return None
    availability = Availability(service, now=now)
    free = [at for at in map(instant, availability.starts) if at >= now + SOON]
    if free:
        starts_at, staff_ids = free[0], availability.staff_at(free[0])
    else:
        starts_at, staff_ids = at_ten(customer.company, now + SOON), [staff.id]
    [contact] = customer.contacts
    return Appointment.schedule(service, contact, place_of(customer), starts_at, staff_ids, by=by, now=now)


def first_service(company: Company):
    mine = select(Service).where(Service.company_id == company.id)
    return mine.order_by(Service.bookable.desc(), Service.position, Service.number).limit(1)


def at_ten(company: Company, at: datetime) -> datetime:
    return datetime.combine(company.day(at), TEN_O_CLOCK, company.zone)


def place_of(customer: Customer) -> Property:
    return customer.properties[0]
