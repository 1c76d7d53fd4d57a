"""Roles and their permissions, in plain words."""

from sergio.lib.language import gettext as _
from sergio.lib.language import lazy_gettext as _l
from sergio.staff.roles import (
    ACTIVITY,
    ALL_WORK,
    DECISIONS,
    MONEY,
    OFFICE,
    OWN_WORK,
    OWNER,
    PERMISSIONS,
    PROBLEMS,
    ROLES,
    SETTINGS,
    TECHNICIAN,
)

ROLE_LABELS = {OWNER: _l("Owner"), OFFICE: _l("Office"), TECHNICIAN: _l("Technician")}
PURPOSES = {
    OWNER: _l("Sees and does everything, including the team and the plan"),
    OFFICE: _l("Runs the day: customers, quotes, invoices, schedule, and settings"),
    TECHNICIAN: _l("Sees their own appointments and the customers they go to, without amounts"),
}
ALLOWED = {
    OWN_WORK: _l("See their own appointments, hours, and the customers they go to"),
    ALL_WORK: _l("See everyone's appointments and all customers, and answer booking requests"),
    MONEY: _l("See quotes, invoices, and payments"),
    ACTIVITY: _l("See who did what, in the activity log"),
    PROBLEMS: _l("See emails and tasks that failed"),
    SETTINGS: _l("Change what customers see and can book, and the team's hours"),
    DECISIONS: _l("Manage the team, the plan, and stuck payments"),
}
"""What a permission lets someone do, in the order of the table."""


def role_choices() -> list[tuple[str, str]]:
    return [(role, f"{ROLE_LABELS[role]}: {PURPOSES[role]}") for role in ROLES]


def table() -> list[tuple[str, list[bool]]]:
    """What each role may do: the sentence, and whether each of `ROLES` may."""
    return [
        (str(sentence), [permission in PERMISSIONS[role] for role in ROLES]) for permission, sentence in ALLOWED.items()
    ]


def role_names() -> list[str]:
    return [str(ROLE_LABELS[role]) for role in ROLES]


def weekdays() -> list[str]:
    return [_("Monday"), _("Tuesday"), _("Wednesday"), _("Thursday"), _("Friday"), _("Saturday"), _("Sunday")]
