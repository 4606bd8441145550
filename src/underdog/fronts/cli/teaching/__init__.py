"""Verbs in which a large model teaches: labels for texts, and labels put right."""
