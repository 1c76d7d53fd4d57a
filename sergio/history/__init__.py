"""What happened, over all features."""
