"""Payments: attempts to pay an invoice, what Stripe says of them, receipts."""
