"""The technician's versions of the dashboard and the customer page: their own work, and no amounts."""

from datetime import datetime

from flask import Response
from sqlalchemy import exists, select
from sqlalchemy.orm import selectinload

from sergio.booking.models import Appointment
from sergio.companies.welcome import greeting
from sergio.customers.models import Customer
from sergio.extensions import db
from sergio.overview.customers import appointments, contact_cards
from sergio.overview.dashboard import todays_appointments
from sergio.staff.models import StaffMember
from sergio.web.pages import page


def day(member: StaffMember, now: datetime) -> Response:
    """The technician's appointments of today."""
    company = member.company
    return page(
        "overview/office/own_day.html",
        greeting=greeting(member.first_name, now.astimezone(company.zone)),
        today=company.format_day(now),
        appointments=todays_appointments(company, company.day(now), Appointment.staff_id == member.id),
    )


def customer(member: StaffMember, number: int, now: datetime) -> Response:
    """A customer the technician has or had an appointment with; 404 for any other."""
    row = db.one_or_404(customers_of(member).where(Customer.number == number))
    return page(
        "overview/office/own_customer.html",
        customer=row,
        contacts=[contact for contact in contact_cards(row, member.company) if not contact.left],
        appointments=appointments(row, member.company, now, Appointment.staff_id == member.id),
    )


def customers_of(member: StaffMember):
    """The customers of a staff member's appointments, with their places, as a select."""
    own = exists().where(Appointment.customer_id == Customer.id, Appointment.staff_id == member.id)
    query = select(Customer).where(Customer.company_id == member.company_id, own)
    return query.options(selectinload(Customer.properties))
