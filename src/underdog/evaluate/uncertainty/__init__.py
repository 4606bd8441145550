"""When to doubt an answer that exists: its agreement with further samples, and its likelihood."""

from .belief import Belief, Beliefs, beliefs
from .scores import Known, scores

__all__ = ["Belief", "Beliefs", "Known", "beliefs", "scores"]
