"""Cross-fitted answers come back to their own rows, by models that saw the file's columns."""

from dataclasses import dataclass, replace

import numpy as np

from underdog.core.answer import ABSTAIN, Answers
from underdog.core.data import Dataset
from underdog.runtime.out_of_fold import held_out, out_of_fold


@dataclass(frozen=True)
class Witness:
    """Answers with the texts that it has learned from, and notes the columns that it was given."""

    seen: tuple[str, ...] = ()

    def fit(self, data, seed=0):
        assert set(data.columns) == {"gpt"}  # of the file, and nothing that cross-fitting added
        return Witness(tuple(data.texts))

    def answer(self, texts):
        said = ["seen" if text in self.seen else f"new: {text}" for text in texts]
        return Answers.said(said, np.zeros((len(said), 6)), "witness")


def test_answers_come_back_to_their_rows_from_models_that_have_not_seen_them():
    texts = [f"text {i % 40}" for i in range(60)]  # some stand twice, and stay together
    data = replace(Dataset.of(texts, ["a", "b"] * 30), columns={"gpt": ("x",) * 60})
    assert held_out(Witness(), data, 5, 0).values == tuple(f"new: {text}" for text in texts)
    rows = np.concatenate([fold.rows for fold in out_of_fold(Witness(), data, 5, 0)])
    assert sorted(rows.tolist()) == list(range(60))
    fold_of = data.fold_of(5, 0)
    assert [set(fold_of[fold.rows]) for fold in out_of_fold(Witness(), data, 5, 0)] == [
        {i} for i in range(5)
    ]


def test_texts_of_a_fold_that_cannot_be_fitted_are_abstained_on():
    data = replace(Dataset.of(["one"] * 4, ["a", "b"] * 2), columns={"gpt": ("x",) * 4})
    assert held_out(Witness(), data, 5, 0).values == (ABSTAIN,) * 4
