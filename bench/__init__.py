"""`./dev bench`: how much each page costs, beside a bare Flask answer of the same server on the same core."""
