"""`python -m sergio.sandbox.stripe --port 8001 --webhook http://127.0.0.1:8000/webhooks/stripe --secret whsec_...`"""

import argparse
from pathlib import Path

from sergio.sandbox.serving import run_until_signal, serving
from sergio.sandbox.stripe.app import make_sandbox
from sergio.sandbox.stripe.sandbox import WEBHOOK_SECRET, Sandbox


def main() -> None:
    """Serve until SIGTERM or Ctrl-C. With --state, payments are kept across restarts."""
    args = arguments()
    sandbox = Sandbox()
    sandbox.base_url = f"http://127.0.0.1:{args.port}"
    if args.webhook:
        sandbox.deliver_webhooks_to(args.webhook, args.secret)
    if args.state and args.state.exists():
        sandbox.load(args.state)
    for account in args.account:
        sandbox.connect_account(account)
    with serving(make_sandbox(sandbox), args.port):
        run_until_signal(lambda: sandbox.save(args.state) if args.state else None)
    sandbox.webhooks.stop()


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="sergio.sandbox.stripe", description=main.__doc__)
    parser.add_argument("--port", type=int, default=8001)
    parser.add_argument("--webhook", help="URL that events are posted to")
    parser.add_argument("--secret", default=WEBHOOK_SECRET, help="secret that events are signed with")
    parser.add_argument("--state", type=Path, help="a JSON file that outlives the process")
    parser.add_argument(
        "--account", action="append", default=[], help="a connected account that accepts payments (repeatable)"
    )
    return parser.parse_args()


if __name__ == "__main__":
    main()
