"""What is being measured, and for how long already: one line that is written over on a terminal."""

import sys
import time


class Progress:
    """`say` shows what is going on now; `clear` before other output."""

    def __init__(self):
        self.started = time.monotonic()
        self.on_terminal = sys.stderr.isatty()

    @property
    def elapsed(self) -> str:
        minutes, seconds = divmod(int(time.monotonic() - self.started), 60)
        return f"{minutes}:{seconds:02}"

    def say(self, what: str):
        if self.on_terminal:
            print(f"\r\033[K{self.elapsed}  {what}", end="", file=sys.stderr, flush=True)
        else:
            print(f"{self.elapsed}  {what}", file=sys.stderr, flush=True)

    def clear(self):
        if self.on_terminal:
            print("\r\033[K", end="", file=sys.stderr, flush=True)
