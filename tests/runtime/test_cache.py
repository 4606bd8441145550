"""The same fit finds what it began; no other does."""

import os
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from underdog.models.linear.recipe import Bayes, Linear
from underdog.runtime.cache import KEPT, place


def test_different_fits_do_not_meet(moods, monkeypatch, tmp_path):
    monkeypatch.setenv("UNDERDOG_TRAINING", str(tmp_path))
    soft = np.full((len(moods), 2), 0.5)
    fits = [
        (Linear(), moods, 0),
        (Linear(), moods, 1),
        (Bayes(), moods, 0),
        (Linear(), moods.sample(0.5), 0),
        (Linear(), moods.relabelled(moods.labels, soft), 0),
        (Linear(), replace(moods, groups=moods.texts), 0),
        (Linear(), replace(moods, columns={"gpt": moods.labels}), 0),
    ]
    places = [place(*fit) for fit in fits]
    assert len(set(places)) == len(fits)
    assert places == [place(*fit) for fit in fits]
    assert {path.parent for path in places} == {tmp_path}


def test_it_is_at_home_unless_the_environment_says_otherwise(moods, monkeypatch):
    monkeypatch.delenv("UNDERDOG_TRAINING", raising=False)
    assert place(Linear(), moods, 0).parent == Path.home() / ".cache" / "underdog" / "training"


def test_what_nobody_came_back_for_is_deleted(moods, tmp_path, monkeypatch):
    monkeypatch.setenv("UNDERDOG_TRAINING", str(tmp_path))
    long_ago = time.time() - KEPT - 60
    for name in ("old", "new"):
        (tmp_path / name).mkdir()
        (tmp_path / f"{name}.safetensors").touch()
    for left in tmp_path.glob("old*"):
        os.utime(left, (long_ago, long_ago))
    place(Bayes(), moods, 0)
    assert sorted(left.name for left in tmp_path.iterdir()) == ["new", "new.safetensors"]
