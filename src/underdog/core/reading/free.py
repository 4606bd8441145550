"""Reading a text of its own: what a model wrote, without its reasoning."""

from __future__ import annotations

from .containers import first_turn, opened
from .reader import CUT_OFF, EXACT, EXTRACTED, NONE, Reading
from .reasoning import without_reasoning


class TextReader:
    """Reads a completion as it stands; as `Reader` reads a label."""

    def read(self, wrote: str) -> Reading:
        """What ``wrote`` says without reasoning and other turns, and how it was read."""
        said, cut = without_reasoning(opened(wrote))
        text = first_turn(said).strip()
        if cut or not text:
            return Reading("", CUT_OFF if wrote.strip() else NONE)
        return Reading(text, EXACT if text == wrote.strip() else EXTRACTED)
