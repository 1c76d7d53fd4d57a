"""How we answer: the web server, pages, forms and errors, and what every request and response has in common."""
