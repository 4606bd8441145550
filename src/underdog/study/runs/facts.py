"""Facts about a fitted model; of an ensemble, also how its members compare."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

import numpy as np

from ...combine.ensemble import Ensemble
from ...core.cost import Cost, Floats
from ...core.data import Dataset, Text
from ...core.description import Fact, describe
from ...core.protocols import Model
from ...evaluate.diversity import diversity, growth
from ...runtime.formatting import percent, seconds
from ...teach.auto import AutoModel

BATCH = 1000
"""Texts per batch: all members of an ensemble answer one batch before the next."""


def facts(model: Model, test: Dataset, fit: Cost, free: bool) -> tuple[Fact, ...]:
    """Everything known of how ``model`` was made; ``fit`` is the bill of making it.

    If asking is ``free``, the members of an ensemble are asked about ``test`` one by one. The
    test part chooses nothing here.
    """
    found = describe(model, test.texts)
    chosen = model.model if isinstance(model, AutoModel) else model
    if isinstance(chosen, Ensemble) and len(chosen.models) > 1:
        if chosen is model:
            found += _price(len(chosen.models), fit)
        if free and not chosen.weights:  # members that count alike stand for each other
            found += _members(chosen, test)
    return found


def _price(members: int, fit: Cost) -> tuple[Fact, ...]:
    if fit.seconds is None or fit.joules is None:
        return ()
    each = {"seconds": fit.seconds / members, "joules": fit.joules / members}
    says = f"each of {members} members took {seconds(each['seconds'])} to fit"
    return (Fact("member", f"{says} and about {each['joules']:,.3g} J", each),)


def _members(ensemble: Ensemble, test: Dataset) -> tuple[Fact, ...]:
    """Accuracy by the number of members, and how much they differ."""
    ballots, gold = _ballots(ensemble, test.texts), test.targets
    sizes, apart = growth(ballots, gold, ensemble.pool), diversity(ballots, gold)
    reached = (
        f"one member alone gives {percent(sizes[0].accuracy)} right answers,"
        f" all {len(sizes)} together {percent(sizes[-1].accuracy)}"
    )
    differ = (
        f"two members differ on {percent(apart.disagreement)} of the texts; their differences"
        f" take {apart.ambiguity:.3f} nats off a mean loss of {apart.member_loss:.3f}"
    )
    return (
        Fact("growth", reached, [asdict(size) for size in sizes]),
        Fact("diversity", differ, asdict(apart)),
    )


def _ballots(ensemble: Ensemble, texts: Sequence[Text]) -> Floats:
    """What each member says, ``[members, texts, labels]``.

    Members that look through the same encoder find each batch read already, but for the first.
    """
    batches = [texts[at : at + BATCH] for at in range(0, len(texts), BATCH)]
    said = [[m.answer(some).matrix(ensemble.labels) for m in ensemble.models] for some in batches]
    return np.concatenate(said, axis=1)
