"""What the audit finds, on data where the answer can be counted by hand, and on real data."""

import sys
from contextlib import contextmanager

import numpy as np
import pytest

from underdog.core.data import Dataset
from underdog.data.read import read
from underdog.evaluate.audit import Audit, Finding, audit
from underdog.evaluate.audit.duplicates import Equals, ceiling
from underdog.evaluate.audit.labels import doubtful
from underdog.models.features.near_equal import alike, leaders, runs
from underdog.runtime.progress import shown


def found(report, kind):
    """The finding of one kind; None where there is none."""
    kinds = [finding.kind for finding in report.findings]
    assert kinds.count(kind) <= 1
    return next((f for f in report.findings if f.kind == kind), None)


def of(*rows, **options):
    return Dataset.of(*zip(*rows, strict=True), **options)


# --- equal texts ------------------------------------------------------------------------------


def test_the_ceiling_is_the_share_of_each_texts_majority():
    data = of(("a b", "x"), ("A  B", "x"), ("a b", "y"), ("c", "x"), ("d", "y"), ("d", "z"))
    assert ceiling(Equals.of(data)) == pytest.approx((2 + 1 + 1) / 6)
    report = audit(data)
    assert report.ceiling == pytest.approx(4 / 6)
    conflicts = found(report, "conflicts")
    assert (conflicts.count, conflicts.severity) == (2, "serious")
    assert "2 texts carry several labels: the accuracy ceiling is 66.7%" in conflicts.sentence
    assert conflicts.examples[0] == "'a b': x (2), y (1)"


def test_no_memory_of_the_texts_beats_the_ceiling():
    rng = np.random.default_rng(0)
    texts, labels = rng.integers(0, 30, 200).astype(str), rng.choice(list("abc"), 200)
    data = Dataset.of(texts.tolist(), labels.tolist())
    best = ceiling(Equals.of(data))
    by_heart = {t: max("abc", key=labels[texts == t].tolist().count) for t in set(texts)}
    assert np.mean([by_heart[t] == y for t, y in zip(texts, labels, strict=True)]) == best
    other = [{t: rng.choice(list("abc")) for t in by_heart} for _ in range(50)]
    assert all(
        np.mean([m[t] == y for t, y in zip(texts, labels, strict=True)]) <= best for m in other
    )


def test_texts_that_agree_have_no_ceiling_and_unlabelled_ones_none():
    assert audit(of(("a", "x"), ("a", "x"), ("b", "y"))).ceiling == 1.0
    assert audit(of(("a", None), ("b", None))).ceiling is None


def test_repeated_rows_are_counted_and_pairs_compared_as_pairs():
    report = audit(of((("p", "h"), "x"), (("P", " h "), "x"), (("h", "p"), "y")))
    assert found(report, "duplicates").count == 1
    assert found(report, "duplicates").examples == ("2 times: 'p | h'",)
    assert found(audit(of(("a", "x"), ("b", "y"))), "duplicates") is None


def test_what_straddles_a_given_split_is_serious():
    train = of(("a", "x"), ("b", "y"), ("c", "x"), groups=["1", "2", "3"])
    test = of(("A", "x"), ("d", "z"), groups=["2", "4"])
    report = audit(Dataset.join([train, test]), train, test)
    assert found(report, "straddling").count == 1
    assert found(report, "straddling").severity == "serious"
    assert found(report, "straddling groups").examples == ("2",)
    assert found(report, "unseen labels").examples == ("'z': 1",)


# --- nearly equal texts -----------------------------------------------------------------------


def test_runs_are_every_window_of_five_bytes_once():
    words = [int.from_bytes(w, "little") for w in (b"abcab", b"bcabc", b"cabca", b"abcab")]
    assert runs("abcabcab").tolist() == sorted(set(words))
    assert len(runs("ab")) == len(runs("")) == 1


def test_alikeness_is_jaccards():
    a, b = runs("the quick brown fox"), runs("the quick brown cat")
    common = set(a.tolist()) & set(b.tolist())
    assert alike(a, b) == len(common) / len(set(a.tolist()) | set(b.tolist()))
    assert alike(a, a) == 1.0


def test_leaders_are_those_of_comparing_all_pairs():
    rng = np.random.default_rng(0)
    words = [f"word{i}" for i in range(300)]
    texts = [" ".join(rng.choice(words, 25)) for _ in range(150)]
    for text in texts[:60]:
        parts = text.split()
        parts[rng.integers(25)] = "changed"
        texts.append(" ".join(parts))
    every = [runs(text) for text in texts]
    slow: list[int] = []
    for i, mine in enumerate(every):
        near = [j for j in range(i) if slow[j] == j and alike(mine, every[j]) >= 0.8]
        slow.append(min(near, default=i))
    assert leaders(texts) == slow
    assert sum(i != leader for i, leader in enumerate(slow)) >= 55


def test_nearly_equal_texts_are_counted_within_the_data_and_across_the_split():
    long = "please send me the invoice for the order that I placed on the first of march"
    train = of((long, "x"), ("something quite different from all of the others", "y"))
    test = of((long + "!", "y"), ("and again a text that nobody has ever written before", "x"))
    report = audit(Dataset.join([train, test]), train, test)
    assert found(report, "near duplicates").count == 1
    assert "1 of them with another label" in found(report, "near duplicates").sentence
    assert found(report, "straddling near duplicates").count == 1
    assert found(report, "straddling") is None


# --- labels -----------------------------------------------------------------------------------


def test_labels_out_of_balance_rare_or_spelt_in_several_ways_are_named():
    rows = [(f"text {i}", "spam" if i else "Spam ") for i in range(40)] + [("last", "ham")]
    report = audit(of(*rows))
    assert found(report, "imbalance").severity == "warning"
    assert "answering always 'spam' is 95.1% accurate" in found(report, "imbalance").sentence
    assert found(report, "rare labels").count == 2
    assert found(report, "label names").examples == ("'Spam ' = 'spam'",)
    even = audit(of(*[(f"text {i}", "ab"[i % 2]) for i in range(20)]))
    assert {f.kind for f in even.findings} & {"imbalance", "rare labels", "label names"} == set()


def test_planted_wrong_labels_are_found(moods):
    """Every 9th label of these reviews is wrong; see conftest."""
    (finding,) = doubtful(Equals.of(moods), 0)
    planted = {text: i % 9 == 0 for i, text in enumerate(moods.texts)}
    assert 7 <= finding.count <= 28
    assert "look wrong" in finding.sentence
    named = [text for text, wrong in planted.items() if wrong]
    hits = sum(any(repr(text) in example for text in named) for example in finding.examples)
    assert hits >= 4


def test_a_missing_library_is_a_note_with_the_command_that_installs_it(monkeypatch, moods):
    for module in ("datasketch", "cleanlab", "cleanlab.filter"):
        monkeypatch.setitem(sys.modules, module, None)
    report = audit(moods)
    for kind in ("near duplicates", "wrong labels"):
        assert found(report, kind).severity == "note"
        assert found(report, kind).sentence.endswith("pip install 'underdog[audit]'")


# --- texts and columns ------------------------------------------------------------------------


def test_empty_and_very_long_texts_are_found():
    report = audit(of(("", "x"), ((" ", "\n"), "y"), ("a" * 3000, "x"), ("b" * 2000, "y")))
    assert found(report, "empty texts").examples == ("example 1", "example 2")
    assert (found(report, "long texts").count, found(report, "long texts").severity) == (1, "note")
    assert found(audit(of(("a" * 100_001, "x"))), "long texts").severity == "warning"


def test_gaps_in_other_columns_are_counted(tmp_path):
    (tmp_path / "t.csv").write_text("text,label,gpt_answer,cost\na,x,x,1\nb,y,,1\nc,x,,1\n")
    finding = found(audit(read(tmp_path / "t.csv").data), "gaps")
    assert (finding.count, finding.examples) == (1, ("'gpt_answer': 2 of 3",))


# --- the report -------------------------------------------------------------------------------


def test_the_worst_comes_first_and_the_lines_and_the_dict_say_the_same():
    report = audit(of(*[("a", "xy"[i % 2]) for i in range(8)], ("", "z")))
    order = [f.severity for f in report.findings]
    assert order == sorted(order, key=["serious", "warning", "note"].index)
    assert report.lines()[0].startswith("serious: ")
    said = report.as_dict()
    assert said["examples"] == 9
    assert said["findings"][0]["sentence"] in report.lines()[0]
    assert set(said["findings"][0]) == {"kind", "severity", "count", "sentence", "examples"}
    assert Audit(3, (), 1.0).lines() == ["Nothing to remark in 3 examples."]
    assert Finding("k", "note", 1, "s").examples == ()


def test_two_audits_of_one_data_set_are_equal(moods):
    assert audit(moods) == audit(moods)


def test_long_steps_say_how_far_they_are(moods):
    done = {}

    @contextmanager
    def listener(label, total):
        done[label] = [total, 0]

        def advance(n):
            done[label][1] += n

        yield advance

    with shown(listener):
        audit(moods)
    assert {label.removeprefix("looking for ") for label in done} >= {
        "near duplicates",
        "wrong labels",
    }
    ours = [counts for label, counts in done.items() if label.startswith("looking for")]
    assert all(total == n for total, n in ours)


@pytest.mark.data
def test_mtsamples_has_a_ceiling_of_47_5_percent(real_data):
    table = read(real_data / "mtsamples" / "mtsamples.csv.xz")
    equals = Equals.of(table.data)
    assert round(ceiling(equals), 3) == 0.475
    assert (len(equals.rows), len(equals.disputed)) == (2376, 2165)
