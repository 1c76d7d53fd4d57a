"""Invoices, and the ledger that their balance is the sum of."""
