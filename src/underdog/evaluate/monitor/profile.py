"""A summary of the rows that a model was fitted or certified on: counts, and no text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...core.cost import Floats
from ...core.data import Text
from ...core.errors import UnderdogError
from . import words

BINS = 10
MOST = 5_000
"""Texts that are counted at most; of more, every second, third … is."""


@dataclass(frozen=True)
class Histogram:
    """How many values fell between ``edges``; one count more than edges. And their mean."""

    edges: tuple[float, ...]
    counts: tuple[int, ...]
    mean: float

    @classmethod
    def of(cls, values: Floats, edges: Sequence[float] | None = None) -> Histogram:
        """The histogram of ``values``, by default with bins that hold about equally many.

        A value that occurs often has a bin of its own, so that less and more are told from it.
        """
        if edges is None:
            inner = np.unique(np.quantile(values, np.linspace(0, 1, BINS + 1)[1:-1]))
            often = [edge for edge in inner if (values == edge).mean() > 1 / (2 * BINS)]
            edges = sorted({*map(float, inner), *(float(np.nextafter(e, np.inf)) for e in often)})
        bins = np.searchsorted(np.array(edges), values, side="right")
        counts = np.bincount(bins, minlength=len(edges) + 1)
        return cls(tuple(edges), tuple(map(int, counts)), float(values.mean()))


@dataclass(frozen=True, eq=False)
class Look:
    """What the model that is asked first did with some texts; None is not known.

    ``values`` are its answers, ``confidence`` how sure it was, ``deferred`` which texts it passed
    on, ``right`` which of its answers are the label; all of shape ``[texts]``.
    """

    values: tuple[str, ...]
    confidence: Floats | None = None
    deferred: NDArray[np.bool_] | None = None
    right: NDArray[np.bool_] | None = None


@dataclass(frozen=True)
class Profile:
    """Counts over ``rows`` texts, and over those ``answered`` by a model that had not seen them.

    ``measures`` are histograms by name, confidence among them; ``labels`` counts answers;
    ``deferred`` and ``right`` count texts, None where that is not known. ``source`` says in words
    which rows these are.
    """

    source: str
    rows: int
    vocabulary: str
    measures: Mapping[str, Histogram]
    answered: int = 0
    labels: Mapping[str, int] | None = None
    deferred: int | None = None
    right: int | None = None

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON, which `Profile.read` reads."""
        return asdict(self)

    @classmethod
    def read(cls, found: Any) -> Profile:
        """The profile in plain data; `UnderdogError` if there is none, or a damaged one."""
        if not found:
            raise UnderdogError(
                "this model keeps no summary of the rows it was fitted on",
                "compare with a file of such rows: --reference FILE",
            )
        try:
            measures = {
                str(name): Histogram(
                    tuple(map(float, h["edges"])), tuple(map(int, h["counts"])), float(h["mean"])
                )
                for name, h in found["measures"].items()
            }
            if any(len(h.counts) != len(h.edges) + 1 for h in measures.values()):
                raise ValueError("bins and edges do not agree")
            words.unpacked(found["vocabulary"])
            labels = found["labels"]
            return cls(
                str(found["source"]),
                int(found["rows"]),
                found["vocabulary"],
                measures,
                int(found["answered"]),
                labels and {str(k): int(n) for k, n in labels.items()},
                *(None if found[k] is None else int(found[k]) for k in ("deferred", "right")),
            )
        except (LookupError, TypeError, ValueError, AttributeError) as error:
            raise UnderdogError(
                f"the model's summary of its rows is damaged: {error}",
                "compare with a file of such rows: --reference FILE",
            ) from error


def profile(texts: Sequence[Text], look: Look | None = None, source: str = "") -> Profile:
    """The summary of ``texts``, and of what a model did with texts that were new to it.

    Half of the texts give the vocabulary, the other half the share of words outside it.
    """
    chosen = list(texts[:: -(-len(texts) // MOST) or 1])
    order = np.random.default_rng(0).permutation(len(chosen)).tolist()
    half = len(chosen) // 2
    bits = words.vocabulary([chosen[i] for i in order[:half]])
    found = words.measures(chosen)
    found["unknown"] = words.measures([chosen[i] for i in order[half:]], bits)["unknown"]
    if look is not None and look.confidence is not None:
        found["confidence"] = look.confidence
    return Profile(
        source,
        len(chosen),
        words.packed(bits),
        {name: Histogram.of(values) for name, values in found.items()},
        len(look.values) if look else 0,
        dict(Counter(look.values)) if look else None,
        None if look is None or look.deferred is None else int(look.deferred.sum()),
        None if look is None or look.right is None else int(look.right.sum()),
    )
