"""Signing up: a company asks for a portal, proves its mailbox, and gets its address."""
