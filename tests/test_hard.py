"""A small, seeded part of `make bench-hard`."""

import warnings
from collections import Counter

import pytest

from benchmarks.hard import attacks, samples

KINDS = ("linear", "ridge", "boosted", "ensemble", "majority", "tagger", "bm25", "ngram")
HELD = ("selector-dsir", "grader-rouge", "recipe-calibrated")


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hard")
    from underdog import save

    make = samples.makers(folder)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in (*KINDS, *HELD):
            save(make[name](), folder / "models" / name)
    return folder


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("kind", "n"), [("folders", 77), ("specs", 40)])
def test_mutated_input_is_refused_or_answered(work, kind, n):
    outcomes = Counter(attacks.ATTACKS[kind](i, 7, work) for i in range(n))
    assert set(outcomes) <= {"", "answered", "built", "loaded"}
    assert outcomes[""] > n / 3


def test_every_sample_is_sound_before_it_is_changed(work):
    assert {attacks.unchanged(work, name) for name in (*KINDS, *HELD)} == {""}
