"""Probabilities of labels, worked out from those of the tokens that a model wrote."""

from __future__ import annotations

from collections.abc import Sequence
from math import exp
from typing import TYPE_CHECKING

import numpy as np

from ...core.cost import Floats

if TYPE_CHECKING:
    from ...runtime.store import Steps

AROUND = " \t\r\n.,:;!?\"'`*[](){}<>"
"""What may stand before a label without being part of it."""

ENOUGH = 0.5
"""The share of probability that must fall on labels for their proportions to mean something."""

ENOUGH_CONSTRAINED = 0.01
"""That share where the server lets nothing but labels be written, whatever the model prefers."""


def label_probabilities(
    steps: Steps, labels: Sequence[str], enough: float = ENOUGH
) -> Floats | None:
    """Probability of each label, shape ``[labels]``, from those of the tokens; None: unclear.

    Walks along the tokens that were written until they fit one label only. On the way, every
    token that might have been written instead gives its probability to the label that it would
    have begun: in equal parts where it would have begun several and is none. What falls on no
    label is left out and the rest made to sum to 1, unless that rest is less than ``enough``. The
    alternatives are those that the endpoint tells of, so a label absent from them gets 0: an
    approximation.
    """
    names = [label.casefold().strip() for label in labels]
    mass, path, said = np.zeros(len(names)), 1.0, ""
    for (token, logprob), *others in steps:
        for other, chance in others:
            _give(mass, _meant(said + other, names), path * exp(chance))
        said, path = said + token, path * exp(logprob)
        if _plain(said) and len(_begun(said, names)) < 2:
            break
    _give(mass, _meant(said, names), path)
    total = mass.sum()
    return mass / total if total >= enough else None


def _begun(said: str, names: Sequence[str]) -> list[int]:
    """The labels that ``said`` is the beginning of, or that it begins with as a whole word."""
    said = _plain(said)
    if not said:
        return []
    return [
        k
        for k, name in enumerate(names)
        if name.startswith(said)
        or (said.startswith(name) and not (said[len(name)].isalnum() or said[len(name)] == "_"))
    ]


def _meant(said: str, names: Sequence[str]) -> list[int]:
    begun = _begun(said, names)
    return [k for k in begun if names[k] == _plain(said)] or begun


def _give(mass: Floats, to: Sequence[int], share: float) -> None:
    for k in to:
        mass[k] += share / len(to)


def _plain(said: str) -> str:
    return said.casefold().lstrip(AROUND + "\u2581\u0120")  # some servers tell raw word pieces
