"""The price list in the editor of lines: what a search finds."""

from typing import Any

from flask import Blueprint, g, request

from sergio.lib import money
from sergio.price_list.lines import texts_of_item
from sergio.price_list.models import search
from sergio.web.pages import page
from sergio.web.paging import search_text

bp = Blueprint("price_list", __name__, url_prefix="/price-list")


@bp.get("")
def find():
    """The items for the words in `?find=`, with the fields of a line in `?currency=`."""
    text = search_text(request.args, "find")
    asked = request.args.get("currency", "")
    currency = asked if money.is_currency(asked) else g.company.currency
    found = search(g.company, text)
    facts: dict[str, Any] = {"text": text, "found": found, "texts_of": lambda item: texts_of_item(item, currency)}
    return page("price_list/office/found.html", "found", **facts)
