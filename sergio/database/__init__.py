"""Engines, sessions and column types, company scoping, errors and locks, migrations."""
