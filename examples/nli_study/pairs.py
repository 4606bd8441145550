"""The pairs of the study, what their labels mean, and whose answers to them are on record."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from examples.trial import Question
from underdog.data.read import read

BILSTM, MISTRAL = "DennisK_BiLSTM_B_pred", "mistral7b_cot_pred"
"""The columns of answers on record."""

MEANING = (
    "Answer 0 if the second text contradicts the first, and 1 if it does not: 1 is also the "
    "answer where the first text neither implies nor contradicts the second."
)
"""What the labels mean; whoever prompts must say it."""


def official(folder: Path) -> Question:
    """The pairs of the study: its own test rows, and about a quarter of what it learned from."""
    place, columns = folder / "comp34812_nli", ("premise", "hypothesis")
    names = "train_substitute.csv", "dev_2024_with_predictions.csv"
    parts = [read(place / name, text=columns, label="label", split="").data for name in names]
    train, test = (replace(p, task=replace(p.task, instruction=MEANING)) for p in parts)
    return Question.of("nli", "train_substitute.csv and the development set of 2024", train, test)
