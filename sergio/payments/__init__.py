"""Money on its way: attempts, what Stripe says of them, receipts."""
