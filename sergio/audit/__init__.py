"""The audit trail: who did what, when and from where, with values before and after."""
