"""The price list, and the editor of lines that quotes and invoices share."""
