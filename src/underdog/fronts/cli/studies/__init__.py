"""Verbs that compare models and look at data."""
