"""Why an ensemble is better than its members, and what another member would bring."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..combine.pools import FLOOR, geometric, pool
from ..core.cost import Floats
from ..core.errors import UnderdogError

Gold = NDArray[np.intp]


@dataclass(frozen=True)
class Diversity:
    """``ensemble_loss`` is ``member_loss`` less ``ambiguity``, all in nats a text.

    ``disagreement`` is the share of texts to which two members give different labels, on average
    over pairs (Kuncheva & Whitaker, Machine Learning 2003); 0 for one member.
    """

    members: int
    member_loss: float
    ensemble_loss: float
    ambiguity: float
    disagreement: float


@dataclass(frozen=True)
class Size:
    """What ensembles of ``n`` members reach: means over the sets of members that were drawn."""

    n: int
    accuracy: float
    log_loss: float


def diversity(ballots: Floats, gold: Gold) -> Diversity:
    """The ambiguity decomposition of cross-entropy (Wood et al., JMLR 2023).

    ``ballots`` has the shape ``[members, texts, labels]``; ``gold`` is the place of the right
    label, ``[texts]``. The members are pooled by their normalised geometric mean, the only pool
    for which the members' mean loss exceeds the ensemble's by exactly their mean divergence
    from it: the ambiguity, which no label is needed to know.
    """
    _check(ballots, gold)
    ballots = np.maximum(ballots, FLOOR)
    ballots = ballots / ballots.sum(axis=-1, keepdims=True)
    members = len(ballots)
    pooled = geometric(ballots, np.full(members, 1 / members))
    texts = np.arange(len(gold))
    apart = (pooled * (np.log(pooled) - np.log(ballots))).sum(axis=-1)
    said = ballots.argmax(axis=-1)
    pairs = [(said[i] != said[j]).mean() for i in range(members) for j in range(i)]
    return Diversity(
        members,
        float(-np.log(ballots[:, texts, gold]).mean()),
        float(-np.log(pooled[texts, gold]).mean()),
        float(apart.mean()),
        float(np.mean(pairs)) if pairs else 0.0,
    )


def growth(
    ballots: Floats, gold: Gold, how: str = "geometric", draws: int = 50, seed: int = 0
) -> tuple[Size, ...]:
    """Accuracy and log loss against the number of members, from one to all.

    ``ballots`` and ``gold`` are as in `diversity`, ``how`` is the name of a pool. Each size is
    the mean over ``draws`` sets of members drawn at random, so that the order in which members
    were trained does not matter. Sets overlap: the sizes are not independent measurements.
    """
    _check(ballots, gold)
    rng = np.random.default_rng(seed)
    orders = [rng.permutation(len(ballots)) for _ in range(draws)]
    sizes = []
    for n in range(1, len(ballots) + 1):
        sets = Counter(tuple(sorted(order[:n].tolist())) for order in orders)
        found = [_reached(ballots[list(chosen)], gold, how) for chosen in sets]
        accuracy, loss = np.average(found, axis=0, weights=[*sets.values()]).tolist()
        sizes.append(Size(n, accuracy, loss))
    return tuple(sizes)


def _reached(ballots: Floats, gold: Gold, how: str) -> tuple[float, float]:
    pooled = pool(how)(ballots, np.full(len(ballots), 1 / len(ballots)))
    right = np.maximum(pooled[np.arange(len(gold)), gold], FLOOR)
    return float((pooled.argmax(axis=-1) == gold).mean()), float(-np.log(right).mean())


def _check(ballots: Floats, gold: Gold) -> None:
    if ballots.ndim != 3 or not ballots.size or ballots.shape[1:2] != gold.shape:
        raise UnderdogError(
            f"ballots of the shape {ballots.shape} do not go with {len(gold)} gold labels",
            "give one matrix of texts by labels for each member: answers.matrix(labels)",
        )
