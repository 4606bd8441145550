"""A model of tokens read as one of bytes, so that models of any tokenizers can be combined."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ....core.cost import Floats
from ....core.errors import UnderdogError
from ....core.language import (
    Ids,
    LanguageModel,
    Logits,
    TokenCache,
    Tokenizer,
    complete,
    log_softmax,
)
from ....runtime.registry import register
from ....runtime.schema import Number
from ..tokenizers import Bytes
from .pieces import pieces_of

BYTES = Bytes()
Tokens = tuple[int, ...]


@register("bytewise", holds={"least": Number(0, 0.5)})
@dataclass(frozen=True)
class Bytewise:
    """``model`` over bytes: the probability of the next byte is that of all ways to go on.

    A text can be cut into tokens in many ways, and the byte that comes next may lie inside a token.
    All of them are added up (Vieira et al., ICML 2025; Hayase et al., 2025), so the law over texts
    stays the model's own. Ways with less than ``least`` of the probability of a text are
    dropped; with 0 none is, which only small vocabularies allow. The memory says in ``missing``
    how much was dropped. Tokens that only control are left out, save for the end.

    One way between two tokens is always kept, so that every text stays possible. Reads a byte at a
    time: about as many steps of the model as there are bytes, one by one.
    """

    model: LanguageModel
    least: float = 1e-3

    @property
    def tokenizer(self) -> Tokenizer:
        """256 bytes, and the end."""
        return BYTES

    def extend(self, ids: Ids, cache: Any = None) -> tuple[Logits, Covers]:
        """Log-probabilities of the next byte, ``[texts, bytes, 257]``.

        Raises `UnderdogError` if no token of the model can hold a byte, or if the spelling of its
        tokens is not known.
        """
        complete("bytewise", self.model)
        trie = _trie(self.model.tokenizer)
        rows = cache.rows if cache else ((),) * len(ids)
        known = dict(cache.known) if cache else {}
        found = np.empty((*ids.shape, BYTES.size))
        grown: list[tuple[State, ...]] = []
        for i, (row, new) in enumerate(zip(rows, ids.tolist(), strict=True)):
            states = list(row)
            for k, byte in enumerate(new):
                before = states[-1] if states else State((Cover((self.model.tokenizer.end,)),))
                is_start = not states and byte == BYTES.end
                state = before if is_start else self._after(before, byte, trie, known)
                states.append(state)
                found[i, k] = self._scores(state, trie, known)
            grown.append(tuple(states))
        alive = {cover.tokens for states in grown for cover in states[-1].covers}
        return found, Covers(tuple(grown), {t: c for t, c in known.items() if t in alive})

    def _after(self, state: State, byte: int, trie: Trie, known: dict[Tokens, Context]) -> State:
        """The ways that are left when ``byte`` has come."""
        ways: list[Cover] = []
        for cover in state.covers:
            probabilities = self._context(cover.tokens, trie, known).probabilities
            if byte == BYTES.end:
                chance = self._end(cover, known)
                if chance > 0:
                    start = (*cover.tokens, self.model.tokenizer.end)
                    ways.append(Cover(start, mass=cover.mass * chance))
                continue
            low, whole, high = trie.child(cover.low, cover.high, cover.depth, byte)
            for at in range(low, whole):
                mass = cover.mass * float(probabilities[at])
                ways.append(Cover((*cover.tokens, int(trie.tokens[at])), mass=mass))
            if whole < high:  # the byte may lie inside a longer token
                ways.append(replace(cover, low=whole, high=high, depth=cover.depth + 1))
        masses = np.array([self._mass(way, trie, known) for way in ways])
        if not masses.sum() > 0:
            raise UnderdogError(
                f"the model has no token that goes on with the byte {byte}",
                "combine it with models of its own tokenizer",
            )
        kept = masses > self.least * masses.sum() if self.least else masses > 0
        between = [i for i, way in enumerate(ways) if not way.depth]
        if between:  # from between two tokens every byte can follow, however strange
            kept[max(between, key=lambda i: float(masses[i]))] = True
        share = float(masses[kept].sum() / masses.sum())
        scale = masses[kept].sum()
        covers = [
            replace(way, mass=way.mass / scale) for way, k in zip(ways, kept, strict=True) if k
        ]
        return State(tuple(covers), 1 - (1 - state.missing) * share)

    def _mass(self, way: Cover, trie: Trie, known: dict[Tokens, Context]) -> float:
        """The probability of all that ``way`` may become."""
        if way.depth == 0:
            return way.mass
        probabilities = self._context(way.tokens, trie, known).probabilities
        return way.mass * float(probabilities[way.low : way.high].sum())

    def _scores(self, state: State, trie: Trie, known: dict[Tokens, Context]) -> Floats:
        total = np.zeros(BYTES.size)
        for cover in state.covers:
            context = self._context(cover.tokens, trie, known)
            low, high = (cover.low, cover.high) if cover.depth else (0, len(trie.tokens))
            letters = trie.letters[low:high, cover.depth]
            weights = context.probabilities[low:high]
            total[:256] += cover.mass * np.bincount(letters, weights, 256)
            total[BYTES.end] += cover.mass * self._end(cover, known)
        with np.errstate(divide="ignore"):
            found: Floats = np.log(total / total.sum())
        return found

    def _end(self, cover: Cover, known: dict[Tokens, Context]) -> float:
        """The probability that the text ends here, where no token is begun."""
        return 0.0 if cover.depth else known[cover.tokens].end

    def _context(self, tokens: Tokens, trie: Trie, known: dict[Tokens, Context]) -> Context:
        """What the model says after ``tokens``, read again where that was forgotten."""
        if tokens not in known:
            parent = known.get(tokens[:-1])
            memory = parent.memory.select([0]) if parent else None
            new = tokens[-1:] if parent else tokens
            logits, memory = self.model.extend(np.array([new], np.int64), memory)
            known[tokens] = Context.of(logits[0, -1], memory, trie, self.model.tokenizer.end)
        return known[tokens]


@dataclass(frozen=True)
class Cover:
    """One way to cut a text: whole ``tokens``, of the probability ``mass``, and the first
    ``depth`` bytes of one more, which is among those at ``low`` to ``high`` of the trie.
    """

    tokens: Tokens
    mass: float = 1.0
    low: int = 0
    high: int = -1
    depth: int = 0


@dataclass(frozen=True)
class State:
    """All ways to cut a text, and the share of its probability that was dropped so far."""

    covers: tuple[Cover, ...]
    missing: float = 0.0


@dataclass(frozen=True, eq=False)
class Context:
    """What the model says after some tokens: ``probabilities`` in the order of the trie, that of
    the ``end``, and its memory, which is copied before it is used.
    """

    probabilities: Floats
    end: float
    memory: TokenCache

    @classmethod
    def of(cls, logits: Logits, memory: TokenCache, trie: Trie, end: int) -> Context:
        """That of the scores ``logits``, ``[vocabulary]``, among what can be written."""
        usable = np.append(trie.tokens, end)
        chances = np.exp(log_softmax(logits[usable].astype(np.float64)))
        return cls(chances[:-1], float(chances[-1]), memory)


@dataclass(frozen=True, eq=False)
class Covers:
    """What `Bytewise` remembers: the states after each byte of each text, and what it knows of the
    last ones.
    """

    rows: tuple[tuple[State, ...], ...]
    known: dict[Tokens, Context]

    @property
    def length(self) -> int:
        """Bytes of each text."""
        return len(self.rows[0])

    @property
    def missing(self) -> float:
        """The largest share of a text's probability that was dropped."""
        return max(row[-1].missing for row in self.rows)

    def crop(self, length: int) -> Covers:
        """The memory of the first ``length`` bytes; the model reads these again."""
        return Covers(tuple([row[:length] for row in self.rows]), self.known)

    def select(self, rows: Sequence[int]) -> Covers:
        """A copy for the texts at ``rows``."""
        return Covers(tuple([self.rows[row] for row in rows]), self.known)


@dataclass(frozen=True, eq=False)
class Trie:
    """All tokens in the order of their bytes: those that begin alike stand side by side.

    ``letters``, ``[tokens, longest]``, holds the bytes, and ``lengths`` how many count.
    """

    tokens: NDArray[np.int64]
    letters: NDArray[np.uint8]
    lengths: NDArray[np.int64]

    @classmethod
    def of(cls, pieces: Sequence[bytes]) -> Trie:
        """That of tokens spelled ``pieces``; an empty one stands for a token that only controls."""
        order = sorted((i for i, piece in enumerate(pieces) if piece), key=lambda i: pieces[i])
        lengths = np.array([len(pieces[i]) for i in order])
        letters = np.zeros((len(order), int(lengths.max())), np.uint8)
        for row, i in enumerate(order):
            letters[row, : lengths[row]] = np.frombuffer(pieces[i], np.uint8)
        return cls(np.array(order), letters, lengths)

    def child(self, low: int, high: int, depth: int, byte: int) -> tuple[int, int, int]:
        """Where those of ``low`` to ``high`` stand whose next byte is ``byte``: first the ones that
        end with it, up to the second number, then longer ones.
        """
        high = high if depth else len(self.tokens)
        column = self.letters[low:high, depth]
        first = low + int(np.searchsorted(column, byte, "left"))
        last = low + int(np.searchsorted(column, byte, "right"))
        whole = first + int((self.lengths[first:last] == depth + 1).sum())
        return first, whole, last


def _trie(tokenizer: Tokenizer) -> Trie:
    if tokenizer.identity not in _TRIES:
        _TRIES[tokenizer.identity] = Trie.of(pieces_of(tokenizer))
    return _TRIES[tokenizer.identity]


_TRIES: dict[str, Trie] = {}
"""Those of the tokenizers seen so far: it takes a second to sort a vocabulary."""
