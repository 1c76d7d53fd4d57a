"""The sandbox's payment element on a page with a policy like ours: cards, declines, 3D Secure, banks, saved cards."""

import re
from urllib.parse import urlencode

import pytest
import stripe
from flask import Flask, Response
from playwright.sync_api import Page, expect

from sergio.sandbox.serving import serving
from sergio.sandbox.stripe import running_sandbox

PAGE = """<!doctype html><html lang="en"><head><title>Pay</title><link rel="stylesheet" href="/pay.css"></head>
<body><main><h1>Pay</h1><form id="pay"><div id="element"></div><button>Pay now</button></form>
<p id="outcome" role="status"></p></main>
<script src="{sandbox}/stripe.js"></script><script src="/pay.js"></script></body></html>"""
SCRIPT = """
const query = Object.fromEntries(new URLSearchParams(location.search));
const stripe = Stripe("pk_test_1", query.account ? { stripeAccount: query.account } : {});
const outcome = document.getElementById("outcome");
const say = (result) => {
  const intent = result.paymentIntent ?? result.setupIntent;
  outcome.textContent = result.error ? `error: ${result.error.message}` : intent.status;
};
if (query.payment_intent_client_secret) stripe.retrievePaymentIntent(query.payment_intent_client_secret).then(say);
else if (query.next) stripe.handleNextAction({ clientSecret: query.next }).then(say);
else {
  const elements = stripe.elements({
    clientSecret: query.secret,
    customerSessionClientSecret: query.session,
    appearance: { theme: query.theme ?? "stripe" },
    locale: query.locale ?? "en",
  });
  elements.create("payment").mount("#element");
  document.getElementById("pay").addEventListener("submit", async (event) => {
    event.preventDefault();
    const { error } = await elements.submit();
    if (error) return say({ error });
    const redirect = query.redirect ?? "if_required";
    const confirmation = { elements, confirmParams: { return_url: location.origin }, redirect };
    const confirm = query.secret.startsWith("seti_") ? stripe.confirmSetup : stripe.confirmPayment;
    say(await confirm(confirmation));
  });
}
"""
STYLE = "body{margin:0;font-family:sans-serif;background:%s}main{max-width:26rem;margin:1rem auto;padding:0 1rem}"


@pytest.fixture(scope="module")
def running(browser):
    with running_sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running):
    running.reset()
    return running


@pytest.fixture
def client(sandbox):
    connection = stripe.RequestsClient()
    yield stripe.StripeClient(
        "sk_test_1", base_addresses={"api": sandbox.base_url}, max_network_retries=0, http_client=connection
    ).v1
    connection.close()


@pytest.fixture(scope="module")
def shop(running):
    """A page on another origin, which lets the sandbox in and nothing else."""
    app = Flask("shop")
    at = running.base_url
    policy = f"default-src 'none'; script-src 'self' {at}; frame-src {at}; connect-src {at}; style-src 'self'"
    app.after_request(lambda response: response.headers.update({"Content-Security-Policy": policy}) or response)
    app.get("/")(lambda: PAGE.format(sandbox=at))
    app.get("/pay.js", endpoint="js")(lambda: Response(SCRIPT, content_type="text/javascript"))
    app.get("/pay.css", endpoint="css")(lambda: Response(STYLE % "#fff", content_type="text/css"))
    app.get("/favicon.ico", endpoint="icon")(lambda: Response(status=204))
    with serving(app) as server:
        yield f"http://localhost:{server.port}/"


@pytest.fixture
def pay_page(shop, desk):
    """Open the page for an intent; the frame of its payment element."""

    def at(intent, page=desk, **query):
        page.goto(f"{shop}?{urlencode({'secret': intent.client_secret, **query})}")
        return page.frame_locator("iframe[title='Secure payment input frame']")

    return at


@pytest.fixture
def intent(client):
    return client.payment_intents.create({"amount": 2500, "currency": "usd"})


def fill_card(frame, number, expiry="1234", cvc="123"):
    frame.get_by_label("Card number").fill(number)
    frame.get_by_label("Expiration date").fill(expiry)
    frame.get_by_label("Security code").fill(cvc)
    frame.get_by_label("ZIP code").fill("10001")


def press_pay(page: Page):
    page.get_by_role("button", name="Pay now").click()


def test_a_card_pays_and_its_number_never_reaches_the_page(sandbox, pay_page, intent, desk):
    said = []
    desk.on("request", lambda request: said.append((request.frame.url, request.post_data or "")))
    frame = pay_page(intent)
    fill_card(frame, "4242424242424242")
    expect(frame.get_by_label("Card number")).to_have_value("4242 4242 4242 4242")
    expect(frame.get_by_label("Expiration date")).to_have_value("12 / 34")
    press_pay(desk)
    expect(desk.locator("#outcome")).to_have_text("succeeded")
    assert [entry.charged for entry in sandbox.ledger()] == [2500]
    senders = {frame for frame, sent in said if "4242424242424242" in sent}
    assert senders == {f"{sandbox.base_url}/element"}


@pytest.mark.parametrize(
    ("number", "words", "field"),
    [
        ("4000000000009995", "Your card has insufficient funds.", "number"),
        ("4000000000000127", "Your card's security code is incorrect.", "cvc"),
        ("4000000000000069", "Your card has expired.", "expiry"),
    ],
)
def test_a_decline_is_shown_beside_the_field_and_the_next_card_pays(pay_page, intent, desk, number, words, field):
    frame = pay_page(intent)
    fill_card(frame, number)
    press_pay(desk)
    expect(desk.locator("#outcome")).to_have_text(f"error: {words}")
    expect(frame.locator(f"#{field}-problem")).to_have_text(words)
    frame.get_by_label("Card number").fill("5555555555554444")
    press_pay(desk)
    expect(desk.locator("#outcome")).to_have_text("succeeded")


def test_invalid_input_is_shown_before_anything_is_sent(client, pay_page, intent, desk):
    frame = pay_page(intent)
    fill_card(frame, "4242424242424241", expiry="0120", cvc="1")
    press_pay(desk)
    expect(desk.locator("#outcome")).to_have_text("error: Your card number is invalid.")
    expect(frame.locator("#expiry-problem")).to_have_text("Your card's expiration year is in the past.")
    expect(frame.locator("#cvc-problem")).to_have_text("Your card's security code is incomplete.")
    assert client.charges.list().data == []


@pytest.mark.parametrize(
    ("button", "words"), [("Complete", "succeeded"), ("Fail", "error: We are unable to authenticate")]
)
def test_3d_secure_decides_the_payment(sandbox, pay_page, intent, desk, button, words):
    frame = pay_page(intent)
    fill_card(frame, "4000002760003184")
    press_pay(desk)
    desk.get_by_role("dialog").get_by_role("button", name=button).click()
    expect(desk.locator("#outcome")).to_contain_text(words)
    assert len(sandbox.ledger()) == (button == "Complete")


def test_escape_fails_3d_secure(sandbox, pay_page, intent, desk):
    fill_card(pay_page(intent), "4000002760003184")
    press_pay(desk)
    expect(desk.get_by_role("dialog")).to_be_visible()
    desk.keyboard.press("Escape")
    expect(desk.locator("#outcome")).to_contain_text("unable to authenticate")
    assert sandbox.ledger() == []


def test_an_intent_confirmed_by_the_server_is_finished_by_the_page(shop, client, desk):
    request = {"amount": 900, "currency": "usd", "payment_method": "pm_card_authenticationRequired", "confirm": True}
    intent = client.payment_intents.create({**request, "allowed_payment_method_types": ["card"]})
    desk.goto(f"{shop}?{urlencode({'next': intent.client_secret})}")
    desk.get_by_role("button", name="Complete").click()
    expect(desk.locator("#outcome")).to_have_text("succeeded")


def test_with_redirect_always_the_page_is_left_and_the_return_page_reads_the_outcome(pay_page, shop, intent, desk):
    fill_card(pay_page(intent, redirect="always"), "4242424242424242")
    press_pay(desk)
    expect(desk).to_have_url(re.compile(f"{shop}.payment_intent={intent.id}&.*redirect_status=succeeded$"))
    expect(desk.locator("#outcome")).to_have_text("succeeded")


def test_a_bank_account_pays_days_later(sandbox, client, pay_page, intent, desk):
    frame = pay_page(intent)
    frame.get_by_role("button", name="US bank account").click()
    for label, typed in (
        ("Full name", "Ana Ruiz"),
        ("Routing number", "110000000"),
        ("Account number", "000123456789"),
    ):
        frame.get_by_label(label).fill(typed)
    press_pay(desk)
    expect(desk.locator("#outcome")).to_have_text("processing")
    sandbox.settle()
    assert client.payment_intents.retrieve(intent.id).status == "succeeded"


def test_a_card_is_saved_and_used_again(client, pay_page, desk):
    customer = client.customers.create({"name": "Ana"})
    features = {"payment_method_save": "enabled", "payment_method_redisplay": "enabled"}
    features["payment_method_save_usage"] = "off_session"
    components = {"payment_element": {"enabled": True, "features": features}}
    request = {"customer": customer.id, "components": components}
    session = client.customer_sessions.create(request).client_secret
    owed = {"amount": 2500, "currency": "usd", "customer": customer.id}

    frame = pay_page(client.payment_intents.create(owed), session=session)
    fill_card(frame, "4242424242424242")
    frame.get_by_label("Save payment details").check()
    press_pay(desk)
    expect(desk.locator("#outcome")).to_have_text("succeeded")

    again = client.payment_intents.create(owed)
    frame = pay_page(again, session=session)
    expect(frame.get_by_label("•••• 4242")).to_be_checked()
    expect(frame.get_by_label("Card number")).to_be_hidden()
    press_pay(desk)
    expect(desk.locator("#outcome")).to_have_text("succeeded")
    assert len(client.customers.payment_methods.list(customer.id).data) == 1


def test_a_card_is_set_up_for_later_in_a_companys_own_account(sandbox, client, pay_page, desk):
    inside = {"stripe_account": sandbox.connect_account("acct_sparkle")}
    customer = client.customers.create({"name": "Ana"}, inside)
    request = {"customer": customer.id, "allowed_payment_method_types": ["card"]}
    setup = client.setup_intents.create(request, inside)
    frame = pay_page(setup, account="acct_sparkle")
    fill_card(frame, "4000002500003155")
    press_pay(desk)
    desk.get_by_role("button", name="Complete").click()
    expect(desk.locator("#outcome")).to_have_text("succeeded")
    assert len(client.customers.payment_methods.list(customer.id, options=inside).data) == 1


@pytest.mark.parametrize("theme", ["stripe", "night"])
def test_the_frame_is_accessible_and_as_tall_as_its_content(pay_page, intent, phone, axe, theme):
    frame = pay_page(intent, phone, theme=theme)
    press_pay(phone)
    expect(frame.get_by_text("Your card number is incomplete.")).to_be_visible()
    inside = phone.frame(url=re.compile("/element$"))
    if theme == "night":  # axe takes a transparent page for a white one
        inside.evaluate("document.documentElement.style.background = '#14171d'")
    axe(inside)
    height = inside.evaluate("Math.ceil(document.body.getBoundingClientRect().height)")
    expect(phone.locator("iframe")).to_have_css("height", f"{height}px")
    assert inside.evaluate("document.body.scrollWidth <= innerWidth")


def test_the_frame_speaks_the_customers_language(pay_page, intent, desk):
    frame = pay_page(intent, locale="es")
    expect(frame.get_by_label("Número de tarjeta")).to_be_visible()


def test_the_control_page_shows_it_all(sandbox, pay_page, intent, desk, axe):
    fill_card(pay_page(intent), "4242424242424242")
    press_pay(desk)
    expect(desk.locator("#outcome")).to_have_text("succeeded")
    desk.goto(sandbox.base_url)
    desk.get_by_role("button", name="Dispute").click()
    expect(desk.get_by_text("needs_response")).to_be_visible()
    axe(desk)
    assert sandbox.events("charge.dispute.created")
