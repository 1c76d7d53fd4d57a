"""Offers: written, shown, accepted once with proof."""
