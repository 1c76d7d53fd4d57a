"""Customers that a new one may be the same as: by an email address, a phone number, or name and address."""

from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import Select, and_, bindparam, literal, select, union_all

from sergio.customers.models import Contact, Customer
from sergio.customers.properties import Property, address_key
from sergio.database.company_scope import COMPANY
from sergio.extensions import db
from sergio.lib.language import gettext as _
from sergio.lib.text import folded

MOST = 5
EMAIL, PHONE, ADDRESS = "email", "phone", "address"


class Similar(NamedTuple):
    """A customer of the company, and in what it is the same."""

    number: int
    name: str
    path: str
    why: str


def similar_to(company, facts: dict) -> list[Similar]:
    """The company's customers, also archived ones, that share something with the arguments of `Customer.create`."""
    typed = {
        "company_id": company.id,
        "email_key": folded(facts["email"]),
        "phone": facts["phone"],
        "name_key": folded(facts["name"]),
        "address_key": address_key(facts["address"]),
    }
    whys = {EMAIL: _("the same email address"), PHONE: _("the same phone number"), ADDRESS: _("the same address")}
    found: dict[tuple[int, str], list[str]] = {}
    for row in db.session.execute(SIMILAR, typed):
        found.setdefault((row.number, row.name), []).append(whys[row.why])
    return [
        Similar(number, name, f"/office/customers/{number}", ", ".join(dict.fromkeys(why)))
        for (number, name), why in [*found.items()][:MOST]
    ]


def key_of(similar: Iterable[Similar]) -> str:
    """What the form says once the office has seen these customers."""
    return " ".join(str(each.number) for each in similar)


def by_contact(why: str, key, name: str) -> Select:
    rows = select(Customer.number, Customer.name, literal(why).label("why")).select_from(Contact)
    rows = rows.join(Customer, and_(Customer.company_id == COMPANY, Customer.id == Contact.customer_id))
    wanted = Contact.company_id == COMPANY, key == bindparam(name), key != "", Contact.left_at.is_(None)
    return rows.where(*wanted, Customer.merged_into_id.is_(None)).order_by(Customer.number).limit(MOST)


def by_name_and_address() -> Select:
    rows = select(Customer.number, Customer.name, literal(ADDRESS).label("why")).select_from(Customer)
    rows = rows.join(Property, and_(Property.company_id == COMPANY, Property.customer_id == Customer.id))
    same = Customer.name_key == bindparam("name_key"), Property.address_key == bindparam("address_key")
    wanted = Customer.company_id == COMPANY, *same, Customer.merged_into_id.is_(None), Property.address_key != ""
    return rows.where(*wanted).order_by(Customer.number).limit(MOST)


PARTS = (
    by_contact(EMAIL, Contact.email_key, "email_key"),
    by_contact(PHONE, Contact.phone, "phone"),
    by_name_and_address(),
)
SIMILAR = select(union_all(*(select(part.subquery()) for part in PARTS)).subquery())
