"""How we answer: the web server, and what every request and response has in common."""
