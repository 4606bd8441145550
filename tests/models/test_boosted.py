"""Boosted trees: they say what the library says, look where they may, and gain by columns."""

from dataclasses import replace

import numpy as np
import pytest
from conftest import moods

from underdog.core.data import Archive, Dataset
from underdog.core.errors import UnderdogError
from underdog.models.boosted import Boosted
from underdog.models.boosted.columns import EncodedColumns, usable_columns
from underdog.models.boosted.row_lookup import RowLookup
from underdog.models.boosted.trees import Sample, Trees, grow
from underdog.models.linear.recipe import Linear
from underdog.runtime.persist import load, save
from underdog.study.splits import parts
from underdog.testing import check_learner, check_model


def tabled(data, **columns):
    """The data with columns, as a file with them is read."""
    columns = {name: tuple(cells) for name, cells in columns.items()}
    return replace(data, columns=columns, archive=Archive(data.texts, columns))


def shop(n=400, seed=0):
    """Orders: the note says little, weight and country determine the carrier."""
    rng = np.random.default_rng(seed)
    weight, country = rng.uniform(0, 30, n).round(1), rng.choice(["de", "fr", "us"], n)
    carrier = np.where(weight > 20, "truck", np.where(country == "us", "plane", "bike"))
    carrier = np.where(rng.random(n) < 0.05, rng.choice(["truck", "plane", "bike"], n), carrier)
    notes = [f"order {i} {'ring the bell' if i % 3 else 'leave it there'}" for i in range(n)]
    weights = [None if i % 17 == 0 else w for i, w in enumerate(weight.tolist())]
    data = Dataset.of(notes, carrier.tolist(), name="orders")
    return tabled(data, weight=weights, country=country.tolist())


@pytest.fixture(scope="module")
def orders():
    return shop().split(0.25)


@pytest.fixture(scope="module")
def fitted(orders):
    return Boosted().fit(orders[0])


def right(model, data):
    said = model.answer(data.texts).values
    return np.mean([a == b for a, b in zip(said, data.labels, strict=True)])


def test_columns_that_matter_are_used(orders, fitted):
    train, test = orders
    assert right(fitted, test) > 0.85
    assert right(Linear().fit(train), test) < 0.65
    assert right(Boosted(columns=("country",)).fit(train), test) < right(fitted, test) - 0.1


def test_it_describes_the_columns_it_uses(orders, fitted):
    facts = {fact.name: fact for fact in fitted.describe((*orders[1].texts, "unheard of"))}
    assert facts["columns"].data == ["weight", "country"]
    assert facts["trees"].data > 0
    assert facts["rowless"].data == 1


def test_a_text_in_no_row_is_answered_by_its_words(fitted):
    asked = ["order 1 ring the bell", "an order of something else"]
    assert np.array_equal(fitted.answer(asked[1:]).probs, fitted.text.answer(asked[1:]).probs)
    assert not np.array_equal(fitted.answer(asked[:1]).probs, fitted.text.answer(asked[:1]).probs)


def test_a_model_can_be_given_the_rows_of_another_file(fitted):
    other = shop(80, seed=5)
    other = tabled(
        replace(other, texts=tuple([f"{text}, please" for text in other.texts])), **other.columns
    )
    facts = fitted.knowing(other.archive)
    assert right(facts, other) > right(fitted, other) + 0.2
    with pytest.raises(UnderdogError, match="no column 'country'"):
        fitted.knowing(Archive(other.texts, {"weight": other.columns["weight"]}))


def test_columns_of_a_test_part_from_another_file_are_found(orders):
    train, test = orders
    apart = tuple([f"{text}!" for text in test.texts])
    test = tabled(replace(test, texts=apart), **test.columns)
    (joined, asked), *_ = parts(train, test, 0)[0]
    assert right(Boosted().fit(joined), asked) > 0.85


def test_the_contract_is_kept_with_columns(orders):
    check_learner(Boosted(), orders[0])
    check_learner(Boosted(columns=("weight",)), orders[0])


def test_a_saved_model_holds_no_texts_of_the_archive(fitted, orders, tmp_path):
    _, test = orders
    save(fitted, tmp_path / "model")
    assert np.array_equal(
        load(tmp_path / "model").answer(test.texts).probs, fitted.answer(test.texts).probs
    )
    held = b"".join(path.read_bytes() for path in (tmp_path / "model").iterdir())
    assert test.texts[0].encode() not in held


@pytest.mark.parametrize("labels", [2, 4])
def test_trees_agree_with_the_library(labels):
    from sklearn.ensemble import HistGradientBoostingClassifier

    rng = np.random.default_rng(1)
    rows = rng.normal(size=(600, 5))
    y = (rows[:, 0] + rows[:, 1] ** 2 + rng.normal(size=600) / 3 > 0.5).astype(int)
    y = y + 2 * (rows[:, 2] > 0) if labels == 4 else y
    rows[rng.random(rows.shape) < 0.2] = np.nan
    machine = HistGradientBoostingClassifier(max_iter=30, random_state=0).fit(rows, y)
    asked = np.vstack([rng.normal(size=(1500, 5)), np.full((1, 5), np.nan)])
    margins = Trees.of(machine, labels + 1).margins(asked)
    assert (margins[:, labels] == -np.inf).all(), "a label that was never seen"
    probs = np.exp(margins - margins.max(axis=1, keepdims=True))
    probs /= probs.sum(axis=1, keepdims=True)
    assert np.allclose(probs[:, :labels], machine.predict_proba(asked), atol=1e-9)


def test_a_soft_label_weighs_its_row_for_each_label():
    rows = np.repeat([[0.0], [1.0]], 200, axis=0)
    gold = np.repeat([[0.8, 0.2], [0.1, 0.9]], 200, axis=0)
    margins = grow(Sample(rows, gold), seed=0, rounds=200).margins(rows[[0, -1]])
    sure = 1 / (1 + np.exp(margins[:, 0] - margins[:, 1]))
    assert sure == pytest.approx([0.2, 0.9], abs=0.02)


def test_an_unknown_tree_format_is_refused(monkeypatch):
    rows, gold = np.random.default_rng(0).normal(size=(90, 2)), np.eye(2)[np.arange(90) % 2]
    honest = Trees.margins
    monkeypatch.setattr(Trees, "margins", lambda trees, rows: honest(trees, rows) + 1e-3)
    with pytest.raises(UnderdogError, match="scikit-learn"):
        grow(Sample(rows, gold), seed=0, rounds=3)


def test_cells_are_numbers_indicators_or_missing():
    train = {
        "age": (*range(50), "old", None),
        "plan": ("gold",) * 26 + ("basic",) * 20 + ("odd", "rare", "", "", None, None),
        "note": tuple(f"text {i}" for i in range(52)),
        "same": ("x",) * 52,
    }
    columns = EncodedColumns.learn(train)
    assert columns.names == ("age", "plan")
    assert columns.values == ((), ("gold", "basic"))
    asked = {"age": (3, "7.5", "inf", ""), "plan": (" gold ", "new", None, "basic")}
    cells = columns.cells(asked, 4)
    gap = np.nan
    assert np.array_equal(
        cells, [[3, 1, 0], [7.5, 0, 0], [gap, gap, gap], [gap, 0, 1]], equal_nan=True
    )


def test_cells_on_which_the_rows_of_a_text_disagree_are_missing():
    known = RowLookup.of(["a", "b", "a"], np.array([[1.0, 2.0], [3.0, np.nan], [1.0, 9.0]]))
    cells, found = known.find(["a", "b", "c", ("a", "b")])
    gap = np.nan
    assert np.array_equal(cells, [[1, gap], [3, gap], [gap, gap], [gap, gap]], equal_nan=True)
    assert found.tolist() == [True, True, False, False]


def test_many_texts_with_conflicting_rows_are_a_warning():
    data = shop(60)
    same = tabled(replace(data, texts=("leave it there",) * 30 + data.texts[30:]), **data.columns)
    with pytest.warns(
        UserWarning, match="30 of 60 texts occur in several rows whose columns disagree"
    ):
        Boosted().fit(same)


def test_columns_that_reveal_the_label_are_left_out_and_named():
    data = moods(200)
    code = {"pos": 7, "neg": 3}
    rows = {
        "gpt4_answer": ["x"] * 200,
        "judge": [y if i % 3 else "pos" for i, y in enumerate(data.labels)],
        "code": [code[y] for y in data.labels],
        "patient": [f"p{i // 2}" for i in range(200)],
        "length": [len(text) for text in data.texts],
    }
    data = tabled(replace(data, groups=tuple(rows["patient"])), **rows)
    with pytest.warns(UserWarning, match="uses the columns 'length' and leaves out") as heard:
        used = usable_columns(data, None)
    assert list(used) == ["length"]
    facts = str(heard[0].message)
    for name, doubt in (
        ("gpt4_answer", "named like recorded answers"),
        ("judge", "its values are labels"),
        ("code", "determines the label on its own"),
        ("patient", "the groups"),
    ):
        assert f"'{name}' ({doubt}" in facts
    assert list(usable_columns(data, ["code"])) == ["code"]  # named columns are always used
    assert usable_columns(data, []) == {}


def test_a_legitimate_yes_no_column_is_used():
    data = moods(200)
    data = replace(
        data,
        task=replace(data.task, labels=("no", "yes")),
        labels=tuple(["yes" if y == "pos" else "no" for y in data.labels]),
    )
    assert list(usable_columns(tabled(data, member=["yes", "no", "no", "yes"] * 50), None)) == [
        "member"
    ]


def test_a_legitimate_column_is_used_with_a_rare_label():
    labels = ["fraud" if i % 100 == 0 else "fine" for i in range(400)]
    data = Dataset.of([f"payment {i}" for i in range(400)], labels)
    assert list(usable_columns(tabled(data, card=["visa", "other card"] * 200), None)) == ["card"]
    copy = tabled(data, flag=[labels[i] == "fraud" for i in range(400)])
    with pytest.warns(UserWarning, match="determines the label"):
        assert not usable_columns(copy, None)


def test_a_single_name_is_accepted_as_a_list_of_one():
    from underdog.runtime.registry import build, spec

    assert Boosted("weight") == Boosted(("weight",)) == build("boosted('weight')")
    assert spec(Boosted(["weight"])) == "boosted(columns=['weight'])"


def test_a_column_that_is_not_there_is_refused(orders):
    for name in ("wieght", "label"):
        with pytest.raises(UnderdogError, match=f"no column {name!r}") as error:
            Boosted(columns=(name,)).fit(orders[0])
        assert "'weight'" in error.value.hint


def test_without_columns_it_is_about_as_good_as_linear():
    data, asked = moods(400, noise=9), moods(440, noise=9).take(range(400, 440))
    model = Boosted().fit(data)
    assert right(model, asked) >= right(Linear().fit(data), asked) - 0.05
    check_model(model, ["a great film", "", "dull 🎬 ünïcode"])


def test_very_few_examples_grow_no_trees():
    data = moods(12, noise=99)
    model = Boosted().fit(data)
    assert model.trees is None
    assert np.allclose(model.answer(data.texts).probs, Linear().fit(data).answer(data.texts).probs)


def test_one_label_is_refused_and_so_is_the_other_kind_of_text(fitted):
    with pytest.raises(UnderdogError, match="every training example"):
        Boosted().fit(Dataset.of(["a film", "a cast"], ["pos", "pos"]))
    with pytest.raises(UnderdogError, match="single texts"):
        fitted.answer([("a film", "a cast")])


def test_a_label_with_one_example_is_accepted():
    data = moods(120)
    data = Dataset.of([*data.texts, "something odd"], [*data.labels, "odd"])
    probs = Boosted().fit(data).answer(data.texts).probs
    assert np.isfinite(probs).all()
