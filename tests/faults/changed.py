"""`python -m tests.faults.changed work sergio.jobs.claims.LEASE=2 …`: a command of the program, with other constants.

A time is given in seconds; `off` makes a function do nothing.
"""

import sys
from datetime import timedelta
from importlib import import_module

from sergio.__main__ import main

CONVERTED = {timedelta: lambda text: timedelta(seconds=float(text)), float: float, int: int}


def change(path: str, text: str):
    """Give the constant at `path` another value."""
    module, name = path.rsplit(".", 1)
    module = import_module(module)
    convert = CONVERTED.get(type(getattr(module, name)))
    setattr(module, name, convert(text) if convert else lambda *args, **kwargs: None)


if __name__ == "__main__":
    changes = [argument.split("=") for argument in sys.argv[1:] if "=" in argument]
    for path, text in changes:
        change(path, text)
    main([argument for argument in sys.argv[1:] if "=" not in argument])
