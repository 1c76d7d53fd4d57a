"""Granian's main process, changed to replace workers however often they die, and to tell each which one it is."""

import logging
import time
from functools import partial

from granian.server.mp import MPServer

log = logging.getLogger(__name__)

YOUNG = 1.0  # seconds; a worker that dies sooner may do so again at once
PAUSE = 0.5


class Supervisor(MPServer):
    """Granian's own loop treats a second death within 5.5 s as a crash loop and ends the healthy workers too.

    This class overrides private methods: granian is pinned, and tests/faults kills workers to check that it works.
    """

    def _spawn_worker(self, idx, target, callback_loader):
        return super()._spawn_worker(idx, target, partial(callback_loader, idx))

    def _serve_loop(self, spawn_target, target_loader):
        while not self.interrupt_signal:
            self.main_loop_interrupt.wait()
            self.main_loop_interrupt.clear()
            if self.reload_signal:  # SIGHUP: new workers one by one, which read the certificate again
                self._reload(spawn_target, target_loader)
            while self.interrupt_children and not self.interrupt_signal:
                self._replace(self.interrupt_children.pop(0), spawn_target, target_loader)

    def _replace(self, index: int, spawn_target, target_loader):
        log.error("worker %s died; starting another one", index + 1)
        if time.monotonic() - self.wrks[index].birth < YOUNG:
            time.sleep(PAUSE)
        self._respawn_workers([index], spawn_target, target_loader)
