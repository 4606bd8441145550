import json
import os
from dataclasses import dataclass, fields

import numpy as np
import pytest

from underdog.core.answer import Answers
from underdog.core.data import Dataset
from underdog.core.errors import UnderdogError
from underdog.runtime import registry, schema
from underdog.runtime.persist import load, load_model, save
from underdog.runtime.registry import build, register


@register("thing_for_tests")
@dataclass(frozen=True, eq=False)
class Thing:
    value: object


def round_trip(thing, tmp_path):
    save(thing, tmp_path / "it")
    return load(tmp_path / "it")


def test_what_is_saved_is_what_is_loaded(tmp_path):
    deep = Thing((Thing({"a": 1, 2: (None, True)}), "ünïcode 🎬 \ud800", b"\0bytes", 0.1))
    again = round_trip(deep, tmp_path).value
    assert again[0].value == {"a": 1, 2: (None, True)}
    assert again[1:] == ("ünïcode 🎬 \ud800", b"\0bytes", 0.1)
    for array in (np.arange(6.0).reshape(2, 3).T, np.array([], np.int32), np.array([True])):
        back = round_trip(Thing(array), tmp_path).value
        np.testing.assert_array_equal(back, array)
        assert back.dtype == array.dtype


def test_equal_arrays_are_stored_once(tmp_path):
    array = np.arange(10_000.0)
    models = [
        Thing(array),
        Thing(array.copy()),
        Thing(array.tobytes()),
        Thing(array.reshape(2, -1)),
    ]
    again = round_trip(Thing(tuple(models)), tmp_path).value
    assert (tmp_path / "it" / "arrays.safetensors").stat().st_size < 3.1 * array.nbytes
    for one, other in zip(models, again, strict=True):
        np.testing.assert_array_equal(one.value, other.value)


def test_answers_can_be_saved(tmp_path):
    said = Answers.said(["a", ""], np.full((2, 6), np.nan), "w")
    assert round_trip(said, tmp_path).paths == said.paths


def test_a_thing_without_a_name_is_refused_and_leaves_the_old_file(tmp_path):
    save(Thing(1), tmp_path / "it")
    with pytest.raises(UnderdogError, match="@register"):
        save(Thing(object()), tmp_path / "it")
    assert load(tmp_path / "it").value == 1
    assert [p.name for p in tmp_path.iterdir()] == ["it"]


@pytest.mark.parametrize(
    "spec", ["cascade([linear(), recorded('llm')], [0.5])", "agreed([bayes(), linear()])"]
)
def test_what_is_not_fitted_is_refused_before_anything_is_written(spec, tmp_path):
    with pytest.raises(UnderdogError, match="which is not fitted"):
        save(build(spec), tmp_path / "it")
    assert not list(tmp_path.iterdir())


def test_loading_can_name_registered_classes_only(tmp_path):
    save(Thing(1), tmp_path / "it")
    evil = {"underdog": 1, "model": {"kind": "os.system", "with": {"command": "true"}}}
    (tmp_path / "it" / "model.json").write_text(json.dumps(evil))
    with pytest.raises(UnderdogError, match=r"os\.system"):
        load(tmp_path / "it")


@pytest.mark.parametrize("content", ["", "{", '{"underdog": 1}', '{"underdog": 99, "model": 1}'])
def test_a_damaged_or_newer_file_is_an_error_with_a_remedy(tmp_path, content):
    save(Thing(np.ones(2)), tmp_path / "it")
    (tmp_path / "it" / "model.json").write_text(content)
    with pytest.raises(UnderdogError):
        load(tmp_path / "it")
    save(Thing(np.ones(2)), tmp_path / "it")
    (tmp_path / "it" / "arrays.safetensors").write_bytes(b"not safetensors")
    with pytest.raises(UnderdogError, match="damaged"):
        load(tmp_path / "it")


def test_no_model_is_an_error_with_the_command(tmp_path):
    with pytest.raises(UnderdogError, match="underdog fit"):
        load(tmp_path)


@pytest.mark.parametrize("name", ["model.json", "arrays.safetensors"])
def test_a_flipped_bit_is_seen_wherever_it_is(tmp_path, name):
    save(Thing((np.arange(100.0), 0.25, "text")), tmp_path / "it")
    place = tmp_path / "it" / name
    whole = place.read_bytes()
    for at in range(0, len(whole), 7):
        place.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        try:
            again = load(tmp_path / "it").value
        except UnderdogError:
            continue
        assert again[1:] == (0.25, "text")  # a bit of the wrapping that says nothing
        np.testing.assert_array_equal(again[0], np.arange(100.0))


@pytest.mark.parametrize("name", ["model.json", "arrays.safetensors"])
@pytest.mark.parametrize("what", ["link", "pipe", "folder", "device"])
def test_only_plain_files_are_read(tmp_path, name, what):
    save(Thing(np.ones(2)), tmp_path / "it")
    place = tmp_path / "it" / name
    place.rename(tmp_path / "aside")
    match what:
        case "link":
            place.symlink_to(tmp_path / "aside")
        case "pipe":
            os.mkfifo(place)
        case "folder":
            place.mkdir()
        case "device":
            place.symlink_to("/dev/zero")
    with pytest.raises(UnderdogError):
        load(tmp_path / "it")


def test_the_root_of_a_models_folder_is_a_model(tmp_path):
    save(Thing(1), tmp_path / "it")
    with pytest.raises(UnderdogError, match="thing_for_tests, not a model"):
        load_model(tmp_path / "it")


LINEAR = build("bayes()").fit(Dataset.of(["a b", "c d", "a", "c"], ["x", "y", "x", "y"]))


@pytest.mark.parametrize(
    ("field", "value", "problem"),
    [
        ("labels", ("x", "x"), "differ"),
        ("labels", ("x", "y", "z"), "shape"),
        ("labels", 5, "a list of texts"),
        ("name", None, "name must be a text"),
        ("weights", np.full_like(LINEAR.weights, np.nan), "not numbers"),
        ("weights", LINEAR.weights[:-1], "shape"),
        ("weights", LINEAR.weights.astype(np.int64), "an array of numbers"),
        ("bias", np.full(2, -np.inf), "not numbers"),
        ("features", LINEAR.labels, "Tfidf"),
    ],
)
def test_what_a_class_does_not_declare_is_neither_saved_nor_built(
    tmp_path, monkeypatch, field, value, problem
):
    parts = {f.name: getattr(LINEAR, f.name) for f in fields(LINEAR)} | {field: value}
    wrong = object.__new__(type(LINEAR))
    for name, part in parts.items():
        object.__setattr__(wrong, name, part)
    with pytest.raises(UnderdogError, match=problem):
        save(wrong, tmp_path / "it")
    assert not list(tmp_path.iterdir())
    with monkeypatch.context() as patch:
        patch.setattr(registry, "wrong", lambda *_: "")
        save(wrong, tmp_path / "it")
    with pytest.raises(UnderdogError, match=problem):
        load(tmp_path / "it")


@dataclass(frozen=True)
class Network:
    arrays: dict[str, np.ndarray]


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_the_weights_of_a_network_are_numbers(value):
    sound, bad = np.ones(3, np.float32), np.array([1, value], np.float32)
    assert schema.wrong(Network, {"arrays": {"a": sound}}, {}) == ""
    assert "not numbers" in schema.wrong(Network, {"arrays": {"a": sound, "b": bad}}, {})
