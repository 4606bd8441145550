"""Answers on record: which one counts, and what is not there."""

from dataclasses import replace

from underdog.core.data import Archive, Dataset
from underdog.models.recorded import Recorded


def test_of_equal_texts_the_first_answer_that_is_not_empty_counts():
    archive = Archive(("a", "b", "a", "a"), {"said": (None, "neg", "pos", "neg")})
    data = replace(Dataset.of(["a", "b"], ["pos", "neg"]), archive=archive)
    answers = Recorded("said", price=0.5).fit(data).answer(["a", "b", "c"])
    assert answers.values == ("pos", "neg", "")
    assert answers.costs[:2, 2].tolist() == [0.5, 0.5]
