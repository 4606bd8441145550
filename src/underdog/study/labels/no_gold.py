"""A log without right answers: what can be said when the large model's answers are all there is.

The small models learn from the large model's answers, and what is measured is how often they agree
with it. Where they differ, only a person can say which is right: see `adjudication`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from ...core.data import Dataset
from ...core.errors import UnderdogError
from ...core.reading import of_task, read_column
from ...core.reading.spelling import folded
from ...core.reading.stated import stated
from ...data.lists import joined
from ...evaluate.adjudication import Adjudication, Judgements
from ...runtime.formatting import percent, quoted
from ..rows import Summary
from ..test_set import TestSet
from ..verdict import DEFER, FOLDS, JUDGEMENTS, LABELS, SHIP, UNDECIDED, Verdict

MOST = 0.2
"""Distinct answers per answer above which a column holds sentences and not labels."""


def from_answers(
    data: Dataset, column: str, labels: Sequence[str] = ()
) -> tuple[Dataset, list[str]]:
    """The texts with an answer in ``column``, labelled with it; and notes on what was done.

    ``labels`` are the labels of the task; by default the answers that occur twice or more, spelled
    as most of them are. Rows whose answer gives no label are left out. Refuses a column that holds
    sentences, or fewer than two labels.
    """
    wrote = ["" if cell is None else str(cell).strip() for cell in data.columns[column]]
    task = replace(data.task, labels=tuple(labels) or _labels(wrote, column))
    values, _ = read_column(wrote, of_task(task))
    read = [i for i, value in enumerate(values) if value]
    taught = replace(data.relabelled(tuple(v or None for v in values)), task=task).take(read)
    notes = [
        f"no column of right answers: small models learn from {column!r}, and every accuracy is"
        f" agreement with it (name one with --label)",
        f"labels, from the answers: {', '.join(task.labels[:12])}"
        + (f" and {len(task.labels) - 12:,} more" if len(task.labels) > 12 else ""),
    ]
    several, example = joined(tuple(value or "" for value in values))
    if several:
        notes.append(
            f"{several:,} answers look as if they held several labels, such as {example!r}: each"
            " such combination is a label of its own, and agreement is of whole answers"
        )
    if left := len(data) - len(read):
        notes.append(f"rows skipped, because their answer gives none of the labels: {left:,}")
    return taught, notes


def _labels(wrote: Sequence[str], column: str) -> tuple[str, ...]:
    spellings: dict[str, Counter[str]] = {}
    for answer in filter(None, map(stated, wrote)):
        spellings.setdefault(folded(answer), Counter())[answer] += 1
    common = {key: seen for key, seen in spellings.items() if seen.total() > 1}
    answered = sum(bool(answer) for answer in wrote)
    if len(common) < 2 or len(spellings) > max(2.0, MOST * answered):
        raise UnderdogError(
            f"the answers in {column!r} are not a short list of labels:"
            f" {len(spellings):,} different ones in {answered:,} answers",
            "name the labels: --labels a,b,c",
        )
    return tuple(sorted(seen.most_common(1)[0][0] for seen in common.values()))


def agreement_verdict(
    found: Sequence[Summary],
    incumbent: str,
    gold: TestSet,
    margin: float,
    folder: str = "REPORT",
    trained_on: int = 0,
) -> Verdict:
    """The verdict on a study whose labels are the answers of ``incumbent``.

    SHIP where the small model differs so rarely that it cannot lose more than ``margin`` even if it
    is wrong wherever it differs; SHIP WITH DEFERRAL where a certificate promises that of the part
    it answers; else not enough evidence, with the number of judgements that would settle it by
    ``underdog adjudicate FOLDER``. ``trained_on`` texts could be tested on in turn.
    """
    small = next((s for s in found if s.spec != incumbent and not s.calls_out), None)
    if small is None:
        return Verdict(UNDECIDED, None, "No small model took part.", (), (), margin)
    texts = len(gold.texts)
    differing = round((1 - small.accuracy) * texts)
    question = Adjudication(texts, differing, margin)
    agrees = f"{small.spec} agrees with {incumbent} on {percent(small.accuracy)} of {texts:,} texts"
    basis = "there are no right answers: accuracy means agreement with the large model"
    if question.decision(Judgements()) == "ship":
        sentence = (
            f"Ship {agrees.replace(' agrees', ': it agrees', 1)}, so it loses less than"
            f" {100 * margin:g} points of accuracy even if it is wrong on all the others."
        )
        return Verdict(SHIP, small.spec, sentence, (basis,), (), margin)
    if not differing:
        return _all_agree(small.spec, agrees, basis, margin, trained_on)
    asks = f"{question.outlook(Judgements())}: underdog adjudicate {quoted(folder)}"
    defers = [s for s in found if s.certificate is not None and s.coverage > 0]
    if defers:
        best = max(defers, key=lambda s: s.coverage)
        proof = f"certified: {best.certificate.sentence}" if best.certificate else ""
        sentence = (
            f"Ship {best.spec}, which answers {percent(best.coverage)} itself and agrees with"
            f" {incumbent} on {percent(best.accuracy)} of {texts:,} texts."
        )
        against = (basis, f"{agrees}; {asks} --small {quoted(small.spec)}")
        return Verdict(DEFER, best.spec, sentence, (proof,), against, margin, proof)
    settled_by = JUDGEMENTS
    if trained_on and question.expected(Judgements()) >= differing:
        settled_by = FOLDS
        asks += f"; --folds 5 tests on all {texts + trained_on:,} texts, and finds more to judge"
    sentence = f"Not enough evidence: {agrees}; which one is right on the others is not known."
    rest = (asks,), (basis,), margin
    return Verdict(UNDECIDED, small.spec, sentence, *rest, settled_by=settled_by)


def _all_agree(small: str, agrees: str, basis: str, margin: float, trained_on: int) -> Verdict:
    """The verdict where two models agree on all texts, and these are too few to be sure."""
    few = f"they do not show yet that a loss is below the margin, {100 * margin:g} points"
    return Verdict(
        UNDECIDED,
        small,
        f"Not enough evidence: {agrees}, and that is too few texts.",
        (),
        (basis, f"{few}: {'test on all (--folds 5)' if trained_on else 'add rows'}"),
        margin,
        settled_by=FOLDS if trained_on else LABELS,
    )
