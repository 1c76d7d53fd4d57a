"""What knows neither Flask nor the business: clock, money, phone numbers, tokens, text, documents."""
