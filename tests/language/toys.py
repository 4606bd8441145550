"""Language models of three or five tokens, whose laws can be written out in full."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import product

import numpy as np

from underdog.core.errors import UnderdogError


@dataclass(frozen=True)
class Letters:
    """Tokens are letters; the last one ends a text, if ``ends``."""

    size: int = 5
    ends: bool = True

    @property
    def identity(self):
        return f"letters {self.size}"

    @property
    def end(self):
        return self.size - 1 if self.ends else -1

    @property
    def pieces(self):
        return [b"" if i == self.end else bytes([97 + i]) for i in range(self.size)]

    def encode(self, text):
        return [ord(c) - 97 for c in text if 0 <= ord(c) - 97 < self.size]

    def decode(self, ids):
        return "".join(chr(97 + i) for i in ids if i != self.end)


@dataclass(frozen=True)
class Read:
    texts: tuple
    can_forget: bool = True

    @property
    def length(self):
        return len(self.texts[0])

    def crop(self, length):
        assert length <= self.length
        if not self.can_forget:
            raise UnderdogError("the model cannot forget what it has read", "draft with lookup()")
        return Read(tuple(t[:length] for t in self.texts))

    def select(self, rows):
        return Read(tuple(self.texts[r] for r in rows))


@cache
def scores(seed, size):
    return np.random.default_rng(seed).normal(size=(size + 1, size + 1, size))


@dataclass(frozen=True)
class Toy:
    """Random scores that depend on the last two tokens; with ``sharp`` 0 it knows nothing."""

    seed: int = 0
    sharp: float = 1.0
    tokenizer: Letters = Letters()
    can_forget: bool = True

    def extend(self, ids, cache=None):
        size = self.tokenizer.size
        table = self.sharp * np.random.default_rng(self.seed).normal(
            size=(size + 1, size + 1, size)
        )
        texts = [list(t) for t in cache.texts] if cache else [[] for _ in ids]
        rows = []
        for text, new in zip(texts, ids.tolist(), strict=True):
            for token in new:
                text.append(token)
                rows.append(table[([size, *text])[-2], text[-1]])
        logits = np.array(rows).reshape(*ids.shape, size)
        return logits, Read(tuple(map(tuple, texts)), self.can_forget)


def law(model, prompt, length):
    """The probability of each sequence of ``length`` tokens after ``prompt``: a dictionary."""
    found = {}
    for tokens in product(range(model.tokenizer.size), repeat=length):
        logits, _ = model.extend(np.array([[*prompt, *tokens]]))
        rows = np.exp(logits[0] - logits[0].max(axis=-1, keepdims=True))
        rows /= rows.sum(axis=-1, keepdims=True)
        at = np.arange(length)
        found[tokens] = float(rows[len(prompt) - 1 + at, list(tokens)].prod())
    return found
