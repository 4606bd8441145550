"""A kept result is found by equal inputs, and by no others."""

import os
import time
from dataclasses import dataclass, fields, replace
from pathlib import Path
from threading import Lock

import numpy as np
import pytest
from conftest import moods

from underdog.combine import ensemble
from underdog.combine.ensemble import EnsembleOf
from underdog.core.cost import Ledger
from underdog.core.data import Archive, Dataset, Task
from underdog.models.chat.model import Chat
from underdog.models.linear.recipe import Bayes, Linear
from underdog.models.linear.ridge import Ridge
from underdog.models.recorded import Recorded
from underdog.runtime import cache
from underdog.runtime.cache import KEPT, Cache, digest, key, training
from underdog.runtime.registry import build, register, samples
from underdog.runtime.workers.attempt import attempt
from underdog.runtime.workers.parallel import attempts
from underdog.study.runs.race import Race
from underdog.teach.auto import Auto


def rich() -> Dataset:
    """Data with something in every field."""
    texts = ("good", ("premise", "hypothesis"), "bad")
    columns = {"gpt": ("yes", None, "no"), "price": (0.1, 0.2, 0.3)}
    return Dataset(
        Task("task", ("no", "yes"), "Is it good?"),
        texts,
        ("yes", "no", None),
        np.array([[0.1, 0.9], [0.8, 0.2], [0.5, 0.5]]),
        ("a", "b", "a"),
        columns,
        Archive(texts, columns),
    )


def altered(thing, name):
    """A copy of ``thing`` in which the field ``name`` has another value, whatever it is."""
    copy = replace(thing)
    object.__setattr__(copy, name, ("another",))
    return copy


def test_every_field_of_the_data_its_task_and_its_archive_counts():
    data = rich()
    others = [altered(data, f.name) for f in fields(Dataset)]
    others += [replace(data, task=altered(data.task, f.name)) for f in fields(Task)]
    others += [replace(data, archive=altered(data.archive, f.name)) for f in fields(Archive)]
    keys = {key(Linear(), one, 0) for one in [data, *others]}
    assert len(keys) == 1 + len(others)
    assert key(Linear(), rich(), 0) == key(Linear(), rich(), 0)


VALUES = {
    "a text": lambda d: replace(d, texts=("Good", *d.texts[1:])),
    "a pair": lambda d: replace(d, texts=(d.texts[0], ("premise", "other"), d.texts[2])),
    "two texts swapped": lambda d: replace(d, texts=(d.texts[2], d.texts[1], d.texts[0])),
    "a label": lambda d: replace(d, labels=("no", "no", None)),
    "a soft label": lambda d: replace(d, soft=d.soft + 1e-9),
    "no soft labels": lambda d: replace(d, soft=None),
    "a group": lambda d: replace(d, groups=("a", "a", "a")),
    "a column": lambda d: replace(d, columns={**d.columns, "gpt": ("no", None, "no")}),
    "a column's name": lambda d: replace(d, columns={"llm": d.columns["gpt"]}),
    "a recorded answer": lambda d: replace(
        d, archive=Archive(d.texts, {**d.columns, "gpt": ("yes", "yes", "no")})
    ),
    "a recorded price": lambda d: replace(
        d, archive=Archive(d.texts, {**d.columns, "price": (0.1, 0.2, 0.4)})
    ),
    "a cut": lambda d: replace(d, cuts=1),
}


@pytest.mark.parametrize("what", VALUES)
def test_every_value_of_the_data_counts(what):
    assert key(Linear(), VALUES[what](rich()), 0) != key(Linear(), rich(), 0)


@register("optional_for_tests")
@dataclass(frozen=True)
class Optional:
    """A recipe of recipes."""

    inner: object = None
    rate: float = 0.1
    names: tuple = ()

    def fit(self, data, seed=0):
        return Bayes().fit(data, seed)


def test_the_recipe_its_options_the_seed_and_the_purpose_count():
    data = rich()
    recipes = [
        Linear(),
        Bayes(),
        Optional(),
        Optional(rate=0.2),
        Optional(inner=Linear()),
        Optional(inner=Optional(rate=0.2)),
        Optional(names=("a", "b")),
        Optional(names=("a, b",)),
        Recorded("gpt"),
        Recorded("gpt", price="price"),
        Bayes().fit(Dataset.of(["a", "b"], ["x", "y"])),
        Bayes().fit(Dataset.of(["a", "c"], ["x", "y"])),
    ]
    keys = {key(recipe, data, 0) for recipe in recipes}
    keys |= {key(Linear(), data, 1), key(Linear(), data, 0, "run"), key(Linear(), data, 0, "curve")}
    assert len(keys) == len(recipes) + 3


def test_every_recipe_has_a_key_that_stays(moods):
    for text in samples().values():
        assert key(build(text), moods, 0) == key(build(text), moods, 0)
        assert key(build(text), moods, 0) != key(build(text), moods, 1)


def test_versions_and_the_price_of_the_machine_count(monkeypatch):
    before = key(Linear(), rich(), 0)
    for name in ("underdog", "numpy", "scipy", "scikit-learn", "torch", "transformers"):
        if name not in cache._versions():
            continue
        with monkeypatch.context() as patch:
            patch.setattr(cache, "_versions", lambda n=name: {**VERSIONS, n: "0.0.0"})
            assert key(Linear(), rich(), 0) != before
    monkeypatch.setenv("UNDERDOG_MACHINE_HOUR", "9")
    assert key(Linear(), rich(), 0) != before


VERSIONS = cache._versions()


def test_the_server_that_a_live_model_asks_counts(monkeypatch):
    recipes = [build("fewshot(chat('m'))"), build("frugal(linear(), fewshot(chat('m')), risk=0.1)")]
    found = set()
    for url in ("http://127.0.0.1:1/v1", "http://127.0.0.1:2/v1"):
        monkeypatch.setenv("OPENAI_BASE_URL", url)
        found |= {key(recipe, rich(), 0) for recipe in recipes}
    assert len(found) == 4
    local = key(Linear(), rich(), 0)
    monkeypatch.setenv("OPENAI_BASE_URL", "not an address")
    assert key(Linear(), rich(), 0) == local
    assert len(key(Chat("m"), rich(), 0)) == 24  # without one, that is for the fit to say


def test_the_files_of_a_pretrained_model_count(tmp_path):
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "model.safetensors").write_bytes(b"1")
    before = key(Optional(names=[str(tmp_path)]), rich(), 0)
    assert key(Optional(names=[str(tmp_path)]), rich(), 0) == before
    (tmp_path / "model.safetensors").write_bytes(b"12")
    assert key(Optional(inner=str(tmp_path)), rich(), 0) != before


def test_the_code_of_a_recipe_counts(tmp_path, monkeypatch):
    keys = set()
    for rate in (1, 2, 1):
        cache._source.cache_clear()
        (tmp_path / "plugged.py").write_text(f"class Recipe:\n    rate = {rate}\n")
        monkeypatch.syspath_prepend(str(tmp_path))
        monkeypatch.delitem(__import__("sys").modules, "plugged", raising=False)
        keys.add(key(__import__("plugged").Recipe(), rich(), 0))
    assert len(keys) == 2


def test_what_cannot_be_digested_is_never_found():
    assert digest(lambda: 1) != digest(lambda: 1)
    assert key(Lock(), rich(), 0) != key(Lock(), rich(), 0)


def test_a_hit_charges_what_the_work_had_cost_and_repeats_its_warnings(tmp_path):
    def work():
        import warnings

        from underdog.core.cost import Cost, charge

        charge(Cost(dollars=2.0))
        warnings.warn("mind the gap", stacklevel=1)
        done.append(1)
        return 7

    done = []
    for _ in range(2):
        with Ledger() as bill, pytest.warns(UserWarning, match="mind the gap"):
            assert attempt(work, cache=Cache(tmp_path), key="k").value == 7
        assert bill.total.dollars == 2.0
    assert done == [1]


def test_what_failed_or_took_too_little_is_not_kept(tmp_path):
    def fails():
        raise RuntimeError

    attempt(fails, cache=Cache(tmp_path), key="a")
    attempt(lambda: 1, cache=Cache(tmp_path, after=60), key="b")
    assert not list(tmp_path.iterdir())


def test_a_damaged_result_is_a_miss(tmp_path):
    kept = Cache(tmp_path)
    assert attempt(lambda: 1, cache=kept, key="k").value == 1
    (kept.path("k") / "model.json").write_text("{")
    assert attempt(lambda: 2, cache=kept, key="k").value == 2


def test_of_many_items_those_that_are_kept_come_first(tmp_path):
    kept, keys = Cache(tmp_path), ["a", "b", "c"]
    attempt(lambda: "old", cache=kept, key="b")
    found = [(at, made.value) for at, made in attempts(joined, "x", "123", cache=kept, keys=keys)]
    assert found == [(1, "old"), (0, "x1"), (2, "x3")]
    kept.remove("a")
    found = [(at, made.value) for at, made in attempts(joined, "y", "123", cache=kept, keys=keys)]
    assert found == [(1, "old"), (2, "x3"), (0, "y1")]


def joined(shared, item):
    return shared + item


def test_without_a_folder_nothing_is_kept():
    assert attempt(lambda: 1, cache=Cache(), key="k").value == 1
    assert Cache().get("k") is None


def test_interrupted_fits_are_at_home_unless_the_environment_says_otherwise(monkeypatch, tmp_path):
    monkeypatch.setenv("UNDERDOG_TRAINING", str(tmp_path))
    assert training() == tmp_path
    monkeypatch.delenv("UNDERDOG_TRAINING", raising=False)
    assert training() == Path.home() / ".cache" / "underdog" / "training"


def test_what_was_not_resumed_is_deleted(tmp_path, monkeypatch):
    monkeypatch.setenv("UNDERDOG_TRAINING", str(tmp_path))
    long_ago = time.time() - KEPT - 60
    old, new = "0" * 24, "1" * 24
    for name in (old, new):
        (tmp_path / name).mkdir()
        (tmp_path / f"{name}.safetensors").touch()
    (tmp_path / "of-another").mkdir()
    for left in [*tmp_path.glob(f"{old}*"), tmp_path / "of-another"]:
        os.utime(left, (long_ago, long_ago))
    training()
    left = sorted(left.name for left in tmp_path.iterdir())
    assert left == [new, f"{new}.safetensors", "of-another"]


def logs() -> Dataset:
    """Data with groups, a column and an archive, that can be learned from."""
    data = moods(60)
    columns = {"gpt": data.labels, "price": tuple([0.1] * len(data))}
    return replace(
        data, groups=data.texts, columns=columns, archive=Archive(data.texts, dict(columns))
    )


def members(data, seed, recipe, folder):
    EnsembleOf(recipe, n=2).fit(data, seed)


def trials(data, seed, recipe, folder):
    Auto("10m", (recipe,)).fit(data, seed)


def checkpoints(data, seed, recipe, folder):
    pytest.importorskip("torch", reason="torch is not installed")
    from underdog.models.training.checkpoint import Checkpoint

    path = Checkpoint.of(recipe, data, seed).path
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()


def cells(data, seed, recipe, folder):
    Race([data.split(0.2)], [seed], Cache(folder / "partial")).enter([recipe])


OTHERS = {
    "a text": lambda d: replace(d, texts=("another text", *d.texts[1:])),
    "a label": lambda d: replace(d, labels=("pos", *d.labels[1:])),
    "a group": lambda d: replace(d, groups=("other", *d.groups[1:])),
    "soft labels": lambda d: replace(d, soft=np.full((len(d), 2), 0.5)),
    "a column": lambda d: replace(d, columns={**d.columns, "gpt": ("neg",) * len(d)}),
    "a recorded answer": lambda d: replace(
        d, archive=Archive(d.texts, {**d.columns, "gpt": ("neg",) * len(d)})
    ),
    "a recorded price": lambda d: replace(
        d, archive=Archive(d.texts, {**d.columns, "price": (0.2,) * len(d)})
    ),
}


@pytest.mark.parametrize("work", [members, trials, checkpoints, cells])
def test_no_cache_serves_a_result_of_other_inputs(work, tmp_path, monkeypatch):
    monkeypatch.setattr(ensemble, "WORTH", 0.0)
    monkeypatch.setattr(Cache, "remove", lambda *_: None)
    monkeypatch.setattr(Cache, "clear", lambda *_: None)

    def kept(name, data, seed=0, recipe=Bayes()):  # noqa: B008
        folder = tmp_path / name
        monkeypatch.setenv("UNDERDOG_TRAINING", str(folder / "training"))
        work(data, seed, recipe, folder)
        return {path.name for path in folder.glob("*/[!.]*")}

    first = kept("first", logs())
    assert first
    assert kept("again", logs()) == first
    found = [kept(what, change(logs())) for what, change in OTHERS.items()]
    found += [kept("seed", logs(), seed=7), kept("option", logs(), recipe=Ridge())]
    monkeypatch.setattr(cache, "_versions", lambda: {**VERSIONS, "underdog": "0.0.0"})
    found.append(kept("version", logs()))
    for names in found:
        assert names
        assert not names & first
