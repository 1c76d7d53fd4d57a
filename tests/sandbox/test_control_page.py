"""The control page shows the sandbox's ledger and does what its buttons say."""


def test_it_shows_every_payment_and_event(sandbox, pay, open_page):
    intent = pay(123_456, metadata={"invoice": "INV-7"})
    status, page, headers = open_page(sandbox.base_url + "/")
    assert status == 200
    for shown in (intent.id, "1,234.56 USD", "invoice INV-7", "payment_intent.succeeded"):
        assert shown in page
    assert "unsafe-inline" not in headers["Content-Security-Policy"]


def test_its_buttons_work(sandbox, client, pay, open_page):
    def press(verb, **form):
        assert open_page(f"{sandbox.base_url}/control/{verb}", **form)[0] == 303

    debit, paid = pay(payment_method="pm_usBankAccount_success"), pay()
    press("settle", id=debit.id)
    press("refund", id=paid.id, amount="500")
    assert [(entry.charged, entry.refunded) for entry in sandbox.ledger()] == [(2500, 0), (2500, 500)]

    press("dispute", id=debit.id)
    dispute = client.disputes.list().data[0]
    press("close-dispute", id=dispute.id, outcome="lost")
    assert client.disputes.retrieve(dispute.id).status == "lost"

    before = sandbox.now()
    press("advance", hours="24")
    assert sandbox.now() >= before + 86_400
    press("fault", path="/v1/refunds", kind="refuse", status="503", seconds="1", times="2")
    assert sandbox.faults.waiting[0].status == 503
    press("clear-faults", id="")
    assert sandbox.faults.waiting == []


def test_a_button_that_cannot_be_pressed_says_why(sandbox, pay, open_page):
    intent = pay()
    sandbox.refund(intent.id)
    _, _, headers = open_page(f"{sandbox.base_url}/control/refund", id=intent.id)
    assert headers["Set-Cookie"].startswith("sandbox=")


def test_other_sites_cannot_press_its_buttons(sandbox):
    from sergio.sandbox.stripe import make_sandbox

    browser = make_sandbox(sandbox).test_client()
    assert browser.post("/control/settle", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert browser.post("/control/settle", headers={"Sec-Fetch-Site": "same-origin"}).status_code == 303
    assert browser.post("/control/nothing").status_code == 404


def test_a_receipt_is_a_page(client, pay, open_page):
    charge = client.charges.retrieve(pay(990).latest_charge)
    status, page, _ = open_page(charge.receipt_url)
    assert (status, "9.90 USD" in page) == (200, True)
