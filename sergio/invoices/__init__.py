"""What is owed: invoices and the ledger their balance is the sum of."""
