"""A small, seeded part of `make bench-hard`."""

import warnings
from collections import Counter

import pytest

from benchmarks.hard import attacks, samples


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hard")
    from underdog import Dataset, build, save

    data = Dataset.of([t for t, _ in samples.ROWS], [y for _, y in samples.ROWS])
    for spec in ("linear()", "ridge()", "boosted()", "ensemble(bayes(), n=2)", "majority()"):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            save(build(spec).fit(data), folder / "models" / spec.partition("(")[0])
    return folder


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("kind", "n"), [("folders", 60), ("specs", 40)])
def test_mutated_input_is_refused_or_answered(work, kind, n):
    outcomes = Counter(attacks.ATTACKS[kind](i, 7, work) for i in range(n))
    assert set(outcomes) <= {"", "answered", "built"}
    assert outcomes[""] > n / 3
