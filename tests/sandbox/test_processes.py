"""Both sandboxes as processes: they start and stop quickly, and Stripe's keeps its state."""

import signal
import socket
import subprocess
import sys
import time

import pytest
import stripe

from tests.ports import free_port


@pytest.fixture
def start():
    """Start `python -m sergio.sandbox.<module>` and wait until its ports answer."""
    started = []

    def run(module, *arguments, ports):
        command = [sys.executable, "-m", f"sergio.sandbox.{module}", *map(str, arguments)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        started.append(process)
        give_up = time.monotonic() + 60
        while not all(responses(port) for port in ports):
            assert process.poll() is None, process.stdout.read()
            assert time.monotonic() < give_up
            time.sleep(0.02)
        return process

    yield run
    for process in started:
        process.kill()
        process.wait()
        process.stdout.close()


def responses(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def stop(process):
    asked = time.monotonic()
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=5) == 0
    assert time.monotonic() - asked < 4
    assert process.stdout.read() == b""


def test_payments_are_kept_across_restarts(start, tmp_path):
    port = free_port()
    arguments = ("--port", port, "--state", tmp_path / "stripe.json", "--account", "acct_sparkle")
    connection = stripe.RequestsClient()
    client = stripe.StripeClient(
        "sk_test_1", base_addresses={"api": f"http://127.0.0.1:{port}"}, http_client=connection
    ).v1
    inside, key = {"stripe_account": "acct_sparkle"}, {"idempotency_key": "k"}
    request = {"amount": 900, "currency": "usd", "payment_method": "pm_card_visa", "confirm": True}
    request["allowed_payment_method_types"] = ["card"]

    first = start("stripe", *arguments, ports=[port])
    intent = client.payment_intents.create(request, {**inside, **key})
    stop(first)

    second = start("stripe", *arguments, ports=[port])
    assert client.payment_intents.retrieve(intent.id, options=inside).status == "succeeded"
    assert client.payment_intents.create(request, {**inside, **key}).id == intent.id
    assert client.events.list(options=inside).data[0].type == "payment_intent.succeeded"
    stop(second)
    connection.close()


def test_the_mailbox_starts_and_stops(start, tmp_path, open_page):
    smtp, web = free_port(), free_port()
    process = start("mailbox", "--smtp-port", smtp, "--web-port", web, "--folder", tmp_path / "m", ports=[smtp, web])
    assert "No emails yet" in open_page(f"http://127.0.0.1:{web}/")[1]
    stop(process)
