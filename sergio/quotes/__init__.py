"""Quotes, their versions, acceptances, declines and change requests."""
