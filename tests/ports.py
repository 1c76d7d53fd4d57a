"""Ports for the servers that tests start."""

import random
import socket

# Below Linux's ephemeral ports (32768 and up): from those, any connection of a test that runs beside this one may
# take the port in the moment between its check and its use.
PORTS = range(12_000, 32_000)
HOST = "127.0.0.1"

draw = random.SystemRandom()  # a seeded one would give all pytest workers the same ports


def free_port() -> int:
    """A port of 127.0.0.1 that nothing listens on."""
    while not is_free(port := draw.choice(PORTS)):
        pass
    return port


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True
