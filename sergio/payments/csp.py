"""The Content-Security-Policy of pages that need Stripe: its script, frames and API, or its form about an account."""

from urllib.parse import urlsplit

from sergio.config import STRIPE_JS, Config
from sergio.web import responses

SCRIPTS = "https://js.stripe.com https://*.js.stripe.com"
FRAMES = f"{SCRIPTS} https://hooks.stripe.com"
CALLS = "https://api.stripe.com"
ACCOUNT_FORM = "https://connect.stripe.com"


def allow_stripe(config: Config):
    """Allow Stripe in this response's policy (docs.stripe.com/security/guide), or the sandbox instead."""
    if config.stripe_js_url == STRIPE_JS:
        responses.allow(script_src=SCRIPTS, frame_src=FRAMES, connect_src=CALLS)
        return
    script = urlsplit(config.stripe_js_url)
    sandbox = f"{script.scheme}://{script.netloc}"
    responses.allow(script_src=sandbox, frame_src=sandbox, connect_src=sandbox)


def allow_account_form(config: Config):
    """Allow this response's forms to lead to Stripe's form about an account, or to the sandbox's."""
    responses.allow(form_action=ACCOUNT_FORM if config.calls_stripe else config.stripe_api_base)
