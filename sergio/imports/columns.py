"""What a column of a file can be, and guessing it from its heading and its values."""

import re
from collections.abc import Sequence
from itertools import zip_longest

from sergio.imports.csv_file import CsvFile
from sergio.lib.language import lazy_gettext as _l
from sergio.lib.text import folded

NUMBER, NAME, COMPANY, CONTACT, FIRST, LAST = "number", "name", "company", "contact", "first", "last"
EMAIL, PHONE, MOBILE, ACCESS = "email", "phone", "mobile", "access"
STREET, STREET_2, CITY, REGION, POSTAL_CODE = "street", "street_2", "city", "region", "postal_code"
NOTE, KEEP, IGNORE = "note", "keep", ""
KINDS = {
    IGNORE: _l("Don't import"),
    NAME: _l("Customer name"),
    COMPANY: _l("Company"),
    CONTACT: _l("Contact name"),
    FIRST: _l("First name"),
    LAST: _l("Last name"),
    EMAIL: _l("Email"),
    PHONE: _l("Phone"),
    MOBILE: _l("Mobile phone"),
    STREET: _l("Street address"),
    STREET_2: _l("Street address, line 2"),
    CITY: _l("City"),
    REGION: _l("State or region"),
    POSTAL_CODE: _l("ZIP or postal code"),
    NUMBER: _l("Customer number"),
    ACCESS: _l("Access to the portal"),
    NOTE: _l("Note"),
    KEEP: _l("Keep as a note, with the heading"),
}
"""What a column can be, with labels."""
REPEATABLE = (IGNORE, NOTE, KEEP)
"""Several columns can be that; all others are one column at most."""
NAMES = (NAME, COMPANY, CONTACT, FIRST, LAST)
"""A file needs one of these."""
HEADINGS = {
    NUMBER: ("number", "customernumber", "clientnumber", "customerno", "clientno", "accountnumber", "accountno", "jid"),
    NAME: (
        *("customername", "clientname", "displayname", "customer", "client", "customerfullname", "name", "fullname"),
        *("clientdisplayname", "customerdisplayname", "joborcustomername", "displaynameas"),
    ),
    COMPANY: (
        "companyname",
        "company",
        "business",
        "businessname",
        "organizationname",
        "organization1name",
        "organization",
    ),
    CONTACT: ("contactname", "contact", "contactperson", "primarycontact", "cont1"),
    FIRST: ("firstname", "contactfirstname", "givenname", "first", "clientfirstname", "customerfirstname"),
    LAST: ("lastname", "contactlastname", "familyname", "surname", "last", "clientlastname", "customerlastname"),
    EMAIL: (
        *("email", "emailaddress", "contactemail", "mainemail", "primaryemail", "email1value", "email1address"),
        *("clientemail", "customeremail", "emails"),
    ),
    PHONE: (
        *("phone", "phonenumber", "mainphone", "contactphone", "homephone", "homenumber", "phone1value", "telephone"),
        *("primaryphone", "clientphone", "customerphone", "phonenumbers", "workphone", "worknumber", "phone1", "tel"),
    ),
    MOBILE: ("mobile", "mobilephone", "mobilenumber", "cell", "cellphone", "cellnumber", "mobilephone1", "textnumber"),
    STREET: (
        *("servicestreet1", "servicestreet", "serviceaddress", "serviceaddress1", "propertystreet1", "propertystreet"),
        *("street", "streetaddress", "address1street", "addressstreetline1", "streetline1", "street1", "address1"),
        *("addressline1", "address", "shippingstreet", "shippingaddress1", "billingstreet1", "billingstreet"),
        *("billingaddress1", "billingaddressline1", "billingaddress", "homestreet", "businessstreet", "addressstreet"),
    ),
    STREET_2: (
        *("servicestreet2", "serviceaddress2", "propertystreet2", "addressstreetline2", "streetline2", "street2"),
        *("address2", "addressline2", "aptsuite", "apartment", "apt", "unit", "suite", "address1extendedaddress"),
        *("shippingaddress2", "billingstreet2", "billingaddress2", "billingaddressline2", "streetaddressline2"),
    ),
    CITY: (
        *("servicecity", "propertycity", "city", "town", "addresscity", "address1city", "shippingcity", "billingcity"),
        *("suburb", "locality", "homecity", "businesscity"),
    ),
    REGION: (
        *("servicestate", "serviceprovince", "propertystate", "state", "province", "region", "stateprovince"),
        *("stateorregion", "addressstate", "address1region", "shippingstate", "billingstate", "billingprovince"),
        *("county", "homestate", "businessstate", "servicestateprovince", "billingstateprovince"),
    ),
    POSTAL_CODE: (
        *("servicezip", "servicezipcode", "servicepostalcode", "propertyzipcode", "zip", "zipcode", "postalcode"),
        *("postcode", "zippostalcode", "ziporpostalcode", "addresspostalcode", "addresszip", "address1postalcode"),
        *("shippingzip", "shippingpostalcode", "billingzip", "billingzipcode", "billingpostalcode", "homepostalcode"),
        *("servicezippostalcode", "billingzippostalcode"),
    ),
    ACCESS: ("access", "accesstotheportal", "portalaccess"),
    NOTE: ("note", "notes", "comments", "comment", "privatenotes", "publicnotes", "customernotes", "clientnotes"),
}
"""The headings of our own file and of exports of Jobber, Housecall Pro, Invoice Ninja, QuickBooks and Google Contacts,
by letters and digits only; those that come first win.
"""
EMAIL_LIKE = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
PHONE_LIKE = re.compile(r"\+?[\d ().\-/]{7,20}")
STREET_LIKE = re.compile(r"\d+\w?\s+\w.*")
ZIP_LIKE = re.compile(r"\d{5}(-\d{4})?")
REGION_LIKE = re.compile("[A-Z]{2}")
NAME_LIKE = re.compile(r"[^\W\d][^\d@]*")
CONTENTS = (
    (EMAIL, EMAIL_LIKE),
    (POSTAL_CODE, ZIP_LIKE),
    (PHONE, PHONE_LIKE),
    (STREET, STREET_LIKE),
    (REGION, REGION_LIKE),
    (NAME, NAME_LIKE),
)
"""How the values of a column look; the first that fits most of them is taken."""
LOOKED_AT = 50
"""Rows from which a column is guessed."""
SHOWN = 3
"""Different values of a column that are shown."""


def has_headings(file: CsvFile) -> bool:
    """Whether the first row names the columns: one of its cells is a heading we know, or none looks like a value."""
    first = file.lines[0].cells
    if any(kind_of_heading(cell) for cell in first):
        return True
    return len(file.lines) > 1 and not any(re.search(r"\d|@", cell) for cell in first)


def guess(file: CsvFile, *, headings: bool) -> list[str]:
    """What each column probably is."""
    first = file.lines[0].cells if headings else [""] * file.width
    values = list(columns_of(file, headings=headings))
    ranks = [kind_of_heading(cell) for cell in first]
    found = best(ranks)
    taken = set(found)
    for place, column in enumerate(values):
        if ranks[place] is None and not found[place]:
            kind = kind_of_values(column)
            if kind not in taken and (kind in (EMAIL, PHONE) or not headings):
                found[place] = kind
                taken.add(kind)
    return found


def best(ranks: Sequence[tuple[str, int] | None]) -> list[str]:
    """The kinds of columns by their headings; of several headings for the same, the one that comes first."""
    first: dict[str, int] = {}
    for kind, rank in filter(None, ranks):
        first[kind] = min(rank, first.get(kind, rank))
    found, taken = [], set()
    for named in ranks:
        kind, rank = named or (IGNORE, 0)
        unique = kind not in REPEATABLE
        wanted = not unique or (rank == first[kind] and kind not in taken)
        found.append(kind if wanted else IGNORE)
        taken |= {kind} if wanted else set()
    return found


def kind_of_heading(text: str) -> tuple[str, int] | None:
    """What a heading names, and its rank among those that name the same; our own, in any language, come first."""
    own = {letters(str(label)): (kind, -1) for kind, label in KINDS.items() if kind not in REPEATABLE}
    name = letters(text.removeprefix("client.").removeprefix("contact."))
    return own.get(name) or BY_HEADING.get(name)


def letters(text: str) -> str:
    return re.sub(r"[\W_]", "", folded(text))


BY_HEADING = {name: (kind, rank) for kind, names in HEADINGS.items() for rank, name in enumerate(names)}


def kind_of_values(values: Sequence[str]) -> str:
    """What most values of a column look like."""
    filled = [value for value in values if value]
    for kind, look in CONTENTS:
        if filled and sum(bool(look.fullmatch(value)) for value in filled) > 0.7 * len(filled):
            return kind
    return IGNORE


def columns_of(file: CsvFile, *, headings: bool) -> list[list[str]]:
    """The first values of each column."""
    rows = [line.cells for line in file.lines[int(headings) : LOOKED_AT + 1]]
    return [[cell.strip() for cell in column] for column in zip_longest(*rows)] or [[] for _cell in range(file.width)]


def samples(file: CsvFile, *, headings: bool) -> list[list[str]]:
    """Some different values of each column, to recognize it by."""
    return [list(dict.fromkeys(filter(None, column)))[:SHOWN] for column in columns_of(file, headings=headings)]
