"""The same model learns from what was kept, from random, the longest and all, at equal tokens."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...core.cost import Floats
from ...core.data import Dataset
from ...models.language.ngram import NGram
from ...runtime.progress import step
from ...runtime.registry import spec
from ..curate import Curated
from ..pool.pool import Rows
from .interval import Difference, difference
from .judges import Judge, judge

MOST, FEW = 100_000, 20_000
"""Tokens of each part that a language model learns from, at most: a table, and a network."""

SEEDS = 3

WORSE = 1.05
"""How many times the loss of a table of counts a network may have that is believed."""

ARMS = ("kept", "random", "longest", "all")


def prove(found: Curated, recipe: Any, held: Dataset, seeds: int = SEEDS) -> dict[str, Any]:
    """What the ablation says, as plain data: a sentence, and what each part reached.

    ``recipe`` is a language model or a classifier, ``held`` texts that no selector has seen. Each
    part has as many tokens as was kept; a seed decides what is drawn and how the model begins.
    Raises `UnderdogError` if there are too few texts to judge by.
    """
    judging = judge(recipe, held)
    budget = int(found.survey.tokens[found.kept].sum())
    if judging.lower:
        budget = min(budget, MOST if judging.passes == 1 else FEW)
    if budget >= 0.9 * found.survey.tokens[_usable(found)].sum():
        return _nothing(recipe)
    names = ARMS if judging.passes > 1 else ARMS[:3]
    reached: dict[str, list[Floats]] = {name: [] for name in names}
    sizes = dict.fromkeys(names, 0)
    with step("proving", len(names) * seeds) as advance:
        for seed in range(seeds):
            for name in names:
                rows = drawn(found, name, budget * (judging.passes if name == "all" else 1), seed)
                part = found.pool.take(rows)
                sizes[name] = len(part)
                reached[name].append(judging.judged(part, budget * judging.passes, seed))
                advance(1)
    tables = {name: np.array(values) for name, values in reached.items()}
    said = _said(recipe, judging, budget, tables, sizes)
    if judging.passes > 1:
        said |= _doubted(said, found, budget, held)
    return said


def _doubted(said: dict[str, Any], found: Curated, budget: int, held: Dataset) -> dict[str, Any]:
    """What changes in what was ``said`` of a network, where counting teaches more than it learned.

    Its preferences say little then: one that has hardly learned likes whatever repeats itself.
    """
    part, table = found.pool.take(drawn(found, "random", budget, 0)), NGram()
    counted = float(judge(table, held).judged(part, budget, 0).mean())
    learned = next(arm["mean"] for arm in said["arms"] if arm["name"] == "random")
    if learned <= WORSE * counted:
        return {}
    return {
        "helped": False,
        "badge": "too little learned",
        "sentence": (
            f"Too little learned to tell: of {budget:,} random tokens this network reaches"
            f" {learned:.4f} {said['measure']}, and {spec(table)}, which only counts,"
            f" {counted:.4f}."
            f" What it says: {said['sentence']}"
        ),
    }


def _usable(found: Curated) -> Any:
    return ~found.survey.empty & ~found.survey.leaked & _alive(found)


def _alive(found: Curated) -> Any:
    alive = found.pool.alive
    return np.ones(found.pool.size, bool) if alive is None else alive


def drawn(found: Curated, name: str, budget: int, seed: int) -> Rows:
    """The documents of a part: of the kept, of all, or the longest; up to ``budget`` tokens."""
    usable = np.flatnonzero(found.kept if name == "kept" else _usable(found))
    tokens = found.survey.tokens[usable]
    order = np.random.default_rng([seed, ARMS.index(name)]).permutation(len(usable))
    if name == "longest":
        order = np.argsort(-tokens, kind="stable")
    total = np.cumsum(tokens[order])
    n = int(np.searchsorted(total, budget, side="left")) + 1
    return usable[order[:n]].astype(np.int64)


def _nothing(recipe: Any) -> dict[str, Any]:
    return {
        "helped": False,
        "badge": "not tested",
        "sentence": "Nearly everything was kept, so there is nothing to compare: keep less.",
        "method": "",
        "measure": "",
        "learner": spec(recipe),
        "arms": [],
    }


def _said(
    recipe: Any, judging: Judge, budget: int, tables: dict[str, Floats], sizes: dict[str, int]
) -> dict[str, Any]:
    sign = -1.0 if judging.lower else 1.0
    against = {
        name: difference(sign * (tables["kept"] - values))
        for name, values in tables.items()
        if name != "kept"
    }
    badge, helped = verdict(against["random"], against["longest"])
    seeds, texts = tables["kept"].shape
    arms = [
        {
            "name": name,
            "documents": sizes[name],
            "mean": float(values.mean()),
            "against": ""
            if name == "random"
            else str(difference(sign * (values - tables["random"]))),
        }
        for name, values in tables.items()
    ]
    return {
        "helped": helped,
        "badge": badge,
        "gain": against["random"].mean,
        "interval": [against["random"].low, against["random"].high],
        "against_longest": [against["longest"].low, against["longest"].high],
        "sentence": _sentence(judging, badge, against, tables),
        "method": (
            f"{spec(recipe)} learned from {budget:,} tokens of each part, with {seeds} seeds, and "
            f"was judged on {texts:,} texts that no selector has seen. Intervals are 95 % and "
            "count both the texts and the seeds."
        ),
        "measure": judging.measure,
        "learner": spec(recipe),
        "arms": arms,
    }


def verdict(random: Difference, longest: Difference) -> tuple[str, bool]:
    """What the differences from the two controls amount to, and whether curation helped."""
    if random.high < 0:
        return "random is better", False
    if random.low <= 0:
        return "random does as well", False
    if longest.low <= 0:
        return "helped, but the longest do as well", True
    return "helped", True


def _sentence(
    judging: Judge, badge: str, against: dict[str, Difference], tables: dict[str, Floats]
) -> str:
    gain, kept = against["random"], float(tables["kept"].mean())
    means = f"{judging.measure} {kept:.4f} against {float(tables['random'].mean()):.4f}"
    if badge == "random does as well":
        return f"Random does as well: {means}; the difference is {gain}."
    if badge == "random is better":
        return f"Random is better: {means}; what was kept is worse by {-gain}."
    better = "lower" if judging.lower else "higher"
    tail = "" if badge == "helped" else f"; against the longest it is {against['longest']}"
    by = f"{gain.mean:.4f} [{gain.low:.4f}, {gain.high:.4f}]"
    return f"Helped by {by}: {means} for random documents ({better} is better){tail}."
