"""What knows nothing of the business: clock, money, tokens, errors, pages, forms, tenancy, databases."""
