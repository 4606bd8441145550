"""Verbs that make documents searchable, and search them."""
