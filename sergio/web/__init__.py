"""The web server, and what all requests, responses, pages, forms and errors have in common."""
