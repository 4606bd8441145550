"""Further texts without a language model: words left out, exchanged, or misspelled."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ...core.data import Dataset, Text, draw
from ...runtime.registry import register
from ...runtime.schema import Number
from .source import Made


@register("edits", holds={"times": Number(1, 100), "strength": Number(0, 1)})
@dataclass(frozen=True)
class Edits:
    """``times`` edited copies of each text (EDA: Wei & Zou, EMNLP 2019, without synonyms).

    Each word is left out, exchanged with its neighbour or misspelled with the probability
    ``strength`` in all. The label stays. Costs nothing but computation.
    """

    times: int = 1
    strength: float = 0.15

    def more(self, data: Dataset, seed: int = 0) -> Made:
        """Edited copies of the labelled texts of ``data``, drawn by ``seed`` and each text."""
        rows = [i for i in range(len(data)) if data.labels[i] is not None] * self.times
        texts = [
            self._edited(data.texts[i], f"edit {seed}:{n}:{data.texts[i]!r}")
            for n, i in enumerate(rows)
        ]
        made = replace(data.take(rows), texts=tuple(texts), groups=None)
        return Made(made, tuple((i,) for i in rows))

    def _edited(self, text: Text, key: str) -> Text:
        if not isinstance(text, str):
            return self._words(text[0], f"{key}/0"), self._words(text[1], f"{key}/1")
        return self._words(text, key)

    def _words(self, text: str, key: str) -> str:
        dice = np.random.default_rng(int(draw(key) * 2**32))
        words = text.split()
        edited: list[str] = []
        i = 0
        while i < len(words):
            chance = dice.random() / max(self.strength, 1e-9)
            if chance < 1 / 3 and len(words) > 1:
                i += 1
            elif chance < 2 / 3 and i + 1 < len(words):
                edited += [words[i + 1], words[i]]
                i += 2
            elif chance < 1:
                edited.append(_misspelled(words[i], int(dice.integers(len(words[i])))))
                i += 1
            else:
                edited.append(words[i])
                i += 1
        return " ".join(edited or words)


def _misspelled(word: str, at: int) -> str:
    """``word`` with the letters at ``at`` and after it exchanged, if it has more than three."""
    if len(word) < 4 or at + 1 >= len(word):
        return word
    return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
