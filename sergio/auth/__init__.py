"""Who somebody is: links by mail, sign-ins as rows, devices."""
