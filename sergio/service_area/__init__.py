"""Where a company works: cities, postal codes, shapes on a map, and a distance from its address."""
