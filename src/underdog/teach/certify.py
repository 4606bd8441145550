"""Promises that hold with a stated probability, and the certificates that say so."""

from __future__ import annotations

from .bounds import betting_bound, betting_p, binomial_p, lower_bound, paired_p, upper_bound

__all__ = ["betting_bound", "betting_p", "binomial_p", "lower_bound", "paired_p", "upper_bound"]
