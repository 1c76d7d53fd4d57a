"""What the demo and the tests use instead of the internet: a Stripe that remembers, and a mailbox."""
