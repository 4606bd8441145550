"""Verbs about underdog itself: what it offers, what is installed, what it keeps on disk."""
