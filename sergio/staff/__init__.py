"""The people of a company, and when they work."""
