"""What an answer is wrapped in: API replies, typed parts, chat templates, LaTeX and tags."""

from .marks import FENCE, first_turn, unpacked
from .replies import NESTED, message, opened

__all__ = ["FENCE", "NESTED", "first_turn", "message", "opened", "unpacked"]
