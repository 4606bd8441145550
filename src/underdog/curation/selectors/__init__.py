"""Selectors: recipes that say which documents are worth learning from, alone or combined."""
