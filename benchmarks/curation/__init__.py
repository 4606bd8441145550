"""Curation on real text: selectors against random and length, at equal tokens."""
