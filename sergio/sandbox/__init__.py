"""Stand-ins for the demo and the tests: a stateful Stripe, and a mailbox."""
