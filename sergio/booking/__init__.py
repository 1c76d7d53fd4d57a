"""Visits: services, free times, appointments that cannot collide."""
