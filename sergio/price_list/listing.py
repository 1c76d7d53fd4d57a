"""The list of the price list's items: a page of rows in one statement."""

from functools import cache
from typing import NamedTuple

from sqlalchemy import Row, Select, select

from sergio import pricing
from sergio.companies.models import Company
from sergio.database.company_scope import COMPANY
from sergio.lib import money
from sergio.lib.language import lazy_gettext as _l
from sergio.price_list.models import PriceListItem, parameters, words_found, words_of
from sergio.web.paging import ROWS_AND_ONE, Order, Paging

PATH = "/office/settings/price-list"
TABS = {"active": _l("In use"), "archived": _l("Archived")}
BY_NAME = Order("name", PriceListItem.name_key, PriceListItem.id)


class ListedItem(NamedTuple):
    """A row as the page shows it."""

    path: str
    name: str
    detail: str
    price: str
    tax: str


def of_company(company: Company, text: str, args) -> tuple[Paging, list[ListedItem]]:
    """A page of the items that the search `text` finds, all if it is empty. `args` is the query string."""
    paging = Paging(PATH, args, TABS, q=text)
    words = words_of(text)
    rows = paging.rows_of(items_page(paging.show, len(words)), BY_NAME, **parameters(words, company.id))
    return paging, [as_row(row) for row in rows]


@cache
def items_page(tab: str, words: int) -> Select:
    item = PriceListItem
    facts = (item.id, item.name_key, item.number, item.name, item.detail)
    rows = select(*facts, item.unit, item.unit_price, item.currency, item.tax_ppm)
    shown = item.archived_at.is_(None) if tab == "active" else item.archived_at.is_not(None)
    wanted = item.company_id == COMPANY, shown, *words_found(words), BY_NAME.after
    return rows.where(*wanted).order_by(*BY_NAME.by).limit(ROWS_AND_ONE)


def as_row(row: Row) -> ListedItem:
    amount = money.format_amount(row.unit_price, row.currency)
    price = f"{amount} / {row.unit}" if row.unit else amount
    tax = pricing.format_tax_rate(row.tax_ppm) if row.tax_ppm else "–"
    return ListedItem(f"{PATH}/{row.number}", row.name, row.detail, price, tax)
