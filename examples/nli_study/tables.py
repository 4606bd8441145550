"""The tables and plots of the study of natural language inference."""

from __future__ import annotations

import re
from collections.abc import Sequence

from examples.nli_study.members import Grown
from examples.plots import curve
from examples.sheet import NONE, Sheet, decimal, within
from examples.summary import Record
from examples.tables import how_often
from examples.trial import Question
from underdog.runtime.formatting import percent, seconds

SIX = {
    "macro_precision": "macro precision",
    "macro_recall": "macro recall",
    "macro_f1": "macro F1",
    "weighted_f1": "weighted F1",
    "mcc": "MCC",
}
"""The metrics of the study beside accuracy."""

PUBLISHED = (
    ("BiLSTM baseline of the study", ".562", NONE),
    ("BERT-base baseline of the study", ".787", NONE),
    ("ensemble of 11 BiLSTMs on frozen RoBERTa embeddings, 11 M parameters", ".802", "25,944"),
    ("RoBERTa-large with LoRA, 356 M parameters", ".916", NONE),
    ("BiLSTM with fusion and attention (another group, on record here)", ".73", NONE),
    ("Mistral-7B Instruct, chain of thought (another development split)", ".760", NONE),
    ("Mistral-7B, QLoRA on 39,000 chains of thought (another development split)", ".896", "39,000"),
)
"""System, accuracy and pairs learned from, as their authors state them: not measured here."""


def scores(question: Question, told: Sequence[Record]) -> Sheet:
    """Six metrics by contestant."""
    head = ["", "accuracy", "95 %", *SIX.values()]
    rows = [
        [
            one["contestant"],
            decimal(one["accuracy"]),
            within(one["accuracy_low"], one["accuracy_high"]),
            *(decimal(one.get(name)) for name in SIX),
        ]
        for one in told
    ]
    learned = max((one["learned_from"] for one in told), default=0)
    notes = f"{learned:,} pairs to learn from, {len(question.test):,} to test on. {how_often(told)}"
    return Sheet("Six metrics", head, rows, notes)


def figure_3(name: str, grown: Grown, told: Sequence[Record]) -> Sheet:
    """Accuracy against the number of members."""
    rows = [[str(s.n), decimal(s.accuracy), decimal(s.log_loss)] for s in grown.sizes]
    notes = (
        "Means over sets of members drawn from all. Two members disagree on "
        f"{percent(grown.apart.disagreement)} of the pairs; the ambiguity is "
        f"{grown.apart.ambiguity:.3f} nats. Each member more takes {seconds(grown.training)} of "
        f"training and {seconds(grown.answering)} for 1,000 answers."
    )
    plain = re.sub(r"\W+", "-", name).strip("-")
    head, plots = ["members", "accuracy", "log loss"], {f"members-{plain}": members(grown, told)}
    return Sheet(f"Members of {name}", head, rows, notes, plots)


def members(grown: Grown, told: Sequence[Record]) -> str:
    """`figure_3` as a plot, with the accuracy of the others to compare."""
    rules = [
        (one["contestant"], one["accuracy"])
        for one in told
        if not one["contestant"].startswith(("ensemble", "majority"))
    ]
    axis = ("members of the ensemble", "accuracy")
    points = [(size.n, size.accuracy) for size in grown.sizes]
    return curve("Accuracy against the number of members", axis, points, rules)


def published(told: Sequence[Record]) -> Sheet:
    """What the study and others printed for these pairs, beside ours."""
    rows = [[f"published: {name}", value, learned] for name, value, learned in PUBLISHED]
    rows += [
        [f"here: {one['contestant']}", decimal(one["accuracy"]), f"{one['learned_from']:,}"]
        for one in told
        if not one["contestant"].startswith("recorded")
    ]
    notes = (
        "Published numbers are as their authors state them, and were not measured here. The file "
        "of the study has 26,944 pairs, four times ours, and its ensemble learned from 25,944 of "
        "them; their encoders are larger; they state no intervals."
    )
    return Sheet("Beside what was published", ["", "accuracy", "pairs learned from"], rows, notes)
