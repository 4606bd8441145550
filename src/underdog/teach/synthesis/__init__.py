"""Texts that a model writes, or that are edited, and the proof whether they help a student."""
