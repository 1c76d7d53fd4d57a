"""Who did what, when, from where, and what it was before: entries that are only added to."""
