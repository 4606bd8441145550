"""Several decisions about one text as one: in several orders of the options, or in two stages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ...core.answer import ABSTAIN
from ...core.cost import Floats
from ...core.reading import BY_ORDER, EXACT, NONE, REFUSAL
from .readings import REFUSED, Decision


def pooled(
    found: Sequence[Decision], options: Sequence[str]
) -> tuple[Floats | None, str, tuple[str, str]]:
    """The mean of decisions in several orders, shape ``[options]``; else a bare option, or nothing.

    The third is how the answer is read, as in `Answers.readings`.
    """
    known = [np.array(one.p) for one in found if one.p is not None]
    if known:
        tops = list(dict.fromkeys(options[int(p.argmax())] for p in known))
        reading = (BY_ORDER, ", ".join(tops)) if len(tops) > 1 else (EXACT, "")
        return np.mean(known, axis=0), "", reading
    bare = Counter(one.said for one in found if one.said)
    if bare:
        return None, bare.most_common(1)[0][0], (EXACT, "")
    refused = any(one.state == REFUSED for one in found)
    return None, ABSTAIN, (REFUSAL if refused else NONE, "")


def restored(found: Sequence[Decision], turns: Sequence[Sequence[int]]) -> list[Decision]:
    """The decisions with their probabilities in the order of the labels again."""
    return [
        one if one.p is None else spread_out(one, turn, len(turn))
        for one, turn in zip(found, turns, strict=False)  # a text that was refused has none
    ]


def spread_out(one: Decision, among: Sequence[int], options: int) -> Decision:
    """A decision among some options as one among all: the others have no chance."""
    if one.p is None:
        return one
    p = np.zeros(options)
    p[list(among)] = one.p
    return replace(one, p=tuple(p.tolist()))


def finalists(found: Sequence[Decision], parts: Sequence[range], each: int) -> list[int]:
    """The places of the ``each`` likeliest options of every group."""
    best: list[int] = []
    for one, part in zip(found, parts, strict=False):
        if one.p is not None:
            best += [part[k] for k in np.argsort(-np.array(one.p), kind="stable")[:each]]
    return sorted(best)
