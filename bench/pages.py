"""The pages that are measured, who asks for them, and which budget each has to keep."""

from typing import NamedTuple

from bench.site import OFFICE, PORTAL

FRAME, LIST, DETAIL, TIMES, REPEAT = "frame", "list", "detail", "times", "repeat"
SIGN_IN, WEBHOOK = "sign-in", "webhook"


class Page(NamedTuple):
    """`path` has names of `Site.numbers`. `door` says whose cookie is sent, `budget` is a key of `budget.SHARES`.

    `posts` names what is posted instead of a GET (bench/posts.py). `repeated`: the browser has the page already.
    """

    name: str
    path: str
    door: str = ""
    budget: str = ""
    posts: str = ""
    with_sandbox: bool = False
    repeated: bool = False


PAGES = (
    Page("up", "/up", budget=FRAME),
    Page("home", "/portal/", PORTAL, LIST),
    Page("quotes", "/portal/quotes", PORTAL, LIST),
    Page("quote", "/portal/quotes/{quote}", PORTAL, DETAIL),
    Page("invoices", "/portal/invoices", PORTAL, LIST),
    Page("invoice", "/portal/invoices/{invoice}", PORTAL, DETAIL),
    Page("pay", "/portal/invoices/{payable}/pay", PORTAL, with_sandbox=True),
    Page("paid", "/portal/payments", PORTAL, LIST),
    Page("services", "/portal/book", PORTAL, LIST),
    Page("times", "/portal/book/time?service={service}&place={place}", PORTAL, TIMES),
    Page("appointments", "/portal/appointments", PORTAL, LIST),
    Page("history", "/portal/history", PORTAL, LIST),
    Page("appointment", "/portal/appointments/{appointment}", PORTAL, DETAIL),
    Page("statement", "/portal/statement", PORTAL, DETAIL),
    Page("account", "/portal/account", PORTAL, DETAIL),
    Page("sign-in", "/portal/sign-in", posts=SIGN_IN),
    Page("dashboard", "/office/", OFFICE, LIST),
    Page("office-invoices", "/office/invoices", OFFICE, LIST),
    Page("office-invoice", "/office/invoices/{invoice}", OFFICE, DETAIL),
    Page("office-quotes", "/office/quotes", OFFICE, LIST),
    Page("office-quote", "/office/quotes/{quote}", OFFICE, DETAIL),
    Page("price-list", "/office/price-list", OFFICE, LIST),
    Page("payments", "/office/payments", OFFICE, LIST),
    Page("payments-found", "/office/payments?q={invoice}&method=card", OFFICE, LIST),
    Page("office-payment", "/office/payments/{payment}", OFFICE, DETAIL),
    Page("disputes", "/office/payments/disputes", OFFICE, LIST),
    Page("customers", "/office/customers", OFFICE, LIST),
    Page("customer-search", "/office/customers?q=ruiz", OFFICE, LIST),
    Page("customer", "/office/customers/{customer}", OFFICE, DETAIL),
    Page("schedule", "/office/schedule", OFFICE, LIST),
    Page("office-appointment", "/office/schedule/{appointment}", OFFICE, DETAIL),
    Page("requests", "/office/schedule/requests", OFFICE, LIST),
    Page("to-invoice", "/office/schedule/done", OFFICE, LIST),
    Page("activity", "/office/activity", OFFICE, LIST),
    Page("webhook", "/webhooks/stripe", posts=WEBHOOK),
    Page("pdf", "/portal/invoices/{invoice}.pdf", PORTAL),
)


def again(page: Page) -> Page:
    return page._replace(name=f"{page.name}, again", budget=REPEAT, repeated=True)
