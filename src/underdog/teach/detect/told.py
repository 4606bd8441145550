"""What a detector says of itself: its guarantee, its worth beside the length, and elsewhere."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from ...core.cost import Floats
from ...core.description import Fact
from .alarm import FalseAlarms
from .stack import Rows, Stack

Scored = tuple[Floats, NDArray[np.bool_]]


def facts(
    alarm: str,
    check: Rows,
    scores: Floats,
    kept: FalseAlarms | None,
    others: Mapping[str, Scored],
    made: Stack,
) -> tuple[Fact, ...]:
    """Facts about a detector that alarms for ``alarm``, from the ``scores`` of rows held out.

    ``others`` holds, for each domain, the scores of a detector that has not learned from it.
    """
    rows = ~np.isnan(scores)
    mine = check.mine[rows]
    inside = auroc(scores[rows], mine)
    length = np.array([float(sum(map(len, _sides(text)))) for text in check.data.texts])[rows]
    alone = auroc(length, mine)
    told = [Fact("alarm", f"alarms stand for {alarm!r}", alarm)]
    if kept is not None:
        caught = float((scores[rows][mine] > kept.threshold).mean()) if mine.any() else np.nan
        share = "" if np.isnan(caught) else f"; it finds {caught:.1%} of {alarm!r}"
        data = {"rate": kept.rate, "bound": kept.bound, "held": kept.kept, "found": _plain(caught)}
        told.append(Fact("false alarms", f"{kept.sentence}{share}", data))
    if np.isnan(inside):
        told.append(Fact("ranking", "too few texts held out to say how well it ranks", None))
    else:
        says = (
            f"AUROC {inside:.3f} on {len(mine):,} texts not learned from; length alone {alone:.3f}"
        )
        if max(alone, 1 - alone) > inside - 0.02:
            says += ": the length explains the score"
        told.append(Fact("ranking", says, {"auroc": inside, "length": alone}))
    apart = {name: auroc(*scored) for name, scored in others.items()}
    if apart:
        listed = ", ".join(f"{name} {value:.3f}" for name, value in apart.items())
        told.append(Fact("other domains", f"AUROC on a domain not learned from: {listed}", apart))
    else:
        unknown = "how it does on other kinds of text is not known: name a column, domain='COLUMN'"
        told.append(Fact("other domains", unknown, None))
    told.append(
        Fact("weights", f"weights of its parts: {_listed(made.weights)}", made.weights.tolist())
    )
    return tuple(told)


def auroc(scores: Floats, mine: NDArray[np.bool_]) -> float:
    """The chance that one of ``mine`` scores above one of the others; NaN without either."""
    from sklearn.metrics import roc_auc_score

    if not mine.any() or mine.all():
        return np.nan
    return float(roc_auc_score(mine, scores))


def _sides(text: object) -> tuple[str, ...]:
    """The answer of a pair (source, answer), or a text."""
    return (text,) if isinstance(text, str) else (text[1],) if isinstance(text, tuple) else ()


def _listed(weights: Floats) -> str:
    return ", ".join(f"{weight:.2f}" for weight in weights.tolist())


def _plain(value: float) -> float | None:
    return None if np.isnan(value) else value
