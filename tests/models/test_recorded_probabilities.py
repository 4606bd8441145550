"""Probabilities on record: where they stand, what is none, and that they reach a study."""

import json
from dataclasses import replace

import numpy as np
import pytest

from underdog.combine.cascade import Cascade
from underdog.core.data import Archive, Dataset, Task
from underdog.core.errors import UnderdogError
from underdog.models.baselines import Majority
from underdog.models.recorded import Recorded
from underdog.models.recorded_probabilities import guessed, holds, probabilities
from underdog.runtime.persist import load, save
from underdog.study import compare
from underdog.testing import check_answers

MOODS = Task("moods", ("neg", "pos"))


def data_with(n=4, **columns):
    texts = tuple(f"text {i}" for i in range(n))
    archive = Archive(texts, {name: tuple(cells) for name, cells in columns.items()})
    labels = ["neg", "pos"] * (n // 2)
    return replace(Dataset.of(texts, labels), archive=archive, columns=archive.columns)


@pytest.mark.parametrize(
    ("cell", "row"),
    [
        ('{"pos": 0.75, "neg": 0.25}', [0.25, 0.75]),
        ("{'pos': 0.75, 'neg': 0.25}", [0.25, 0.75]),
        ({"pos": 0.75, "neg": 0.25}, [0.25, 0.75]),
        ('{"Pos.": "75%", "NEG": "25 %"}', [0.25, 0.75]),
        ('{"pos": 1.0}', [0, 1]),
        ('{"pos": 0.755, "neg": 0.25}', [0.2488, 0.7512]),
        ('[{"value": "pos", "probability": 0.75}, {"value": "neg", "probability": 0.25}]', None),
        ('{"choice": "pos", "probabilities": {"pos": 0.75, "neg": 0.25}}', [0.25, 0.75]),
        ('{"pos": 0.75, "neg": 0.2, "joy": 0.05}', [np.nan] * 2),
        ('{"pos": 0.75, "neg": 0.25, "joy": 0}', [0.25, 0.75]),
        ('{"pos": 0.75}', [np.nan] * 2),
        ('{"pos": 1.25, "neg": -0.25}', [np.nan] * 2),
        ('{"pos": NaN, "neg": 1.0}', [np.nan] * 2),
        ('{"pos": "high"}', [np.nan] * 2),
        ("", [np.nan] * 2),
        (None, [np.nan] * 2),
        ("pos", [np.nan] * 2),
        ("[" * 3000, [np.nan] * 2),
    ],
)
def test_a_cell_is_read_as_a_distribution_or_not_at_all(cell, row):
    sound = '{"neg": 1, "pos": 0}'
    found = probabilities(Archive(("a", "b"), {"p": (cell, sound)}), "p", MOODS)
    np.testing.assert_allclose(found[0], row or [0.25, 0.75], atol=1e-4)
    assert found[1].tolist() == [1, 0]


def test_probabilities_beside_answers_make_confidences():
    told = [{"neg": 0.9, "pos": 0.1}, {"neg": 0.4, "pos": 0.6}, {"neg": 0.2, "pos": 0.8}, None]
    cells = [json.dumps(one) if one else "" for one in told]
    data = data_with(jev=["neg", "pos", "neg", "pos"], jev_probs=cells)
    model = Recorded("jev", probs="jev_probs").fit(data)
    answers = model.answer((*data.texts, "unseen"))
    assert answers.values == ("neg", "pos", "neg", "pos", "")
    np.testing.assert_allclose(answers.confidence, [0.9, 0.6, 0, 0, 0])
    check_answers(answers)
    assert model.describe(data.texts)[-1].data == {"known": 2, "of": 4}


def test_probabilities_instead_of_answers_are_answers():
    cells = [json.dumps({"neg": p, "pos": 1 - p}) for p in (0.9, 0.4, 0.2)]
    data = data_with(jev=[*cells, "neg"])
    answers = Recorded("jev").fit(data).answer(data.texts)
    assert answers.values == ("neg", "pos", "pos", "neg")
    np.testing.assert_allclose(answers.confidence, [0.9, 0.6, 0.8, 0])
    assert {how for how, _ in answers.readings} == {"exact"}


def test_a_column_for_each_label_is_found_by_its_name():
    chances = {"jev_p_neg": [0.9, 0.4, 0.2, ""], "jev_p_pos": ["0.1", "0.6", "0.8", ""]}
    data = data_with(jev_answer=["neg", "pos", "pos", "pos"], **chances)
    assert guessed("jev_answer", data.archive.columns, data.task) == "jev_p"
    answers = Recorded("jev_answer", probs="jev_p").fit(data).answer(data.texts)
    np.testing.assert_allclose(answers.confidence, [0.9, 0.6, 0.8, 0])
    assert guessed("gpt", data.archive.columns, data.task) is None


def test_what_is_no_probability_is_refused_in_words():
    data = data_with(jev=["neg", "pos", "neg", "pos"], jev_probs=["0.9", "high", "", "{}"])
    with pytest.raises(UnderdogError, match="holds no probabilities"):
        Recorded("jev", probs="jev_probs").fit(data)
    with pytest.raises(UnderdogError, match="and none for each label, such as luna_neg"):
        Recorded("jev", probs="luna").fit(data)


def test_a_model_with_probabilities_is_saved(tmp_path):
    cells = [json.dumps({"neg": p, "pos": 1 - p}) for p in (0.9, 0.4, 0.2, 0.3)]
    data = data_with(jev=cells)
    save(Recorded("jev").fit(data), tmp_path / "model")
    again = load(tmp_path / "model").answer(data.texts)
    np.testing.assert_allclose(again.confidence, [0.9, 0.6, 0.8, 0.7])


def test_a_study_knows_how_sure_the_recorded_model_was(moods):
    sure = np.random.default_rng(0).uniform(0.6, 1.0, len(moods))
    cells = [
        json.dumps({y: p, "neg" if y == "pos" else "pos": 1 - p})
        for y, p in zip(moods.labels, sure.tolist(), strict=True)
    ]
    columns = {"jev": moods.labels, "jev_probs": tuple(cells)}
    data = replace(moods, columns=columns, archive=Archive(moods.texts, columns))
    study = compare([Majority()], data, against="jev")
    assert study.incumbent == "recorded('jev', probs='jev_probs')"
    summary = next(s for s in study.summaries if s.spec == study.incumbent)
    assert summary.runs[0].answers.probs is not None
    first = Recorded("jev", probs="jev_probs").fit(data)
    cascade = Cascade((first, Majority().fit(data)), (0.8,))
    assert 0 < sum(len(path) > 1 for path in cascade.answer(data.texts).paths) < len(data)


@pytest.mark.parametrize("kind", ["number", "text", "labels"])
def test_answers_of_other_kinds_are_never_taken_for_probabilities(kind):
    cells = ["1", "2", '{"a": 0.4, "b": 0.6}']
    assert not holds(cells, Task("q", ("a", "b") if kind == "labels" else (), kind=kind))
