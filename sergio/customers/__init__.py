"""Who the company works for: customers, the people to speak to, and the places to visit."""
