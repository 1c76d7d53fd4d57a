"""What each role of the staff may do. Which page needs which permission stands in `sergio.permissions`."""

OWNER, OFFICE, TECHNICIAN = ROLES = ("owner", "office", "technician")

OWN_WORK = "own_work"
"""One's own appointments and the customers of those: whom to call, where to go. No money."""
ALL_WORK = "all_work"
"""Everyone's appointments and all customers."""
MONEY = "money"
"""Quotes, invoices, payments and sums."""
ACTIVITY = "activity"
"""The activity log."""
PROBLEMS = "problems"
"""Seeing what failed: emails that did not arrive, jobs that were given up."""
DECISIONS = "decisions"
"""What only an owner decides: closing stuck payments, retrying or discarding what failed."""

PERMISSIONS = {
    OWNER: {OWN_WORK, ALL_WORK, MONEY, ACTIVITY, PROBLEMS, DECISIONS},
    OFFICE: {OWN_WORK, ALL_WORK, MONEY, ACTIVITY, PROBLEMS},
    TECHNICIAN: {OWN_WORK},
}
