"""Saruna: comment moderation for a municipality that writes in Latvian and Russian."""

__version__ = "0.1.0"
