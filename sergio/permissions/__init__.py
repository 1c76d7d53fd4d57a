"""The permission that each page of the office and of the portal needs."""
