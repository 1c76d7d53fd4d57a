"""What companies pay for their plans: subscriptions at Stripe, on the installation's own account."""
