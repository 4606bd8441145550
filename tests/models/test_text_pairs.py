"""Single texts and pairs: never mixed, whoever is to learn from them."""

import pytest

from underdog.core.data import Dataset
from underdog.core.errors import UnderdogError
from underdog.models.features.text_pairs import paired, same_kind, sides
from underdog.runtime.registry import build


def test_they_are_told_apart():
    assert paired([("a", "b"), ("c", "d")])
    assert not paired(["a", "b"])
    assert not paired([])
    assert sides([("a", "b"), ("c", "d")]) == ["a", "c", "b", "d"]
    assert sides(["a", "b"]) == ["a", "b"]


def test_nothing_asked_is_of_either_kind():
    same_kind([], pairs=True)
    same_kind([], pairs=False)


@pytest.mark.parametrize(
    "recipe", ["linear()", "bayes()", "sklearn('naive_bayes.ComplementNB')", "bilstm(epochs=1)"]
)
def test_nobody_learns_from_a_mixture(recipe, moods):
    if "bilstm" in recipe:
        pytest.importorskip("torch")
    mixed = Dataset.of([*moods.texts, ("one", "other")], [*moods.labels, "pos"])
    with pytest.raises(UnderdogError, match="single texts and pairs are mixed"):
        build(recipe).fit(mixed)
