"""The technician's versions of the dashboard and the customer page: their own work, and no amounts."""

from datetime import datetime

from flask import Response

from sergio.companies.welcome import greeting
from sergio.overview.customer import own_customer
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
        appointments=todays_appointments(company, company.day(now), member.id),
    )


def customer(member: StaffMember, number: int, now: datetime) -> Response:
    """A customer the technician has or had an appointment with; 404 for any other."""
    shown = own_customer(number, member.company, now, member.id)
    return page("overview/office/own_customer.html", customer=shown, contacts=shown.present)
