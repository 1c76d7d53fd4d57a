"""Companies, the tenants: their plan, branding, rules, time zone and money formats."""
