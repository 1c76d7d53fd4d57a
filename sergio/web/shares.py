"""Spreads connections over the workers.

The kernel gives each connection to a worker by chance, and there it stays: one worker may have twice as many as
another, and then serves each of them half as often. A worker with clearly more open requests than another closes the
connection of a response. The client, or the proxy in front, then connects anew, and chance decides again.
"""

from multiprocessing.sharedctypes import RawArray
from typing import Any

FEW = 4
"""So many more open requests are no reason to close a connection."""


def shared_counts(workers: int) -> Any:
    """The open requests of each worker, in memory that they share; made before the fork."""
    return RawArray("i", workers)


class Share:
    """One worker's part of the open requests.

    A worker writes its own count only, so there is no lock. The count of one that has died stays as it was until its
    replacement starts, and may let the others close a few connections in vain.
    """

    def __init__(self, counts: Any, index: int):
        self._counts, self._index = counts, index
        self.open = 0

    @property
    def open(self) -> int:
        """How many requests this worker has not responded to yet."""
        return self._open

    @open.setter
    def open(self, count: int):
        self._open = self._counts[self._index] = count

    @property
    def is_too_large(self) -> bool:
        return self._open > min(self._counts) + FEW
