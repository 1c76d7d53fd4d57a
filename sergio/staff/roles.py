"""The permissions of each staff role. `sergio.permissions` has the permission that each page needs."""

OWNER, OFFICE, TECHNICIAN = ROLES = ("owner", "office", "technician")

OWN_WORK = "own_work"
"""One's own appointments and their customers, without amounts."""
ALL_WORK = "all_work"
"""Everyone's appointments and all customers."""
MONEY = "money"
"""Quotes, invoices, payments and sums."""
ACTIVITY = "activity"
"""The activity log."""
PROBLEMS = "problems"
"""Seeing what failed: emails that were not delivered, jobs that were given up."""
SETTINGS = "settings"
"""What customers see, and what they can book."""
DECISIONS = "decisions"
"""What only an owner may do: the team, the plan, connecting Stripe, closing stuck payments, retrying or discarding what
failed.
"""

PERMISSIONS = {
    OWNER: {OWN_WORK, ALL_WORK, MONEY, ACTIVITY, PROBLEMS, SETTINGS, DECISIONS},
    OFFICE: {OWN_WORK, ALL_WORK, MONEY, ACTIVITY, PROBLEMS, SETTINGS},
    TECHNICIAN: {OWN_WORK},
}
