"""Explanations of any model: measured, compared with training examples, and changed by edits."""

from .explain import explain

__all__ = ["explain"]
