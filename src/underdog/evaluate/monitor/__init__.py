"""Has the traffic changed since a model was fitted: texts, answers, confidence, deferral."""

from __future__ import annotations

from .drift import Change, Drift, drift
from .profile import Look, Profile, profile

__all__ = ["Change", "Drift", "Look", "Profile", "drift", "profile"]
