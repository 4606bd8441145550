"""What an answer cost: an additive receipt, and the ledger that collects receipts."""

from __future__ import annotations

from contextvars import ContextVar, Token
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

FIELDS = ("seconds", "joules", "dollars", "tokens_in", "tokens_out", "calls")
"""The columns of a cost array, in order. In an array, unknown is NaN, which is as contagious."""

_WHOLE = tuple(name in ("tokens_in", "tokens_out", "calls") for name in FIELDS)
"""Which columns hold counts."""


@dataclass(frozen=True, slots=True)
class Cost:
    """A receipt. Every field is additive; ``None`` means unknown and is contagious.

    Latency is deliberately absent: it does not add up (two calls may overlap), so it is a
    metric of a model, measured one text at a time, and not part of a bill.

    >>> Cost(tokens_in=3) + Cost(tokens_in=4, dollars=None)
    Cost(seconds=0.0, joules=0.0, dollars=None, tokens_in=7, tokens_out=0, calls=0)
    """

    seconds: float | None = 0.0
    joules: float | None = 0.0
    dollars: float | None = 0.0
    tokens_in: int | None = 0
    tokens_out: int | None = 0
    calls: int | None = 0

    def __add__(self, other: Cost) -> Cost:
        return Cost.of(self.row() + other.row())

    def row(self) -> Floats:
        """The receipt as an array of shape ``[6]`` in the order of `FIELDS`."""
        return np.array(
            [
                np.nan if x is None else x
                for x in (
                    self.seconds,
                    self.joules,
                    self.dollars,
                    self.tokens_in,
                    self.tokens_out,
                    self.calls,
                )
            ],
            dtype=np.float64,
        )

    @classmethod
    def of(cls, row: Floats) -> Cost:
        """The receipt that an array of shape ``[6]`` stands for."""
        pairs = zip(row.tolist(), _WHOLE, strict=True)
        return cls(*[None if v != v else round(v) if whole else v for v, whole in pairs])


FREE = Cost()
"""The zero of addition: what a cached or given answer costs."""

_open: ContextVar[tuple[Ledger, ...]] = ContextVar("underdog_open_ledgers", default=())


class Ledger:
    """Collects every charge made inside a ``with`` block, however deep the call.

    >>> with Ledger() as bill:
    ...     charge(Cost(tokens_in=3, calls=1))
    >>> bill.total.tokens_in
    3
    """

    def __init__(self) -> None:
        self._row = FREE.row()
        self._token: Token[tuple[Ledger, ...]] | None = None

    @property
    def total(self) -> Cost:
        """The sum of the receipts so far."""
        return Cost.of(self._row)

    def add(self, row: Floats) -> None:
        """Enter a receipt given as an array of shape ``[6]``."""
        self._row = self._row + row

    def __enter__(self) -> Ledger:
        self._token = _open.set((*_open.get(), self))
        return self

    def __exit__(self, *_: object) -> None:
        assert self._token is not None
        _open.reset(self._token)


def charge(cost: Cost | Floats) -> None:
    """Enter a receipt, or a column of receipts ``[texts, 6]``, in every open ledger.

    Leaf models call this, in the thread of their caller (context variables do not
    enter pool threads); combinators never do. That asymmetry is what makes "the sum of the
    answers' costs equals the ledger's total" a law worth testing.
    """
    if ledgers := _open.get():
        row = cost.row() if isinstance(cost, Cost) else cost.sum(axis=0)
        for ledger in ledgers:
            ledger.add(row)
