"""Payments: attempts to pay an invoice, payments, refunds, disputes and receipts."""
