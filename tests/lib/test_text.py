"""People and mailboxes are found in any case, in every alphabet, on both databases."""

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from sergio.audit.actor import BY_SYSTEM
from sergio.auth.models import SignIn
from sergio.auth.requester import find
from sergio.customers.models import Contact
from sergio.lib import clock
from sergio.lib.text import folded
from sergio.staff.models import StaffMember
from tests import factories


@pytest.mark.parametrize(
    ("one", "other"), [("ÖLGA", "ölga"), ("Straße", "STRASSE"), ("ΣΊΣΥΦΟΣ", "σίσυφος"), ("Жанна", "ЖАННА")]
)
def test_case_makes_no_difference_in_any_alphabet(one, other):
    assert folded(one) == folded(other)


def test_a_composed_letter_is_the_decomposed_one():
    assert folded("\u00f6") == folded("o\u0308")


def test_different_texts_stay_different():
    assert folded("olga") != folded("ölga")


@pytest.mark.parametrize("typed", ["ÖLGA@example.com", "ölga@EXAMPLE.com"])
def test_a_link_finds_the_mailbox_in_any_case(session, sparkle, visitor, work, outbox, typed):
    factories.contact(sparkle, "Ölga Ödegård", "ölga@example.com")
    session.commit()
    visitor(sparkle).post("/portal/sign-in", {"email": typed})
    work()
    assert [message.to for message in outbox.emails] == ["ölga@example.com"]


def test_a_sign_in_lasts_whatever_the_case_of_the_address(session, sparkle):
    person = factories.contact(sparkle, "Ölga", "ÖLGA@example.com")
    row, secret = SignIn.start(person, browser="", by=BY_SYSTEM, now=clock.now())
    session.add(row)
    session.flush()
    assert find("portal", "sparkle", [secret], clock.now())[::2] == (sparkle, row)


def test_the_office_finds_customers_in_any_case(session, sparkle, olga, browser_of):
    factories.contact(sparkle, "ÅSA ÖBERG", "åsa@example.com")
    session.commit()
    office = browser_of(olga)
    assert "ÅSA ÖBERG" in office.get("/office/customers?q=öberg").text
    assert "ÅSA ÖBERG" in office.get("/office/customers?q=ÅSA@EXAMPLE").text


def test_one_address_is_unique_for_a_customer_and_on_the_staff(session, sparkle, ana, olga):
    for twin in (
        Contact(company=sparkle, customer_id=ana.customer_id, name="Ana", email=ana.email.upper()),
        StaffMember(company=sparkle, name="Olga", email=olga.email.upper()),
    ):
        with pytest.raises(IntegrityError, match=r"(?i)unique"), session.begin_nested():
            factories.added(twin)
        session.rollback()


def test_a_changed_address_has_its_new_key(session, ana):
    ana.email = "ÄNA@example.com"
    session.flush()
    assert session.scalars(select(Contact.email_key).where(Contact.id == ana.id)).one() == "äna@example.com"
