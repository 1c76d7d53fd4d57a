"""Who somebody is: sign-in links by email, sign-ins as rows, devices, API tokens."""
