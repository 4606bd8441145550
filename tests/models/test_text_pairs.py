"""Single texts and pairs are never mixed in one fit."""

import pytest

from underdog.core.data import Dataset
from underdog.core.errors import UnderdogError
from underdog.models.features.text_pairs import are_pairs, flatten_pairs, require_same_kind
from underdog.runtime.registry import build


def test_single_texts_and_pairs_are_detected():
    assert are_pairs([("a", "b"), ("c", "d")])
    assert not are_pairs(["a", "b"])
    assert not are_pairs([])
    assert flatten_pairs([("a", "b"), ("c", "d")]) == ["a", "c", "b", "d"]
    assert flatten_pairs(["a", "b"]) == ["a", "b"]


def test_no_texts_are_accepted_as_either_kind():
    require_same_kind([], pairs=True)
    require_same_kind([], pairs=False)


@pytest.mark.parametrize(
    "recipe", ["linear()", "bayes()", "sklearn('naive_bayes.ComplementNB')", "bilstm(epochs=1)"]
)
def test_every_recipe_refuses_a_mixture(recipe, moods):
    if "bilstm" in recipe:
        pytest.importorskip("torch")
    mixed = Dataset.of([*moods.texts, ("one", "other")], [*moods.labels, "pos"])
    with pytest.raises(UnderdogError, match="single texts and pairs are mixed"):
        build(recipe).fit(mixed)
