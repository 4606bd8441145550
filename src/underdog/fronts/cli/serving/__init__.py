"""Verbs that run for long and answer over HTTP."""
