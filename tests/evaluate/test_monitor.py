import json

import numpy as np
import pytest

from underdog.core.errors import UnderdogError
from underdog.evaluate.monitor import Look, Profile, drift, profile

WORDS = np.array([f"w{i}" for i in range(1000)])
OFTEN = 1 / np.arange(1, 1001)
OFTEN = OFTEN / OFTEN.sum()


def texts(rng, n, often=OFTEN, words=12):
    lengths = np.maximum(1, rng.poisson(words, n))
    drawn = iter(rng.choice(WORDS, lengths.sum(), p=often))
    return [" ".join(next(drawn) for _ in range(k)) for k in lengths]


def look(rng, n, shares=(0.6, 0.3, 0.1), sure=8, deferred=0.2, right=0.9):
    return Look(
        tuple(rng.choice(["a", "b", "c"], n, p=shares)),
        rng.beta(sure, 2, n),
        rng.random(n) < deferred,
        rng.random(n) < right,
    )


@pytest.fixture(scope="module", name="before")
def _before():
    rng = np.random.default_rng(1)
    return profile(texts(rng, 600), look(rng, 400), "the rows it was fitted on")


def test_without_a_change_alarms_are_as_rare_as_the_level_says():
    rng, runs = np.random.default_rng(0), 60
    alarms = 0
    for _ in range(runs):
        then = profile(texts(rng, 120), look(rng, 100))
        found = drift(then, texts(rng, 100), look(rng, 100))
        alarms += any(change.p < 0.05 for change in found.changes)  # before the size is asked
    assert alarms <= 7  # more would happen in 1 % of cases at a true 5 %


@pytest.mark.parametrize(
    ("name", "now", "done"),
    [
        ("length", {"words": 18}, {}),
        ("new words", {"often": np.roll(OFTEN, 400) / 2 + OFTEN / 2}, {}),
        ("words", {"often": np.roll(OFTEN, 20)}, {}),
        ("answers", {}, {"shares": (0.3, 0.6, 0.1)}),
        ("confidence", {}, {"sure": 4}),
        ("deferral", {}, {"deferred": 0.5}),
        ("accuracy", {}, {"right": 0.7}),
    ],
)
def test_a_change_is_found_and_named(before, name, now, done):
    rng = np.random.default_rng(2)
    found = drift(before, texts(rng, 400, **now), look(rng, 400, **done))
    assert name in {change.name for change in found.changed}
    assert name in found.sentence
    if done:
        assert len(found.changed) == 1


def test_new_answers_are_cells_of_their_own(before):
    rng = np.random.default_rng(3)
    seen = Look(tuple(rng.choice(["a", "new"], 200)))
    change = next(c for c in drift(before, texts(rng, 200), seen).changes if c.name == "answers")
    assert change.changed
    assert set(change.cells) == {"a", "b", "c", "new"}


def test_a_profile_survives_json_and_holds_no_text(before):
    written = json.dumps(before.as_dict())
    assert Profile.read(json.loads(written)) == before
    assert "w17 " not in written
    rng = np.random.default_rng(4)
    assert not drift(Profile.read(json.loads(written)), texts(rng, 300), look(rng, 300)).changed


def test_what_is_missing_or_too_little_is_said(before):
    rng = np.random.default_rng(5)
    with pytest.raises(UnderdogError, match="too few"):
        drift(before, texts(rng, 5), look(rng, 5))
    with pytest.raises(UnderdogError, match="no summary"):
        Profile.read(None)
    with pytest.raises(UnderdogError, match="damaged"):
        Profile.read({**before.as_dict(), "vocabulary": "AAAA"})
    found = drift(profile(texts(rng, 100)), texts(rng, 100), Look(("a",) * 100))
    assert "no answers" in found.untested[0]
