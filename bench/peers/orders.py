"""A customer's list and one document of it: Sergio's invoices beside pretix's orders."""

import json
import tempfile
from contextlib import ExitStack
from pathlib import Path

from bench.measure import Bench
from bench.peers.compare import Answer, Question, answers
from bench.peers.environments import environment, served, version_of
from bench.progress import Progress
from bench.site import SQLITE, Hello, site

PEER = "pretix"


def measured(hello: Hello, progress: Progress) -> list[Answer]:
    progress.say(f"{PEER}: making its environment")
    python = environment(PEER, PEER, "granian")
    name = f"{PEER} {version_of(python, PEER)}"
    with ExitStack() as stack:
        own = stack.enter_context(site(SQLITE))
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        progress.say(f"{PEER}: making its site")
        peer = stack.enter_context(served(python, "tickets.py", folder))
        shop = json.loads((folder / "site.json").read_text())
        cookie = {"Cookie": shop["cookie"]}
        account = Question("invoices", "Sergio: 20 invoices", shop["account"], cookie, "FAIR19", f"{name}: 20 orders")
        order = Question("invoice", "Sergio: an invoice", shop["order"], cookie, "FAIR19", f"{name}: an order")
        bench = Bench(own, hello)
        return [each for asked in (account, order) for each in answers(asked, bench, peer, progress)]
