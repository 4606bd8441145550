"""Verbs that make, use and check one model."""
