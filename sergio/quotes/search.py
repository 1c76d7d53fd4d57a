"""Search of quotes by their number, their title, and the names, emails, phone numbers and addresses of customers."""

from sqlalchemy import ColumnElement, and_, bindparam, or_, select

from sergio.customers.models import Customer
from sergio.customers.search import Search, conditions
from sergio.database.company_scope import COMPANY
from sergio.quotes.models import Quote

NO_NUMBER = 0


class QuoteSearch:
    """The shape and the parameters of a search text, for `matching`."""

    def __init__(self, text: str, company_id: int):
        customers = Search(text, company_id)
        words = text.split()[: customers.shape["words"]]
        self.shape = customers.shape
        titles = {f"title_{place}": f"%{escaped(word)}%" for place, word in enumerate(words)}
        number = {"wanted_number": number_of(text)} if words else {}
        self.parameters = {name: value for name, value in customers.parameters.items() if name != "company_id"}
        self.parameters |= titles | number


def matching(words: int, *, rare: bool) -> ColumnElement[bool]:
    customers = select(Customer.id).where(Customer.company_id == COMPANY, *conditions(words, rare=rare))
    titles = [Quote.title.ilike(bindparam(f"title_{place}"), escape="\\") for place in range(words)]
    return or_(Quote.number == bindparam("wanted_number"), Quote.customer_id.in_(customers), and_(*titles))


def escaped(word: str) -> str:
    """A word without wildcards of LIKE."""
    for letter in "\\%_":
        word = word.replace(letter, f"\\{letter}")
    return word


def number_of(text: str) -> int:
    """The number that a text names, such as "7" or "#7"; one that no quote has, for any other."""
    digits = text.strip().removeprefix("#")
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 10 else NO_NUMBER
