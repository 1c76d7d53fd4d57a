"""Customers from CSV files."""
