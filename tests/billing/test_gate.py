"""What a plan opens and closes: the portal, the API, emails' links; and that nothing is lost by that (T53)."""

import re

import pytest

from sergio.audit.actor import BY_OPERATOR
from sergio.auth.models import ApiToken
from sergio.companies.plans import FREE, STARTER
from sergio.extensions import db
from sergio.invoices.models import Invoice
from sergio.lib import clock
from sergio.payments.models import Payment
from tests.billing.conftest import PLAN
from tests.invoices import builders
from tests.payments.card_form import CardForm
from tests.quotes import builders as quotes


@pytest.fixture
def put_on(sparkle, session):
    """`put_on(plan)`: the operator puts Sparkle on a plan."""

    def change(plan):
        session.commit()
        session().begin_writing()
        sparkle.change_plan(plan, by=BY_OPERATOR, at=clock.now())
        session.commit()

    return change


def portal_rules(app):
    return [rule for rule in app.url_map.iter_rules() if rule.endpoint.startswith("portal.")]


@pytest.mark.parametrize("known", [True, False])
def test_on_the_free_plan_every_url_of_the_portal_tells_how_to_call(app, ana, browser_of, visitor, put_on, known):
    browser = browser_of(ana) if known else visitor(ana.company)
    put_on(FREE)
    asked = 0
    for rule in portal_rules(app):
        for method in rule.methods & {"GET", "POST"}:
            path = re.sub(r"<(int:)?\w+>", "1", rule.rule)
            page = browser.get(path) if method == "GET" else browser.post(path)
            assert "not available online" in page.text, (method, path)
            assert not [word for word in ("upgrade", "Ana Ruiz", "Starter") if word in page.text], path
            asked += 1
    assert asked > 30
    unknown = browser.get("/portal/nothing")
    assert (unknown.status_code, "not available online" in unknown.text) == (404, True)


def test_a_downgrade_closes_the_portal_in_the_middle_of_a_session_and_an_upgrade_opens_it(ana, browser_of, put_on):
    browser = browser_of(ana)
    seen = browser.get("/portal/")
    assert "caught up" in seen.text
    put_on(FREE)
    again = browser.get("/portal/", headers={"If-None-Match": seen.headers.get("ETag", '"none"')})
    assert (again.status_code, "not available online" in again.text) == (200, True)
    put_on(STARTER)
    assert "caught up" in browser.get("/portal/").text


def test_on_the_free_plan_the_api_says_why_it_refuses(visitor, sparkle, session, put_on):
    _row, secret = ApiToken.make(sparkle, "books", by=BY_OPERATOR, now=clock.now())
    session.commit()

    def ask(**headers):
        return visitor(sparkle).get("/api/v1/invoices", headers=headers)

    token = {"Authorization": f"Bearer {secret}"}
    assert ask(**token).status_code == 200
    put_on(FREE)
    refused = ask(**token)
    assert (refused.status_code, refused.json["error"]) == (403, "This company's plan does not include the API.")
    assert ask().status_code == 401
    put_on(STARTER)
    assert ask(**token).status_code == 200


def test_a_payment_that_was_begun_is_entered_after_a_downgrade(
    app, sandbox, ana, sparkle, session, browser_of, put_on, webhooks, work
):
    sandbox.connect_account("acct_sparkle")
    builders.invoice(ana)
    session.commit()
    browser = browser_of(ana)
    browser.post("/portal/invoices/1/pay")
    form = CardForm(sandbox, browser.get("/portal/invoices/1/pay").text)
    put_on(FREE)
    assert form.pay()["status"] == "succeeded"
    assert set(webhooks.send_new()) == {200}
    work()
    session.rollback()
    assert session.scalars(db.select(Invoice)).one().due == 0
    assert session.scalars(db.select(Payment)).one().amount == 12_000
    assert "not available online" in browser.get("/portal/payments/1/receipt.pdf").text
    put_on(STARTER)
    assert browser.get("/portal/payments/1/receipt.pdf").mimetype == "application/pdf"


def test_emails_to_customers_have_no_link_to_a_closed_portal(ana, olga, sparkle, session, outbox, put_on):
    put_on(FREE)
    quotes.sent(ana)
    session.commit()
    [email] = [each for each in outbox.emails if each.to == ana.email]
    assert not any(part in email.text + email.html for part in ("/portal/", "/d/"))
    assert "contact us" in email.text


def test_control_with_the_portal_the_email_has_it(ana, session, outbox):
    quotes.sent(ana)
    session.commit()
    assert "https://sparkle.sergio.test/d/" in outbox.emails[0].text


def test_staff_on_the_free_plan_see_what_is_locked_and_who_can_upgrade(browser_of, olga, nora, put_on):
    put_on(FREE)
    owner, desk = browser_of(olga).get("/office/").text, browser_of(nora).get("/office/").text
    assert f'href="{PLAN}">Upgrade to Starter' in owner
    assert "Upgrade to Starter" not in desk
    assert "Ask the owner of your company to upgrade" in desk


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("person", ["nora", "theo"])
def test_only_an_owner_opens_the_plan(app, browser_of, nora, theo, person, method):
    browser = browser_of({"nora": nora, "theo": theo}[person])
    rules = [rule for rule in app.url_map.iter_rules() if rule.endpoint.startswith("office.settings.plan.")]
    rules = [rule for rule in rules if method.upper() in rule.methods]
    assert len(rules) >= 5
    for rule in rules:
        path = rule.rule.replace("<int:invoice_id>", "1")
        page = getattr(browser, method)(path)
        assert (page.status_code, "Only an owner" in page.text) == (403, True), path


def test_another_companys_invoice_is_not_found(office, subscribed, browser_of, olga):
    [invoice] = subscribed.invoices
    assert browser_of(olga).get(f"{PLAN}/invoices/{invoice.id}").status_code == 404


def test_the_audit_trail_tells_who_changed_a_plan(put_on, browser_of, olga):
    put_on(FREE)
    page = browser_of(olga).get("/office/activity").text
    assert "Changed the plan" in page
    assert "the operator" in page
