"""The kinds of emails about appointments, a part of `kinds`."""

from sergio.lib.language import lazy_gettext as _l
from sergio.outbox.kind import APPOINTMENTS, Kind

APPOINTMENT_BOOKED = Kind(
    "appointment_booked", APPOINTMENTS, _l("Appointment booked"), "booking/email/customer",
    _l("Your appointment on {moment} is booked"),
    _l("Hello {first_name},\n\nThank you. Here is your appointment:"),
    ("moment", "title", "name"),
)  # fmt: skip
APPOINTMENT_REQUESTED = Kind(
    "appointment_requested", APPOINTMENTS, _l("Appointment requested"), "booking/email/customer",
    _l("We received your request for {moment}"),
    _l("Hello {first_name},\n\nWe'll email you as soon as we confirm the time."),
    ("moment", "title", "name"),
)  # fmt: skip
APPOINTMENT_CONFIRMED = Kind(
    "appointment_confirmed", APPOINTMENTS, _l("Appointment confirmed"), "booking/email/customer",
    _l("Your appointment on {moment} is confirmed"),
    _l("Hello {first_name},\n\nWe look forward to seeing you."),
    ("moment", "title", "name"),
)  # fmt: skip
APPOINTMENT_DECLINED = Kind(
    "appointment_declined", APPOINTMENTS, _l("Request declined"), "booking/email/customer",
    _l("We can't come on {moment}"),
    _l("Hello {first_name},\n\nUnfortunately, we can't come at the time you asked for."),
    ("moment", "title", "name"),
)  # fmt: skip
APPOINTMENT_PROPOSED = Kind(
    "appointment_proposed", APPOINTMENTS, _l("Other times offered"), "booking/email/proposed",
    _l("Choose another time for your appointment"),
    _l("Hello {first_name},\n\nWe can't come on {moment}. These times would work:"),
    ("moment", "title"),
)  # fmt: skip
APPOINTMENT_MOVED = Kind(
    "appointment_moved", APPOINTMENTS, _l("Appointment moved"), "booking/email/customer",
    _l("Your appointment is now on {moment}"),
    _l("Hello {first_name},\n\nYour appointment has a new time:"),
    ("moment", "title", "name"),
)  # fmt: skip
APPOINTMENT_REASSIGNED = Kind(
    "appointment_reassigned", APPOINTMENTS, _l("Another technician"), "booking/email/customer",
    _l("{name} will come on {moment}"),
    _l("Hello {first_name},\n\nYour appointment has a new technician. Its time has not changed."),
    ("moment", "title", "name"),
)  # fmt: skip
APPOINTMENT_CANCELED = Kind(
    "appointment_canceled", APPOINTMENTS, _l("Appointment canceled"), "booking/email/customer",
    _l("Your appointment on {moment} is canceled"),
    _l("Hello {first_name},\n\nYou can book another appointment anytime."),
    ("moment", "title", "name"),
)  # fmt: skip
APPOINTMENT_SOON = Kind(
    "appointment_soon", APPOINTMENTS, _l("Reminder of an appointment"), "booking/email/customer",
    _l("Reminder: your appointment on {moment}"),
    _l("Hello {first_name},\n\nThis is a reminder of your appointment:"),
    ("moment", "title", "name"),
    essential=False,
)  # fmt: skip
APPOINTMENT_ANSWERED = Kind(
    "appointment_answered", APPOINTMENTS, _l("Our answer about an appointment"), "booking/email/customer",
    _l("About your appointment on {moment}"),
    _l("Hello {first_name},\n\nYou asked us to change your appointment. Here is our answer:\n\n{what}"),
    ("moment", "title", "name", "what"),
)  # fmt: skip
SERIES_BOOKED = Kind(
    "series_booked", APPOINTMENTS, _l("Series of appointments booked"), "booking/email/series",
    _l("Your appointments are booked"),
    _l("Hello {first_name},\n\nThank you. Here are your appointments:"),
)  # fmt: skip
SERIES_MOVED = Kind(
    "series_moved", APPOINTMENTS, _l("Series of appointments moved"), "booking/email/series",
    _l("Your appointments have new times"),
    _l("Hello {first_name},\n\nThese are the new times of your appointments:"),
)  # fmt: skip
SERIES_CANCELED = Kind(
    "series_canceled", APPOINTMENTS, _l("Series of appointments canceled"), "booking/email/series",
    _l("Your appointments are canceled"),
    _l("Hello {first_name},\n\nThese appointments are canceled. You can book another one anytime."),
)  # fmt: skip
ON_THE_WAY = Kind(
    "on_the_way", APPOINTMENTS, _l("Technician on the way"), "booking/email/customer",
    _l("{name} is on the way"),
    _l("Hello {first_name},\n\n{name} is on the way to you. {arrival}"),
    ("moment", "title", "name", "arrival"),
    essential=False,
)  # fmt: skip
WORK_DONE = Kind(
    "work_done", APPOINTMENTS, _l("Work done"), "booking/email/customer",
    _l("Your appointment on {day} is done"),
    _l("Hello {first_name},\n\nThank you for having us. Here is what was done:"),
    ("moment", "title", "name", "day"),
    essential=False,
)  # fmt: skip
APPOINTMENT_NOT_BOOKED = Kind(
    "appointment_not_booked", APPOINTMENTS, _l("Appointment not booked"), "booking/email/given_up",
    _l("Your appointment on {moment} was not booked"),
    _l("Hello {first_name},\n\nWe could not book this appointment for you:"),
    ("moment", "title", "reason"),
)  # fmt: skip
TIME_OFFERED = Kind(
    "time_offered", APPOINTMENTS, _l("Time offered to the waitlist"), "booking/email/offered",
    _l("A time is free: {moment}"),
    _l("Hello {first_name},\n\nYou are on our waitlist, and this time is free. It is held for you until {until}."),
    ("moment", "title", "until"),
)  # fmt: skip
