"""Tables that are read as such: rows that have no text, and sheets as text for a model."""
