"""`python -m tests.faults.racy serve …`: the program with a booking that looks first and writes later, and that takes
quarter hours whether or not somebody has them. What finds double bookings must find those that it makes.
"""

import sys

from sergio.__main__ import main
from sergio.booking import slices
from sergio.booking.availability import Availability
from sergio.booking.models import Appointment
from sergio.booking.slots import epoch_minute

book = Appointment.book.__func__


def look_first(cls, availability, contact, place, starts_at, **said):
    """Read the free times before the transaction that writes keeps others out."""
    assert availability.slots is not None
    return book(cls, availability, contact, place, starts_at, **said)


def as_seen(self, starts_at, hours=None, turn=0):
    """Whoever was free when the free times were read."""
    if found := self.slots.get(epoch_minute(starts_at)):
        return found
    raise slices.Taken("Taken.")


if __name__ == "__main__":
    Appointment.book = classmethod(look_first)
    Availability.staff_at = as_seen
    slices.take = lambda appointment, pairs: True
    main(sys.argv[1:])
