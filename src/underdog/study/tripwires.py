"""Signs that the large model's answers, or the labels, were misread: then no verdict is spoken."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment
from scipy.stats import binom

from ..core.answer import Answers, places
from ..core.data import Dataset
from ..core.protocols import Learner, Model
from ..core.reading import Tally
from ..core.reading.spelling import compact
from ..core.reading.suggest import listed, options, suggested, turned
from ..models.recorded import Recorded, RecordedModel
from ..runtime.formatting import percent
from .rows import Summary
from .test_set import TestSet
from .verdict import UNDECIDED, Verdict

UNREAD = 0.1
"""The share of unread answers above which no verdict is spoken."""

SURE = 0.001
"""The error probability at which a permutation of the labels is taken to be the right one."""

FEWEST_OF_A_LABEL = 5
"""Test texts that each label of a permutation must have at least."""

FEWEST_COPIED = 50
"""Rows that must all agree before labels are taken to be copied from the answers, a fifth of them
of labels other than the commonest one: saying that one always agrees with most rows too."""


@dataclass(frozen=True)
class Tripwire:
    """What looks wrong, in a sentence without its full stop, and what to type."""

    name: str
    problem: str
    remedy: str


def spoken(said: Verdict, found: Sequence[Tripwire]) -> Verdict:
    """The verdict, unless something looks wrong: then what that is, and what to type."""
    if not found:
        return said
    first = found[0]
    return replace(
        said,
        decision=UNDECIDED,
        sentence=f"No verdict: {first.problem}. {first.remedy}.",
        reasons=(),
        notes=(),
        against=tuple(f"{wire.problem}. {wire.remedy}" for wire in found[1:]),
        deferral="not judged: the answers or the labels look misread",
        settled_by="",
    )


def tripwires(
    found: Sequence[Summary],
    incumbent: str,
    gold: TestSet,
    pairs: Sequence[tuple[Dataset, Dataset]] = (),
    large: Learner | Model | None = None,
    gold_known: bool = True,
) -> list[Tripwire]:
    """Everything that looks wrong with the answers of ``incumbent``, if it is a large model.

    ``pairs`` are the parts to train and to test on, in which ``large``, if it is recorded, is
    looked up row by row to see whether the labels are copies of its answers. Without
    ``gold_known`` they are, and only how the answers were read can be judged.
    """
    summary = next(s for s in found if s.spec == incumbent)
    if not summary.calls_out:
        return []
    answers = summary.runs[0].answers
    if not gold_known:
        unlabelled = _unlabelled(large, pairs[0][0]) if isinstance(large, Recorded) else ()
        return [*_alike(gold), *unlabelled]
    wires = [*_unread(answers, gold, incumbent)]
    if gold.kind == "label":
        wires = [*_alike(gold), *wires, *_permuted(answers, gold, incumbent)]
    if not wires and gold.kind == "label":
        wires += _below_majority(summary, gold)
    if isinstance(large, Recorded) and pairs:
        wires += _copied(large, pairs)
    return wires


def _alike(gold: TestSet) -> Iterator[Tripwire]:
    """Labels that are spellings of one another: "refund", "Refund", "refund "."""
    spelled: dict[str, Counter[str]] = {}
    for value, n in Counter(gold.values).items():
        spelled.setdefault(compact(value) or value, Counter())[value] += n
    twice = [names for names in spelled.values() if len(names) > 1]
    if twice:
        pairs = [(name, _cleanest(names)) for names in twice for name in names]
        pairs = [(name, label) for name, label in pairs if name != label]
        shown = ", ".join(map(repr, [name for names in twice for name in names][:4]))
        yield Tripwire(
            "spelled alike",
            f"{len(pairs)} labels are other spellings of a label, such as {shown}",
            f"If they mean the same, type {options(pairs)}",
        )


def _cleanest(names: Counter[str]) -> str:
    """The commonest spelling, rather one without white space around it."""
    return min(names, key=lambda name: (name != name.strip(), -names[name], name))


def _unread(answers: Answers, gold: TestSet, name: str) -> Iterator[Tripwire]:
    """More than a tenth of the answers give no label."""
    unread = [not value for value in answers.values]
    share = float(np.mean(unread))
    if share <= UNREAD:
        return
    tally = Tally.of(answers.readings)
    ways = "" if tally is None else "; ".join(tally.lines()[1:])
    problem = f"{sum(unread):,} of {len(unread):,} answers of {name} were not read"
    yield Tripwire(
        "unread",
        problem + (f" ({ways})" if ways else ""),
        remedy(answers, gold.values, gold.labels),
    )


def _unlabelled(large: Recorded, train: Dataset) -> Iterator[Tripwire]:
    """More than a tenth of all answers on record give no label, so their rows were left out."""
    model = large.fit(train)
    assert isinstance(model, RecordedModel)
    tally = Tally.of([how for how in model.readings if how != ("none", "")])
    if tally is not None and tally.unread > UNREAD * tally.total:
        yield Tripwire(
            "unread",
            f"{tally.unread:,} of {tally.total:,} answers in {large.column!r} were not read"
            f" ({'; '.join(tally.lines()[1:])})",
            "Look at the answers quoted, and name the labels: --labels a,b,c. Answers in other"
            " words are mapped with --map ANSWER=LABEL",
        )


def remedy(answers: Answers, gold: Sequence[str], labels: Sequence[str]) -> str:
    """What to type where answers were not read: a mapping, if answers and labels suggest one."""
    mapping = suggested(answers, gold) if answers.readings else ()
    if not mapping:
        return (
            "Look at the answers quoted. Answers in other words than the labels are mapped with"
            " --map ANSWER=LABEL; another column is named with --against COLUMN"
        )
    said = listed(dict.fromkeys(text for text, _ in mapping))
    return (
        f"Labels are {listed(labels)}; answers say {said}: type {options(turned(mapping, labels))}"
    )


def _permuted(answers: Answers, gold: TestSet, name: str) -> Iterator[Tripwire]:
    """The answers fit the labels far better if the labels trade places."""
    table = _table(answers, gold)
    said_as, meant = linear_sum_assignment(-table)
    moved = [(i, j) for i, j in zip(said_as, meant, strict=True) if i != j and table[i].sum()]
    moved = [
        (i, j) for i, j in moved if min(table[:, i].sum(), table[:, j].sum()) >= FEWEST_OF_A_LABEL
    ]
    wins, losses = (
        sum(int(table[i, k]) for i, k in ends) for ends in (moved, [(i, i) for i, _ in moved])
    )
    if wins <= losses or binom.sf(wins - 1, wins + losses, 0.5) > SURE:
        return
    pairs = [(gold.labels[i], gold.labels[j]) for i, j in moved]
    right = int(np.trace(table))
    yield Tripwire(
        "permuted",
        f"the answers of {name} fit the labels better if labels trade places:"
        f" {percent((right + wins - losses) / len(gold.values))} right instead of"
        f" {percent(right / len(gold.values))}",
        f"If the labels are numbered differently, type {options(pairs)}",
    )


def _table(answers: Answers, gold: TestSet) -> NDArray[np.intp]:
    """How often each label was answered where each was right, shape ``[labels, labels]``."""
    answered, right = answers.indices(gold.labels), places(gold.values, gold.labels)
    known = (answered >= 0) & (right >= 0)
    table = np.zeros((len(gold.labels), len(gold.labels)), dtype=np.intp)
    np.add.at(table, (answered[known], right[known]), 1)
    return table


def _below_majority(summary: Summary, gold: TestSet) -> Iterator[Tripwire]:
    """The large model is no better than one label for all, or than its answers in random order."""
    n, truths = len(gold.values), Counter(gold.values)
    label, most = truths.most_common(1)[0]
    said = Counter(summary.runs[0].answers.values)
    chance = sum(truths[value] * count for value, count in said.items()) / n**2
    if summary.accuracy < most / n:
        rival = f"less than always saying {label!r} ({percent(most / n)})"
    elif summary.accuracy * n <= min(binom.ppf(0.95, n, chance), n - 1):  # all right is no chance
        rival = f"no more than its answers in random order would be ({percent(chance)})"
    else:
        return
    yield Tripwire(
        "below majority",
        f"{summary.spec} is right on {percent(summary.accuracy)}, {rival}",
        "Check that the columns are the right ones: --label COLUMN, --against COLUMN. Answers in"
        " other words than the labels are mapped with --map ANSWER=LABEL",
    )


def _copied(large: Recorded, pairs: Sequence[tuple[Dataset, Dataset]]) -> Iterator[Tripwire]:
    """Every label of the file is, letter for letter, the recorded answer."""
    texts = [text for part in pairs[0] for text in part.texts]
    labels = [label for part in pairs[0] for label in part.labels]
    answers = large.fit(pairs[0][0]).answer(texts)
    exact = all(how == "exact" for how, _ in answers.readings)
    rarer = len(labels) - Counter(labels).most_common(1)[0][1]
    enough = len(texts) >= FEWEST_COPIED and 5 * rarer >= FEWEST_COPIED
    if enough and exact and list(answers.values) == labels:
        yield Tripwire(
            "copied",
            f"all {len(texts):,} labels equal column {large.column!r}: they look copied from the"
            " large model, so only agreement with it can be measured",
            "Name the column of labels that people gave: --label COLUMN",
        )
