"""The test customer: a staff member who tries the portal, with a quote, an invoice and an appointment."""
