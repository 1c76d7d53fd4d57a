"""Customers, their contacts and their service addresses."""
