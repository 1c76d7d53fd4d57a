"""Connected accounts: separate from each other, onboarded by their owner."""

import pytest
import stripe

from sergio.sandbox.stripe.contract import check_object


@pytest.fixture
def account(sandbox):
    return sandbox.connect_account("acct_sparkle", email="olga@sparkle.example")


def test_accounts_are_separate(sandbox, client, account, pay):
    inside = {"stripe_account": account}
    customer = client.customers.create({"name": "Ana"}, inside)
    assert client.customers.retrieve(customer.id, options=inside).id == customer.id
    other = {"stripe_account": sandbox.connect_account("acct_rival")}
    for elsewhere in (None, other):
        with pytest.raises(stripe.InvalidRequestError):
            client.customers.retrieve(customer.id, options=elsewhere)
        assert client.customers.list(options=elsewhere).data == []
        with pytest.raises(stripe.InvalidRequestError):
            pay(customer=customer.id, options=elsewhere)


def test_a_direct_charge_pays_the_company_and_the_platform_its_fee(sandbox, client, account, pay):
    intent = pay(10_000, application_fee_amount=150, options={"stripe_account": account})
    assert sandbox.ledger() == [(account, intent.id, 10_000, 0, "usd", {})]
    assert client.balance.retrieve(options={"stripe_account": account}).available[0].amount == 10_000 - 320 - 150
    assert client.balance.retrieve().available[0].amount == 150
    assert sandbox.events("payment_intent.succeeded", account)[0]["account"] == account
    assert sandbox.events("payment_intent.succeeded", sandbox.platform) == []


def test_a_fee_cannot_exceed_the_payment(account, pay):
    with pytest.raises(stripe.InvalidRequestError, match="must not exceed"):
        pay(1000, application_fee_amount=1001, options={"stripe_account": account})


def test_an_unknown_account_is_forbidden(client):
    with pytest.raises(stripe.PermissionError):
        client.customers.list(options={"stripe_account": "acct_nobody"})


def test_an_owner_completes_the_account_on_the_onboarding_page(sandbox, client, open_page):
    account = client.accounts.create({"type": "standard", "email": "olga@sparkle.example"})
    assert not account.charges_enabled
    request = {"account": account.id, "type": "account_onboarding"}
    request |= {"return_url": "http://sparkle.localhost/back", "refresh_url": "http://sparkle.localhost/again"}

    link = client.account_links.create(request)
    status, page, _ = open_page(link.url)
    assert (status, "Complete onboarding" in page) == (200, True)
    open_page(link.url, outcome="leave")
    assert not client.accounts.retrieve(account.id).details_submitted
    assert open_page(link.url)[2]["Location"] == "http://sparkle.localhost/again"

    assert (
        open_page(client.account_links.create(request).url, outcome="complete")[2]["Location"]
        == "http://sparkle.localhost/back"
    )
    done = client.accounts.retrieve(account.id)
    assert (done.charges_enabled, done.details_submitted, done.requirements.currently_due) == (True, True, [])
    assert sandbox.events("account.updated")[-1]["account"] == account.id


def test_an_expired_link_redirects_to_a_new_one(sandbox, client, account, open_page):
    request = {"account": account, "type": "account_onboarding", "return_url": "http://b/", "refresh_url": "http://a/"}
    link = client.account_links.create(request)
    sandbox.advance(301)
    assert open_page(link.url)[2]["Location"] == "http://a/"


def test_a_disconnected_account_cannot_be_used(sandbox, client, account):
    sandbox.disconnect_account(account)
    with pytest.raises(stripe.PermissionError):
        client.customers.list(options={"stripe_account": account})
    assert sandbox.events()[-1]["type"] == "account.application.deauthorized"


def test_the_platform_can_read_itself_and_its_accounts(sandbox, client, account):
    assert client.accounts.retrieve_current().id == sandbox.platform
    assert [each.id for each in client.accounts.list().data] == [account]


def test_an_account_that_may_not_charge_refuses_every_payment(sandbox, client, account, pay):
    intent = client.payment_intents.create({"amount": 900, "currency": "usd"}, {"stripe_account": account})
    sandbox.disable_account(account)
    with pytest.raises(stripe.InvalidRequestError, match="cannot currently make charges"):
        pay(options={"stripe_account": account})
    with pytest.raises(stripe.InvalidRequestError, match="cannot currently make charges"):
        client.payment_intents.confirm(intent.id, {"payment_method": "pm_card_visa"}, {"stripe_account": account})
    assert not client.accounts.retrieve(account).charges_enabled
    sandbox.enable_account(account)
    assert pay(options={"stripe_account": account}).status == "succeeded"


def test_a_deleted_object_is_not_found(sandbox, client, pay):
    intent = pay()
    sandbox.lose(intent.id)
    with pytest.raises(stripe.InvalidRequestError, match="No such"):
        client.payment_intents.retrieve(intent.id)


@pytest.mark.parametrize(
    ("outcome", "charges", "due", "pending"),
    [("complete", True, 0, 0), ("due", True, 1, 0), ("review", False, 0, 1)],
)
def test_what_is_left_after_a_visit_to_the_onboarding_page(client, open_page, outcome, charges, due, pending):
    account = client.accounts.create({"controller": {"stripe_dashboard": {"type": "express"}}, "metadata": {"a": "b"}})
    request = {"account": account.id, "type": "account_onboarding"}
    request |= {"return_url": "http://sparkle.localhost/back", "refresh_url": "http://sparkle.localhost/again"}
    open_page(client.account_links.create(request).url, outcome=outcome)
    found = client.accounts.retrieve(account.id)
    assert check_object(stripe.Account, found.to_dict()) == []
    assert (found.charges_enabled, found.details_submitted) == (charges, True)
    assert (len(found.requirements.currently_due), len(found.requirements.pending_verification)) == (due, pending)
    assert found.capabilities.us_bank_account_ach_payments == ("active" if charges else "inactive")
    assert client.accounts.login_links.create(account.id).url.startswith("http://127.0.0.1")


def test_only_express_accounts_have_login_links(client, account):
    with pytest.raises(stripe.InvalidRequestError, match="not an Express account"):
        client.accounts.login_links.create(account)
