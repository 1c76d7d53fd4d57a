"""A worker with many more open requests than another lets go of some clients, so that nobody waits twice as long."""

import http.client
import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing

import pytest

from sergio.web.shares import Share, shared_counts
from tests.faults.program import HOST

CLIENTS, ROUNDS = 16, 12


class Client:
    """A browser with one connection, which it opens again when the server has closed it."""

    def __init__(self, port: int):
        self.connection = http.client.HTTPConnection(HOST, port, timeout=20)
        self.worker = 0

    def ask(self, path: str):
        self.connection.request("GET", path)
        self.worker = json.loads(self.connection.getresponse().read())["worker"]

    def close(self):
        self.connection.close()


def clients_of_one_worker(port: int, stack: ExitStack) -> list[Client]:
    clients: list[Client] = []
    while len(clients) < CLIENTS:
        client = Client(port)
        client.ask("/")
        if not clients or client.worker == clients[0].worker:
            clients.append(stack.enter_context(closing(client)))
        else:
            client.close()
    return clients


def most_of_one_worker(echo_server, **limits) -> int:
    """How many clients one of two workers has in the end, after it has begun with all of them."""
    with echo_server(workers=2, at_once=CLIENTS, **limits) as server, ExitStack() as stack:
        clients = clients_of_one_worker(server.port, stack)
        with ThreadPoolExecutor(CLIENTS) as threads:
            for _ in range(ROUNDS):
                list(threads.map(lambda client: client.ask("/after/0.02"), clients))
    return max(Counter(client.worker for client in clients).values())


def test_a_worker_that_has_all_clients_shares_them_with_another(echo_server):
    assert most_of_one_worker(echo_server) <= CLIENTS * 3 // 4


def test_control_without_shares_it_keeps_them_all(echo_server):
    assert most_of_one_worker(echo_server, few=CLIENTS) == CLIENTS


@pytest.mark.parametrize(
    ("own", "others", "is_too_large"), [(20, [0, 30], True), (20, [16, 30], False), (4, [0, 0], False), (9, [], False)]
)
def test_a_share_is_too_large_beside_the_smallest_one(own, others, is_too_large):
    counts = shared_counts(1 + len(others))
    for index, count in enumerate(others, 1):
        Share(counts, index).open = count
    share = Share(counts, 0)
    share.open = own
    assert share.is_too_large is is_too_large


def test_a_replaced_worker_begins_anew_and_counts_right_beside_the_one_that_still_ends():
    counts = shared_counts(2)
    before = Share(counts, 0)
    before.open += 3
    after = Share(counts, 0)
    assert counts[0] == 0
    before.open -= 3
    after.open += 1
    assert counts[0] == 1
