"""Reading a label out of what a model wrote."""

from __future__ import annotations

import re
from collections.abc import Sequence
from math import exp
from typing import TYPE_CHECKING

import numpy as np

from ..core.answer import ABSTAIN
from ..core.cost import Floats

if TYPE_CHECKING:
    from .store import Steps

AROUND = " \t\r\n.,:;!?\"'`*[](){}<>"
"""What may stand around a label without being part of it."""

ENOUGH = 0.5
"""The share of probability that must fall on labels for their proportions to mean something."""


def read_label(completion: str, labels: Sequence[str]) -> str:
    """The label that ``completion`` names first, or `ABSTAIN`.

    A completion that is a label, but for case, white space and punctuation around it, is that
    label. Otherwise the label mentioned first as a whole word counts; of two that begin at the
    same place, the longer.

    >>> read_label(" Positive, I think.", ["negative", "positive"])
    'positive'
    >>> read_label("not good", ["good", "not good"])
    'not good'
    >>> read_label("no idea", ["yes", "nope"])
    ''
    """
    said = completion.casefold()
    bare = said.strip(AROUND)
    for label in labels:
        if label.casefold() in (said.strip(), bare):
            return label
    found = []
    for label in labels:
        word = rf"(?<!\w){re.escape(label.casefold())}(?!\w)"
        if label and (match := re.search(word, said)):
            found.append((match.start(), -len(label), label))
    return min(found)[2] if found else ABSTAIN


def weigh(steps: Steps, labels: Sequence[str]) -> Floats | None:
    """Probability of each label, shape ``[labels]``, from those of the tokens; None: unclear.

    Walks along the tokens that were written until they fit one label only. On the way, every
    token that might have been written instead gives its probability to the label that it would
    have begun: in equal parts where it would have begun several and is none. What falls on no
    label is left out and the rest made to sum to 1, unless that rest is less than `ENOUGH`. The
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
    return mass / total if total >= ENOUGH else None


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
