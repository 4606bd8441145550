"""Summaries and sentences from data, rated by people: which grader orders them as people do."""

from __future__ import annotations

import inspect
import tempfile
from collections.abc import Sequence
from functools import cache
from hashlib import sha256
from pathlib import Path

import numpy as np

from benchmarks.data import root
from underdog.core.cost import Floats
from underdog.data.outputs import Outputs, read_outputs
from underdog.evaluate.graders.average import Average
from underdog.evaluate.graders.features import features
from underdog.evaluate.graders.learned import out_of_fold
from underdog.evaluate.judging.agreement import agreement, inside
from underdog.evaluate.resample import bootstrap
from underdog.runtime.registry import build, spec

SUMMARIES = (
    "overlap()",
    "overlap(grams=3)",
    "chrf()",
    "token_f1()",
    "bertscore()",
    "bertscore(against='source', part='precision')",
)
"""Graders that do without ratings, on which `learned` learns."""

SOURCE = "bertscore(against='source', part='precision')"
ALONE = (*SUMMARIES, *(SOURCE.replace("(", f"(layer={n}, ") for n in (3, 4, 5)))
TOGETHER = tuple(
    f"average([overlap(grams=3), {', '.join(beside)}], weights={[1, *[4] * len(beside)]})"
    for beside in ((SOURCE,), (ALONE[-3],), (ALONE[-1],), (SOURCE, ALONE[-3]))
)
"""Graders, and means of them, of which the best on Rank19 and Newsroom is measured on SummEval.

On these two sets, grades of BERTScore vary less than copied runs by a factor of two to four.
"""

KEPT = Path(tempfile.gettempdir()) / "underdog-judging"
"""Where grades are kept, so that a run that was stopped goes on."""

SENTENCES = ("rouge()", "bleu()", "chrf()", "bertscore(layer=4)", "word_count()")
SETS = ("BAGEL", "SFHOT", "SFRES")


def untrained() -> Sequence[Sequence[str]]:
    """No rating is learned from; the grader is chosen on two other sets."""
    lines, length = [], _summeval("word_count()")
    for names, of in ((ALONE, "graders"), (TOGETHER, "averages")):
        chosen = max(names, key=lambda name: _newsroom(name) + 2 * _rank19(name) - 1)
        mine, (low, high) = _summeval(chosen), _beyond(chosen, "word_count()")
        what = f"`{chosen}`, of {len(names)} {of} the best on Rank19 and Newsroom"
        beyond = f"beyond length ({length:.3f}) by {mine - length:.3f} [{low:.3f}, {high:.3f}]"
        lines.append(("", what, ".30", f"{mine:.3f}; {beyond}"))
    about = "SummEval, no training: mean Spearman inside a document"
    return [(about, *lines[0][1:]), lines[1]]


def learned() -> Sequence[Sequence[str]]:
    """Five folds of documents: each is graded by a model of the ratings of the others."""
    outputs, ratings = _summaries("SummEval.jsonl.xz")
    groups = outputs.data.groups or ()
    own = features(outputs.data.texts, outputs.values, outputs.data)
    rows = np.column_stack([*(_grades("SummEval.jsonl.xz", name) for name in SUMMARIES), own])
    found = []
    for name, rating in ratings.items():
        value, _, _ = inside(out_of_fold((), rows, rating, groups), rating, groups)
        found.append((name.removeprefix("human_"), value or 0.0))
    each = ", ".join(f"{name} {value:.3f}" for name, value in found)
    mean = float(np.mean([value for _, value in found]))
    said = f"`learned` on {len(SUMMARIES)} graders, mean of four dimensions ({each})"
    return [("SummEval, five folds of documents", said, ".45; stretch .474", f"{mean:.3f}")]


def data_to_text() -> Sequence[Sequence[str]]:
    """Spearman with informativeness, over all sentences of a set."""
    lines = []
    for name in SETS:
        outputs = read_outputs(
            root() / "bartscore_d2t" / f"{name}.jsonl", {"rating": "human_informativeness"}
        )
        assert outputs.ratings is not None
        lengths = build("word_count()").grade(outputs.data.texts, outputs.values, outputs.data)
        found = []
        for metric in SENTENCES:
            grades = build(metric).grade(outputs.data.texts, outputs.values, outputs.data)
            known = agreement(grades, outputs.ratings.values, lengths, outputs.data.groups or ())
            found.append(f"{metric.removesuffix('()')} {known.value if known else 0.0:.3f}")
        about = f"{name}, {len(outputs):,} rated sentences"
        lines.append((about, "Spearman with informativeness", "BERTScore first", "; ".join(found)))
    return lines


@cache
def _summaries(file: str) -> tuple[Outputs, dict[str, Floats]]:
    outputs = read_outputs(root() / "bartscore_sum" / file, {"rating": ""})
    names = [name for name in outputs.sheet.columns if name.startswith("human_")]
    cells = outputs.sheet.columns
    return outputs, {n: np.array([float(x or 0.0) for x in cells[n]]) for n in names}


@cache
def _grades(file: str, name: str) -> Floats:
    outputs, _ = _summaries(file)
    grader = build(name)
    if isinstance(grader, Average):
        parts = np.stack([_grades(file, spec(one)) for one in grader.graders])
        return np.average(parts, axis=0, weights=grader.weights)
    code = inspect.getsource(inspect.getmodule(type(grader)))
    key = sha256(f"{file} {name} {code}".encode()).hexdigest()[:16]
    if not (path := KEPT / f"{key}.npy").exists():
        KEPT.mkdir(exist_ok=True)
        np.save(path, grader.grade(outputs.data.texts, outputs.values, outputs.data))
    return np.load(path)


def _summeval(name: str) -> float:
    return _inside("SummEval.jsonl.xz", name)


def _newsroom(name: str) -> float:
    return _inside("Newsroom.jsonl", name)


def _inside(file: str, name: str) -> float:
    outputs, ratings = _summaries(file)
    groups = outputs.data.groups or ()
    each = [inside(_grades(file, name), rating, groups)[0] or 0.0 for rating in ratings.values()]
    return float(np.mean(each))


def _rank19(name: str) -> float:
    """The share of pairs of a right and a wrong sentence that are ordered rightly."""
    outputs, ratings = _summaries("Rank19.jsonl")
    right, grades = next(iter(ratings.values())), _grades("Rank19.jsonl", name)
    rows: dict[str, list[int]] = {}
    for i, group in enumerate(outputs.data.groups or ()):
        rows.setdefault(group, []).append(i)
    wins = []
    for mine in rows.values():
        good, bad = ([i for i in mine if right[i] == side] for side in (1.0, 0.0))
        if good and bad:
            wins.append(np.sign(grades[good[0]] - grades[bad[0]]) / 2 + 0.5)
    return float(np.mean(wins))


def _beyond(name: str, other: str) -> tuple[float, float]:
    """The interval of the difference of two graders on SummEval, over documents."""
    outputs, ratings = _summaries("SummEval.jsonl.xz")
    groups = np.array(outputs.data.groups)
    gaps = []
    for group in dict.fromkeys(groups.tolist()):
        rows = groups == group
        sides = []
        for one in (name, other):
            grades = _grades("SummEval.jsonl.xz", one)[rows]
            each = [_rho(grades, rating[rows]) for rating in ratings.values()]
            sides.append(float(np.mean(each)))
        gaps.append(sides[0] - sides[1])
    values = np.array(gaps)
    drawn = np.concatenate(
        [w.T @ values / w.sum(axis=0) for w in bootstrap(len(values), None, 1000, 0)]
    )
    return float(np.quantile(drawn, 0.025)), float(np.quantile(drawn, 0.975))


def _rho(grades: Floats, rating: Floats) -> float:
    from scipy.stats import spearmanr

    if np.ptp(grades) == 0 or np.ptp(rating) == 0:
        return 0.0
    return float(spearmanr(grades, rating).statistic)
