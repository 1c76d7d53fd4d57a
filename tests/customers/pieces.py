"""The pieces of customers as plain Python makes them, to compare with those of the triggers."""

from sqlalchemy import select

from sergio.customers.models import Contact, Customer, Property
from sergio.customers.search import BREAKS, LONGEST


def pieces_of(session) -> set[tuple[int, str]]:
    """(customer, piece) of all customers."""
    session.flush()
    found = set()
    for row in session.execute(select(Customer.id, Customer.name_key, Customer.number)):
        found |= {(row.id, piece) for piece in anywhere(row.name_key) | by_word(str(row.number))}
    for row in session.execute(select(Contact.customer_id, Contact.name_key, Contact.phone, Contact.email_key)):
        texts = anywhere(f"{row.name_key} {row.phone.replace('+', '')}") | by_word(row.email_key or "")
        found |= {(row.customer_id, piece) for piece in texts}
    for row in session.execute(select(Property.customer_id, Property.address_key)):
        found |= {(row.customer_id, piece) for piece in by_word(row.address_key)}
    return found


def anywhere(text: str) -> set[str]:
    return {text[place : place + LONGEST] for place in range(len(text)) if text[place] != " "}


def by_word(text: str) -> set[str]:
    begins = {place for place in range(len(text)) if place == 0 or text[place - 1] in BREAKS}
    return {text[place : place + LONGEST] for place in begins if text[place] != " "}
