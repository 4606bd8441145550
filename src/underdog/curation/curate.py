"""Curation from the first pass to the result: survey, scores, what is kept, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..core.cost import Floats
from ..core.data import Dataset
from ..core.errors import UnderdogError
from ..core.protocols import Selector
from ..runtime.registry import build, parts, spec
from .keeping import Keep
from .pool import Pool
from .pool.pool import Alive
from .scoring import scores
from .survey import NAMES, Survey, again, survey

BINS = 30
SHOWN = 5
"""Documents that are shown from either end, and from the border."""

LONGEST = 300
"""Letters of a document that are shown."""


@dataclass(frozen=True, eq=False)
class Curated:
    """What was kept of a pool, ``[size]``, by which scores, and all that the card says of it.

    ``facts`` are plain data: counts, the reasons for dropping, sources, distributions, examples.
    """

    pool: Pool
    survey: Survey
    scores: Floats
    kept: Alive
    facts: Mapping[str, Any]


def selector_of(said: str | Selector) -> Selector:
    """The selector that a spec describes; `UnderdogError` if it is none."""
    made = build(said) if isinstance(said, str) else said
    if not isinstance(made, Selector) or hasattr(made, "answer"):
        raise UnderdogError(
            f"{said!r} is no selector",
            "one of: random(), length(), duplicates(), rules(), dsir(), perplexity(), quality(), "
            "diverse(); see: underdog list",
        )
    return made


def curated(pool: Pool, by: Selector, keep: Keep, held: Dataset | None = None) -> Curated:
    """Choose from ``pool`` what ``by`` likes best; ``held`` are target texts that it never sees.

    Empty documents and those equal to a target text are never kept. Raises `UnderdogError` if
    nothing is left.
    """
    seen = survey(pool, held)
    left = ~seen.empty & ~seen.leaked
    if not left.any():
        raise UnderdogError("every document is empty", "name the column of the text: --text COLUMN")
    values = scores(by, pool.only(left))
    values = np.where(np.isnan(values), -np.inf, values)
    kept, note = keep.chosen(values, seen.tokens, pool.seed)
    if not kept.any():
        raise UnderdogError(f"{spec(by)} refuses every document", "choose another: --by length()")
    facts = _facts(pool, by, seen, values, kept)
    facts["notes"] = [*filter(None, [note, _leak(seen, pool), _copies(facts, by)])]
    return Curated(pool, seen, values, kept, facts)


def _leak(seen: Survey, pool: Pool) -> str:
    n = int(seen.leaked.sum())
    if not n or pool.target is None:
        return ""
    return f"leak: {n:,} documents of the pool are equal to a target text; they are dropped"


def _copies(facts: Mapping[str, Any], by: Selector) -> str:
    n = facts["duplicates"]["kept"]
    if not n:
        return ""
    return (
        f"{n:,} kept documents are equal to another kept one; to keep one of each: "
        f"--by 'then(duplicates(), {spec(by)})'"
    )


def _facts(pool: Pool, by: Selector, seen: Survey, values: Floats, kept: Alive) -> dict[str, Any]:
    alive = np.ones(pool.size, bool) if pool.alive is None else pool.alive
    refused = ~np.isfinite(values) & ~seen.empty & ~seen.leaked & alive
    reasons = Counter(
        {reason: n for told in pool.told.values() for reason, n in told.items() if type(n) is int}
    )
    dropped = {
        "empty, or not readable": int((seen.empty & alive).sum()),
        "equal to a target text": int((seen.leaked & ~seen.empty & alive).sum()),
        "held out to judge by": int((~alive).sum()),
        **{reason: n for reason, n in reasons.most_common() if n},
        "score too low": int((~kept & np.isfinite(values)).sum()),
    }
    if (other := int(refused.sum()) - sum(n for n in reasons.values())) > 0:
        dropped["refused by the selector"] = other
    return {
        "selector": spec(by),
        "parts": [spec(part) for part in parts(by)],
        "seed": pool.seed,
        "documents": pool.size,
        "tokens": int(seen.tokens.sum()),
        "kept": int(kept.sum()),
        "kept_tokens": int(seen.tokens[kept].sum()),
        "dropped": {reason: n for reason, n in dropped.items() if n},
        "border": float(values[kept].min()),
        "target": 0 if pool.target is None else len(pool.target),
        "told": {name: told for name, told in pool.told.items() if told},
        "duplicates": {"documents": again(seen.key[~seen.empty]), "kept": again(seen.key[kept])},
        "sources": _shares([seen.names[i] for i in seen.source], kept),
        "languages": _shares([NAMES[i] for i in seen.language], kept),
        "scores": _histogram(values[np.isfinite(values)], kept[np.isfinite(values)]),
        "lengths": _histogram(np.log10(np.maximum(seen.tokens, 1)), kept),
        "examples": _examples(pool, values, kept),
    }


def _shares(names: list[str], kept: Alive, most: int = 20) -> list[dict[str, Any]]:
    """For each name how many documents there are and how many are kept, the commonest first."""
    column = np.array(names, dtype=object)
    counts = Counter(names)
    return [
        {"name": name, "documents": n, "kept": int(kept[column == name].sum())}
        for name, n in counts.most_common(most)
    ]


def _histogram(values: Floats, kept: Alive) -> dict[str, list[float]]:
    if not len(values):
        return {"edges": [], "kept": [], "dropped": []}
    low, high = np.quantile(values, [0.005, 0.995])
    edges = np.linspace(low, high if high > low else low + 1, BINS + 1)
    inside = np.clip(values, edges[0], edges[-1])
    return {
        "edges": [float(edge) for edge in edges],
        "kept": np.histogram(inside[kept], edges)[0].astype(float).tolist(),
        "dropped": np.histogram(inside[~kept], edges)[0].astype(float).tolist(),
    }


def _examples(pool: Pool, values: Floats, kept: Alive) -> dict[str, list[dict[str, Any]]]:
    """Documents with the highest and lowest scores, on either side of the border, and refused."""
    real = np.flatnonzero(np.isfinite(values))
    order = real[np.argsort(-values[real], kind="stable")]
    inside = order[kept[order]]
    outside = order[~kept[order]]
    groups = {
        "best": inside[:SHOWN],
        "just kept": inside[SHOWN:][-SHOWN:],
        "just dropped": outside[:SHOWN],
        "worst": outside[SHOWN:][-SHOWN:],
        "refused": np.flatnonzero(~np.isfinite(values))[:SHOWN],
    }
    wanted = np.concatenate([*groups.values()])
    texts = dict(_texts(pool, wanted))
    return {
        name: [
            {"text": texts.get(row, "")[:LONGEST], "score": _said(values[row])}
            for row in rows.tolist()
        ]
        for name, rows in groups.items()
        if len(rows)
    }


def _said(score: float) -> float | None:
    return float(score) if np.isfinite(score) else None


def _texts(pool: Pool, rows: Any) -> list[tuple[int, str]]:
    from .pool.pool import rows_of, texts_of

    part = pool.take(rows)
    return list(zip(rows_of(part).tolist(), texts_of(part), strict=True))
