"""Inside a company's session, other companies do not exist."""

import pytest
from sqlalchemy import bindparam, delete, exists, func, insert, not_, or_, select, text, true, union_all, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import aliased, joinedload, selectinload

from sergio.booking.services import Service
from sergio.customers.models import Contact, Customer
from sergio.database.company_scope import CompanyOwned
from sergio.extensions import db
from sergio.lib import clock
from tests import factories


@pytest.fixture
def inside_sparkle(world, session):
    session.info["company_id"] = world.sparkle.id
    return session


def names(session, query=None) -> set[str]:
    return set(session.scalars(select(Contact.name) if query is None else query))


def here(company_id):
    return Contact.company_id == company_id


def test_a_select_that_names_the_company_is_answered(inside_sparkle, world):
    query = select(Contact.name).where(here(world.sparkle.id))
    assert names(inside_sparkle, query) == {"Ana Ruiz", "Ben Okafor"}


def test_control_without_a_company_all_rows_are_seen(session, world):
    assert "Cleo Martin" in names(session)


OTHER_CUSTOMERS = aliased(Customer)
FORGETFUL = {
    "a column": select(Contact.name),
    "an entity": select(Contact),
    "a count": select(func.count()).select_from(Contact),
    "only an id": select(Contact.name).where(Contact.id == 1),
    "a join": select(Contact.name).join(Contact.customer).where(Customer.name != ""),
    "one of two tables": select(Contact.name).select_from(Contact).join(Service, true()).where(here(1)),
    "an alias": select(Customer.name).join(OTHER_CUSTOMERS, true()).where(Customer.company_id == 1),
    "a key without the company": select(Contact.name).join(Customer, Contact.id == Customer.number).where(here(1)),
    "an alternative": select(Contact.name).where(or_(here(1), Contact.id == 2)),
    "a negation": select(Contact.name).where(not_(here(1))),
    "a comparison": select(Contact.name).where(Contact.company_id >= 1),
    "a scalar subquery": select(select(Customer.name).limit(1).scalar_subquery(), Contact.name).where(here(1)),
    "an exists": select(Contact.name).where(here(1), exists().where(Customer.name == Contact.name)),
    "a subquery": select(select(Contact.name).subquery()),
    "the same table inside": select(select(func.count(Contact.id)).correlate(None).scalar_subquery()).where(here(1)),
    "half of a union": union_all(select(Contact.name).where(here(1)), select(Customer.name)),
    "an update": update(Contact).values(phone="1"),
    "an insert of what a select finds": insert(Contact).from_select(["name"], select(Customer.name)),
    "a delete": delete(Contact).where(Contact.name == "Cleo Martin"),
    "an update of what a subquery finds": update(Contact)
    .where(here(1), Contact.customer_id.in_(select(Customer.id)))
    .values(phone="1"),
}


@pytest.mark.parametrize("forgetful", FORGETFUL)
def test_a_statement_that_forgets_the_company_is_refused(inside_sparkle, forgetful):
    for _ in range(2):  # what was found out about a statement is kept
        with pytest.raises(PermissionError):
            inside_sparkle.execute(FORGETFUL[forgetful])


CAREFUL = {
    "a join along a foreign key": select(Contact.name).join(Contact.customer).where(here(1)),
    "the other way round": select(Contact.name).join(Contact.customer).where(Customer.company_id == 1),
    "an outer join": select(Customer.name, Contact.name).outerjoin(Customer.contacts).where(Customer.company_id == 1),
    "an exists tied to the row outside": select(Customer.name).where(
        Customer.company_id == 1, exists().where(Contact.customer_id == Customer.id)
    ),
    "a join to a subquery": select(Contact.name).join(
        whole := select(Customer).where(Customer.company_id == 1).subquery(), Contact.customer_id == whole.c.id
    ),
    "both halves of a union": union_all(
        select(Contact.name).where(here(1)), select(Customer.name).where(Customer.company_id == 1)
    ),
    "an update": update(Contact).where(here(1)).values(phone="1"),
    "a relationship": select(Customer).where(Customer.company_id == 1).options(joinedload(Customer.contacts)),
    "rows loaded after": select(Customer).where(Customer.company_id == 1).options(selectinload(Customer.contacts)),
}


@pytest.mark.parametrize("careful", CAREFUL)
def test_control_a_statement_that_names_the_company_once_is_enough(inside_sparkle, world, careful):
    assert world.sparkle.id == 1
    result = inside_sparkle.execute(CAREFUL[careful])
    if careful != "an update":
        assert result.unique().all()


def test_the_company_must_be_the_sessions_own(inside_sparkle, world):
    for company_id in (world.sparkle.id, world.rival.id, world.sparkle.id):  # the same compiled statement
        query = select(Contact.name).where(here(company_id))
        if company_id == world.sparkle.id:
            assert names(inside_sparkle, query) == {"Ana Ruiz", "Ben Okafor"}
        else:
            with pytest.raises(PermissionError):
                names(inside_sparkle, query)


def test_so_must_a_parameter_of_a_statement_that_is_kept(inside_sparkle, world):
    kept = select(Contact.name).where(Contact.company_id == bindparam("company_id"))
    assert inside_sparkle.execute(kept, {"company_id": world.sparkle.id}).all()
    with pytest.raises(PermissionError):
        inside_sparkle.execute(kept, {"company_id": world.rival.id})


def test_a_lookup_by_id_alone_is_refused(inside_sparkle, world):
    cleo_id = world.cleo.id
    inside_sparkle.expunge_all()
    with pytest.raises(PermissionError):
        inside_sparkle.get(Contact, cleo_id)


def test_related_rows_and_expired_columns_are_loaded(inside_sparkle, world):
    ana = inside_sparkle.scalar(select(Contact).where(here(world.sparkle.id), Contact.name == "Ana Ruiz"))
    inside_sparkle.expire_all()
    assert (ana.name, ana.customer.name != "") == ("Ana Ruiz", True)


def test_a_row_for_another_company_is_not_written(inside_sparkle, world):
    inside_sparkle.add(Customer(company=world.rival, number=99, name="Smuggled"))
    with pytest.raises(PermissionError):
        inside_sparkle.flush()
    inside_sparkle.rollback()


def test_a_row_is_not_moved_to_another_company(inside_sparkle, world):
    world.ana.customer.company_id = world.rival.id
    with pytest.raises(PermissionError):
        inside_sparkle.flush()
    inside_sparkle.rollback()


@pytest.mark.parametrize("how", ["a list of rows", "values", "an update"])
def test_bulk_writes_do_not_name_another_company(inside_sparkle, world, how):
    smuggled = {
        "company_id": world.rival.id,
        "number": 99,
        "name": "S",
        "name_key": "s",
        "created_at": clock.now(),
    }
    statement, *rows = {
        "a list of rows": [insert(Customer), [smuggled]],
        "values": [insert(Customer).values(smuggled)],
        "an update": [update(Customer).values(company_id=world.rival.id)],
    }[how]
    with pytest.raises(PermissionError):
        inside_sparkle.execute(statement, *rows)


def test_control_bulk_writes_within_the_company_work(inside_sparkle, world):
    welcome = {
        "company_id": world.sparkle.id,
        "number": 99,
        "name": "W",
        "name_key": "w",
        "created_at": clock.now(),
    }
    inside_sparkle.execute(insert(Customer), [welcome])
    mine = Customer.company_id == world.sparkle.id
    inside_sparkle.execute(update(Customer).where(mine, Customer.number == 99).values(name="Found"))
    assert "Found" in names(inside_sparkle, select(Customer.name).where(mine))


def test_reading_all_companies_needs_an_explicit_option(inside_sparkle, world):
    query = select(Contact.name).execution_options(every_company=True)
    assert "Cleo Martin" in names(inside_sparkle, query)


def test_a_number_series_has_no_gaps_after_a_rollback(session, sparkle):
    assert sparkle.next_number("quote") == 1
    session.rollback()
    assert [sparkle.next_number("quote"), sparkle.next_number("quote")] == [1, 2]


def test_each_company_has_its_own_numbers(session, sparkle, rival):
    first = sparkle.next_number("quote")
    assert rival.next_number("quote") == first == 1


def test_the_database_refuses_the_same_customer_number_twice(session, sparkle, ana):
    with pytest.raises(IntegrityError, match=r"(?i)unique"):
        factories.added(Customer(company=sparkle, number=ana.customer.number, name="Twin"))
    session.rollback()


def owned_tables():
    return {mapper.local_table for mapper in db.Model.registry.mappers if issubclass(mapper.class_, CompanyOwned)}


def test_every_foreign_key_between_tables_of_a_company_includes_the_company():
    owned = owned_tables()
    keys = [key for table in owned for key in table.foreign_key_constraints if key.referred_table in owned]
    assert len(keys) > 20
    for key in keys:
        assert key.column_keys[0] == key.elements[0].column.name == "company_id", key.name


def test_relationships_do_not_change_the_company_of_a_row():
    for mapper in db.Model.registry.mappers:
        for relationship in mapper.relationships:
            if issubclass(relationship.mapper.class_, CompanyOwned) and not relationship.viewonly:
                assert len(relationship.local_remote_pairs) == 1, relationship


def hang_a_contact(world):
    """A contact of Rival on a customer of Sparkle."""
    return {
        "company_id": world.rival.id,
        "customer_id": world.ana.customer_id,
        "name": "Eve",
        "name_key": "eve",
        "email": "eve@example.com",
        "email_key": "eve@example.com",
    }


SMUGGLERS = {
    "a new row": lambda session, world: session.add(Contact(**hang_a_contact(world))),
    "a moved row": lambda session, world: setattr(world.ana, "company_id", world.rival.id),
    "a row given to a rival's customer": lambda session, world: setattr(world.ana, "customer", world.cleo.customer),
    "a bulk insert": lambda session, world: session.execute(insert(Contact), [hang_a_contact(world)]),
    "an update": lambda session, world: session.execute(
        update(Contact).where(Contact.id == world.ana.id).values(company_id=world.rival.id)
    ),
    "a statement of its own": lambda session, world: session.execute(
        text("UPDATE contact SET company_id = :rival WHERE id = :ana"), {"rival": world.rival.id, "ana": world.ana.id}
    ),
    "a customer taken away with its contacts left behind": lambda session, world: session.execute(
        update(Customer).where(Customer.id == world.ana.customer_id).values(company_id=world.rival.id, number=99)
    ),
}


def try_to(smuggle, session, world):
    session().begin_writing()
    smuggle(session, world)
    session.flush()


@pytest.mark.parametrize("smuggle", SMUGGLERS.values(), ids=SMUGGLERS)
def test_the_database_refuses_a_reference_to_another_company(session, world, smuggle):
    with pytest.raises(IntegrityError, match=r"(?i)foreign key"):
        try_to(smuggle, session, world)
    session.rollback()


@pytest.mark.parametrize("smuggle", SMUGGLERS.values(), ids=SMUGGLERS)
def test_control_without_these_keys_it_is_accepted(session, world, smuggle):
    session().begin_writing()
    if db.engine.dialect.name == "postgresql":
        session.execute(text("SET LOCAL session_replication_role = replica"))  # no foreign key is checked
    else:
        session.execute(text("PRAGMA defer_foreign_keys = ON"))  # nor here, before the commit
    try_to(smuggle, session, world)
    session.rollback()
