"""Stripe, and nothing else of it anywhere: what we ask it, what it says, and what becomes of that."""
