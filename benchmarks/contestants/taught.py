"""Natural language inference with recorded teachers: more pairs, labelled by larger models.

Five transformers by other groups labelled 3,302 unlabelled pairs. The share of them that gives a
label is the soft label of a pair.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from examples.nli_study.pairs import official
from examples.trial import Question
from underdog.core.data import Dataset
from underdog.data.read import read

TEACHERS = (
    "AAP9002_RoBERTa_ens_C",
    "SamySam0_RoBERTaL_LoRA_C",
    "eugenelian_DeBERTa_C",
    "DennisK_RoBERTa_C",
    "nigelmj_RoBERTa_C",
)


def taught(folder: Path) -> Question:
    """The question of the study, with the pairs labelled by the recorded teachers added."""
    question = official(folder)
    file = folder / "comp34812_nli" / "test_predictions_by_group.csv"
    more = read(file, text=("premise", "hypothesis"), label=TEACHERS[0], split="").data
    votes = np.array([more.columns[name] for name in TEACHERS[1:]], np.float64)
    ones = np.mean([*votes, np.array(more.labels, np.float64)], axis=0)
    soft = np.column_stack([1 - ones, ones])
    sure = np.eye(2)[question.train.targets]
    both = Dataset.join([replace(question.train, soft=sure), replace(more, soft=soft)])
    return Question.of("nli, taught", "pairs that others labelled added", both, question.test)
