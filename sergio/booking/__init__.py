"""Services, free times, and appointments that cannot be double-booked."""
