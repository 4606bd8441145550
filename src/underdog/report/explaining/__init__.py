"""Explanations for people: coloured texts with what was measured, in reports and on a page."""
