"""Writing to the people who run the installation."""
