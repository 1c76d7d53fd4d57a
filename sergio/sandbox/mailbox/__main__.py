"""`python -m sergio.sandbox.mailbox --smtp-port 8025 --web-port 8002 --folder instance/mail`"""

import argparse
from pathlib import Path

from sergio.sandbox.mailbox.pages import make_mailbox
from sergio.sandbox.mailbox.sink import running_mailbox
from sergio.sandbox.serving import run_until_signal, serving


def main() -> None:
    """Receive email and show it until SIGTERM or Ctrl-C."""
    parser = argparse.ArgumentParser(prog="sergio.sandbox.mailbox", description=main.__doc__)
    parser.add_argument("--smtp-port", type=int, default=8025)
    parser.add_argument("--web-port", type=int, default=8002)
    parser.add_argument("--folder", type=Path, default=Path("instance/mail"))
    args = parser.parse_args()
    with running_mailbox(args.folder, args.smtp_port), serving(make_mailbox(args.folder), args.web_port):
        run_until_signal()


if __name__ == "__main__":
    main()
