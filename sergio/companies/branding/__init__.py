"""Settings -> Branding: the company's logo and colors."""
