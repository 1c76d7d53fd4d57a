"""Other programs that answer the same question, each in an environment of its own, beside Sergio and the hello."""
