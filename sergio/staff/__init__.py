"""Staff members, what their roles allow, and when they work."""
