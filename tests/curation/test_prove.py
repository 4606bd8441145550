"""The ablation: it says that selection helped only where it did."""

import csv
import json
from dataclasses import dataclass

import numpy as np
import pytest
from conftest import moods

import underdog as ud
from tests.curation.test_selectors import OTHER, WORDS, sentences
from underdog.core.language import nats
from underdog.curation.curate import curated
from underdog.curation.keeping import Keep
from underdog.curation.pool import Held
from underdog.curation.prove import prove
from underdog.curation.prove.ablation import verdict
from underdog.curation.prove.interval import Difference, difference
from underdog.curation.prove.judges import piecewise
from underdog.curation.selectors.controls import Length


def lines(path, texts):
    path.write_text("\n".join(texts) + "\n")
    return path


def test_selection_by_a_target_helps_in_a_mixed_pool(tmp_path):
    pool = lines(tmp_path / "pool.txt", sentences(WORDS, 60, 0) + sentences(OTHER, 240, 1))
    target = lines(tmp_path / "target.txt", sentences(WORDS, 60, 2))
    found = ud.curate(
        pool, "dsir()", "15%", target=target, out=tmp_path / "out", prove="ngram(order=3)"
    )
    proof = found.facts["proof"]
    assert proof["helped"]
    assert proof["interval"][0] > 0
    assert proof["sentence"].startswith("Helped by 0.")
    assert [arm["name"] for arm in proof["arms"]] == ["kept", "random", "longest"]
    assert "Helped by" in (tmp_path / "out" / "report.html").read_text()
    assert json.loads((tmp_path / "out" / "card.json").read_text())["proof"] == proof


def test_nothing_helps_in_a_homogeneous_pool(tmp_path):
    pool = lines(tmp_path / "pool.txt", sentences(WORDS, 200, 0))
    target = lines(tmp_path / "target.txt", sentences(WORDS, 60, 2))
    found = ud.curate(
        pool, "random()", "20%", target=target, out=tmp_path / "out", prove="ngram(order=3)"
    )
    proof = found.facts["proof"]
    assert not proof["helped"]
    assert proof["badge"] == "random does as well"


@dataclass(frozen=True)
class Network:
    """Reads a number of tokens, as networks do; and counts instead."""

    seen: tuple = ()
    tokens: int = 0
    length: int = 1
    batch: int = 1

    def fit(self, data, seed=0):
        NETWORKS.append((self.tokens, sum(len(text.split()) for text in data.texts)))
        return ud.build("ngram(order=2)").fit(data)


NETWORKS: list = []


def test_a_network_reads_as_many_tokens_of_every_part(monkeypatch):
    monkeypatch.setattr("underdog.curation.prove.ablation.spec", str)
    texts = sentences(WORDS, 40, 0) + sentences(OTHER, 60, 1)
    pool = Held.of(ud.Dataset.of(texts, [None] * 100))
    held = ud.Dataset.of(sentences(WORDS, 20, 2), [None] * 20)
    proof = prove(curated(pool, Length(), Keep(share=0.1)), Network(), held, seeds=1)
    read, there = zip(*NETWORKS, strict=True)
    assert [arm["name"] for arm in proof["arms"]] == ["kept", "random", "longest", "all"]
    assert len(set(read)) == 1
    assert max(there[:3]) - min(there[:3]) < 20
    assert there[3] > 1.8 * there[1]  # of all, twice as much is read once


@dataclass(frozen=True)
class Idle(Network):
    """Learns less than a table that counts, or as much where its ``order`` is 5."""

    length: int = 4000
    order: int = 1

    def fit(self, data, seed=0):
        return ud.build(f"ngram(order={self.order})").fit(data)


def test_a_network_that_hardly_learned_proves_nothing(monkeypatch):
    monkeypatch.setattr("underdog.curation.prove.ablation.spec", str)
    texts = sentences(WORDS, 40, 0) + sentences(OTHER, 60, 1)
    held = ud.Dataset.of(sentences(WORDS, 20, 2), [None] * 20)
    found = curated(Held.of(ud.Dataset.of(texts, [None] * 100)), Length(), Keep(share=0.1))
    proof = prove(found, Idle(), held, seeds=1)
    assert proof["badge"] == "too little learned"
    assert not proof["helped"]
    assert "which only counts" in proof["sentence"]
    assert "which only counts" not in prove(found, Idle(order=5), held, seeds=1)["sentence"]


def test_labelled_rows_are_judged_by_the_task(tmp_path):
    data = moods(200)
    path = tmp_path / "rows.csv"
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([["text", "label"], *zip(data.texts, data.labels, strict=True)])
    found = ud.curate(
        path, "random()", "50%", label="label", out=tmp_path / "out", prove="linear()"
    )
    assert found.facts["proof"]["measure"] == "accuracy"
    held = found.facts["dropped"]["held out to judge by"]
    assert 20 < held < 60
    assert found.facts["kept"] == 100


def test_there_must_be_something_to_judge_by(tmp_path):
    pool = lines(tmp_path / "pool.txt", sentences(WORDS, 20, 0))
    few = lines(tmp_path / "few.txt", sentences(WORDS, 5, 1))
    with pytest.raises(ud.UnderdogError, match="nothing to judge by"):
        ud.curate(pool, "random()", "50%", out=tmp_path / "out", prove="ngram()")
    with pytest.raises(ud.UnderdogError, match="10 are needed"):
        ud.curate(pool, "random()", "50%", target=few, out=tmp_path / "out", prove="ngram()")
    found = ud.curate(
        pool, "random()", target=lines(tmp_path / "t.txt", sentences(WORDS, 60, 2)),
        out=tmp_path / "out", prove="ngram()",
    )  # fmt: skip
    assert found.facts["proof"]["badge"] == "not tested"


def test_the_interval_holds_its_level_and_counts_the_seeds():
    dice = np.random.default_rng(0)
    inside = 0
    for _ in range(400):
        values = (
            dice.normal(0, 1, (1, 50)) + dice.normal(0, 0.3, (3, 1)) + dice.normal(0, 1, (3, 50))
        )
        found = difference(values)
        inside += found.low <= 0 <= found.high
    assert 0.93 <= inside / 400 <= 1.0
    steady = np.tile(dice.normal(1, 0.1, (1, 50)), (3, 1))
    moving = steady + np.array([[-1.0], [0.0], [1.0]])
    assert difference(steady).low > 0 > difference(moving).low


def test_a_verdict_needs_both_controls():
    good, none, bad = Difference(1, 0.5, 1.5), Difference(0, -1, 1), Difference(-1, -2, -0.5)
    assert verdict(good, good) == ("helped", True)
    assert verdict(good, none) == ("helped, but the longest do as well", True)
    assert verdict(none, good) == ("random does as well", False)
    assert verdict(bad, good) == ("random is better", False)


def test_a_network_reads_held_out_texts_in_pieces_of_the_length_that_it_learned():
    pytest.importorskip("torch")
    recipe = ud.build("lm(width=8, layers=1, length=8, batch=2, tokens=64)")
    model = recipe.fit(ud.Dataset.of(["a little text to learn"] * 4, [None] * 4))
    texts = ["twenty bytes are here", "", "short"]
    end, ids = model.tokenizer.end, [model.tokenizer.encode(text) for text in texts]
    pieces = [
        [nats(model, [end, *one[at : at + 8]]).sum() for at in range(0, len(one), 8)] for one in ids
    ]
    found = piecewise(model, texts, 8)
    assert np.isinf(found[1])
    assert found[0] == pytest.approx(sum(pieces[0]) / 21)
    assert found[2] == pytest.approx(sum(pieces[2]) / 5)
