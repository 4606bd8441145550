"""When to doubt an answer that exists: its agreement with further samples, and its likelihood."""

from .belief import Belief, Beliefs, beliefs
from .graders import Consistency, PTrue, SelfCheck, TokenProbability

__all__ = [
    "Belief",
    "Beliefs",
    "Consistency",
    "PTrue",
    "SelfCheck",
    "TokenProbability",
    "beliefs",
]
