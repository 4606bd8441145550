"""Where underdog keeps what outlives a command: named by a variable, or below the user's home."""

from __future__ import annotations

import os
from pathlib import Path


def kept_at(variable: str, name: str) -> Path | None:
    """What ``variable`` names, or ``~/.cache/underdog/NAME``; None where the user has no home."""
    if named := os.environ.get(variable):
        return Path(named)
    home = user_home()
    return home / ".cache" / "underdog" / name if home else None


def user_home() -> Path | None:
    """The user's home; None without HOME for a user that the system does not know."""
    try:
        return Path.home()
    except RuntimeError:
        return None
