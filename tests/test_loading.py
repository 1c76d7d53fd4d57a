"""Loading the application."""

import subprocess
import sys

PROGRAM = """
import sys
from sqlalchemy import event
from sqlalchemy.orm import Mapper

event.listen(Mapper, "before_configured", lambda: sys.exit("The mappers were configured."))
import sergio.api, sergio.office, sergio.portal, sergio.public
"""


def test_mappers_are_configured_when_they_are_first_needed():
    """It takes a sixth of the time to load, which every command would wait for: no option of the ORM at the top of a
    module.
    """
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


PROGRAM_ON_SQLITE = """
import sys
import sergio.api, sergio.office, sergio.portal, sergio.public

assert "sqlalchemy.dialects.postgresql" not in sys.modules, "It was loaded."
"""


def test_what_only_postgresql_needs_is_not_loaded_without_it():
    """A condition of an index for PostgreSQL (`postgresql_where`) would load it; migrations add those."""
    done = subprocess.run([sys.executable, "-c", PROGRAM_ON_SQLITE], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
