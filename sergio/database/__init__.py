"""Where the rows live: engines, sessions, what keeps a company to itself, and how the tables come up to date."""
