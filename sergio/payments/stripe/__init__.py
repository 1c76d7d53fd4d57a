"""Everything about Stripe: its API, webhook, events, accounts and currencies."""
