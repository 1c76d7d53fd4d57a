"""The tenant: a company, its plan, its look and its rules."""
