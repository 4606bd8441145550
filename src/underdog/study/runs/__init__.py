"""Runs of contestants: fitted, asked, timed, and as many as the time allows."""
