"""Plain functions without Flask, database or business: clock, money, phone numbers, tokens, text, PDF."""
