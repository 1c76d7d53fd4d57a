"""How we answer: who asks behind a proxy, how often, and what becomes of a page that was open too long."""
