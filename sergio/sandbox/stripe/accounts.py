"""Connected accounts: created by the platform, completed by their owner on an onboarding page."""

from copy import deepcopy

from flask import Blueprint, Response, g, redirect, render_template, request
from stripe import params as P  # noqa: N812 - the SDK's own namespace of request types
from werkzeug.wrappers import Response as AnyResponse

from sergio.sandbox.stripe.errors import ApiError, invalid
from sergio.sandbox.stripe.reading import read
from sergio.sandbox.stripe.responses import list_response, respond
from sergio.sandbox.stripe.store import Store, new_id, revise

bp = Blueprint("accounts", __name__)
LINK_SECONDS = 300
CONTROLLER = {
    "type": "application",
    "is_controller": True,
    "requirement_collection": "stripe",
    "stripe_dashboard": {"type": "full"},
}
DUE = ["business_profile.url", "external_account", "tos_acceptance.date"]
ABILITIES = ("card_payments", "transfers", "us_bank_account_ach_payments")
PERSON = "person_1SandboxOwner.verification.document"
OUTCOMES = {
    "complete": {},
    "due": {"currently_due": [PERSON]},
    "review": {"pending_verification": [PERSON], "disabled_reason": "requirements.pending_verification"},
}
"""What is left of the requirements after a visit to the onboarding page."""


@bp.post("/v1/accounts")
def create() -> Response:
    return respond(new_account(g.store, new_id("acct"), read(P.AccountCreateParams)))


@bp.get("/v1/accounts")
def index() -> Response:
    found = [account for account in g.store.all("account") if account["id"] != g.store.account]
    return list_response(found, read(P.AccountListParams))


@bp.get("/v1/account")
def show_own() -> Response:
    return respond(g.store.sandbox.store().find("account", g.store.account))


@bp.get("/v1/accounts/<account_id>")
def show(account_id: str) -> Response:
    return respond(connected(g.store, account_id))


@bp.post("/v1/accounts/<account_id>")
def update(account_id: str) -> Response:
    account = connected(g.store, account_id)
    params = read(P.AccountUpdateParams)
    account["business_profile"] |= params.pop("business_profile", {})
    revise(account, {name: params[name] for name in ("email", "metadata", "business_type") if name in params})
    announce(g.store, account)
    return respond(account)


@bp.post("/v1/account_links")
def create_link() -> Response:
    params = read(P.AccountLinkCreateParams)
    connected(g.store, params["account"])
    for name in ("return_url", "refresh_url"):
        if not params.get(name):
            raise invalid(f"Missing required param: {name}.", name, "parameter_missing")
    link = {"id": new_id("link"), "object": "account_link", "created": g.store.now(), **params}
    link["expires_at"] = g.store.now() + LINK_SECONDS
    g.store.put(link)
    url = f"{g.store.sandbox.base_url}/onboarding/{link['id']}"
    return respond({name: link[name] for name in ("object", "created", "expires_at")} | {"url": url})


@bp.post("/v1/accounts/<account_id>/login_links")
def create_login_link(account_id: str) -> Response:
    """A way into the Express dashboard, for which the sandbox's own page stands in."""
    read(P.AccountLoginLinkCreateParams)
    account = connected(g.store, account_id)
    if account["controller"]["stripe_dashboard"]["type"] != "express":
        raise invalid("Cannot create a login link for an account that is not an Express account.", remembered=False)
    return respond({"object": "login_link", "created": g.store.now(), "url": f"{g.store.sandbox.base_url}/"})


@bp.get("/onboarding/<link_id>")
def onboarding(link_id: str) -> str | AnyResponse:
    """The page an owner fills in. A link works once, for five minutes; then it redirects to its `refresh_url`."""
    link, platform = open_link(link_id)
    if link["expires_at"] < platform.now():
        return redirect(link["refresh_url"], 303)
    return render_template("stripe/onboarding.html", account=connected(platform, link["account"]), link=link)


@bp.post("/onboarding/<link_id>")
def finish_onboarding(link_id: str) -> AnyResponse:
    link, platform = open_link(link_id)
    link["expires_at"] = 0
    if (outcome := request.form.get("outcome", "")) in OUTCOMES:
        require(platform, connected(platform, link["account"]), **OUTCOMES[outcome])
    return redirect(link["return_url"], 303)


def open_link(link_id: str) -> tuple[dict, Store]:
    platform = g.sandbox.store()
    return platform.find("account_link", link_id), platform


def new_account(platform: Store, identifier: str, params: dict) -> dict:
    """A connected account that cannot take payments until its owner completes it."""
    account = {
        "id": identifier,
        "object": "account",
        "business_profile": dict.fromkeys(("mcc", "name", "support_email", "support_phone", "support_url", "url"))
        | params.get("business_profile", {}),
        "business_type": params.get("business_type"),
        "capabilities": dict.fromkeys(params.get("capabilities", {}), "inactive"),
        "charges_enabled": False,
        "controller": deepcopy(CONTROLLER) | params.get("controller", {}),
        "country": params.get("country", "US"),
        "created": platform.now(),
        "default_currency": params.get("default_currency", "usd"),
        "details_submitted": False,
        "email": params.get("email"),
        "metadata": params.get("metadata") or {},
        "payouts_enabled": False,
        "requirements": requirements(DUE),
        "type": params.get("type", "none" if params.get("controller") else "standard"),
    }
    platform.put(account)
    platform.sandbox.open_store(identifier)
    return account


def open_platform(store: Store) -> None:
    """Create the platform's own account, which is not listed among the connected ones."""
    new_account(store, store.account, {"email": "platform@sandbox.example"})
    store.objects[store.account]["details_submitted"] = True
    allow(store.objects[store.account], allowed=True)


def requirements(due: list[str]) -> dict:
    nothing = {name: [] for name in ("alternatives", "errors", "past_due", "pending_verification")}
    reason = "requirements.past_due" if due else None
    return {**nothing, "currently_due": due, "eventually_due": due, "current_deadline": None, "disabled_reason": reason}


def require(platform: Store, account: dict, **open_requirements) -> None:
    """Let the account have submitted its details, and these requirements be left. Unless they disable it, it can take
    payments.
    """
    account["details_submitted"] = True
    account["requirements"] = requirements([]) | open_requirements
    allow(account, allowed=not open_requirements.get("disabled_reason"))
    announce(platform, account)


def allow(account: dict, *, allowed: bool) -> None:
    account.update(charges_enabled=allowed, payouts_enabled=allowed)
    us = account["country"] == "US"
    names = {*account["capabilities"], *(name for name in ABILITIES if us or name != "us_bank_account_ach_payments")}
    account["capabilities"] = dict.fromkeys(sorted(names), "active" if allowed else "inactive")


def connected(platform: Store, account_id: str) -> dict:
    """A connected account of the platform; an ApiError (403) for any other."""
    account = platform.sandbox.store().objects.get(account_id)
    if account is None or account["object"] != "account":
        raise no_access(account_id)
    return account


def no_access(account_id: str) -> ApiError:
    return invalid(
        f"The provided key does not have access to account '{account_id}' (or that account does not exist).",
        code="account_invalid",
        status=403,
        remembered=False,
    )


def enable(platform: Store, account: dict) -> None:
    """Meet all requirements, so that the account can take payments."""
    require(platform, account)


def check_may_charge(store: Store) -> None:
    """Raise an ApiError unless the account may take payments."""
    if not store.sandbox.store().objects[store.account]["charges_enabled"]:
        raise invalid("Your account cannot currently make charges.", remembered=False)


def disable(platform: Store, account: dict) -> None:
    """Set requirements that stop the account from taking payments."""
    account.update(charges_enabled=False, requirements=requirements(DUE))
    account["capabilities"] |= dict.fromkeys(("card_payments", "us_bank_account_ach_payments"), "inactive")
    announce(platform, account)


def disconnect(platform: Store, account: dict) -> None:
    """Revoke the platform's access to the account."""
    store = platform.sandbox.store(account["id"])
    store.emit("account.application.deauthorized", {"id": new_id("ca"), "object": "application", "name": "Sergio"})
    del platform.objects[account["id"]]


def announce(platform: Store, account: dict) -> None:
    platform.sandbox.store(account["id"]).emit("account.updated", account)
