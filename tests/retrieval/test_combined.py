"""Retrievers made of retrievers, vectors, and what is learned from queries and passages."""

from dataclasses import replace

import numpy as np
import pytest
from tiny_encoders import tiny_encoder

from underdog.combine.retrieval.hybrid import Fused, Hybrid
from underdog.combine.retrieval.reranked import Reranked
from underdog.combine.retrieval.weights import fused, mixtures
from underdog.core.answer import Answers
from underdog.core.errors import UnderdogError
from underdog.core.passages import Hit, Pairs, Passages
from underdog.data.ranking import average_precision, best, hard_negatives, ndcg, recall
from underdog.models.baselines import Majority
from underdog.models.retrieval.dense import Dense, nearest
from underdog.models.retrieval.learning import learned
from underdog.runtime.registry import build

TOPICS = ["pump", "wing", "invoice", "parcel", "engine", "salary", "garden", "river"]
TEXTS = [f"the {a} and the {b} of case {i}" for i, a in enumerate(TOPICS) for b in TOPICS if a != b]
PASSAGES = Passages.of(TEXTS)


def test_measures_are_those_of_trec_eval():
    pytrec = {"ndcg": 0.6934264, "map": 0.5833333}  # pytrec_eval 0.5.11 on the same run
    assert ndcg([7, 3, 9], {3: 1.0, 9: 1.0}) == pytest.approx(pytrec["ndcg"], abs=1e-6)
    assert average_precision([7, 3, 9], {3, 9}) == pytest.approx(pytrec["map"], abs=1e-6)
    assert ndcg([1, 2], {1: 1.0, 2: 3.0}) < ndcg([2, 1], {1: 1.0, 2: 3.0}) == 1
    assert ndcg([], {1}) == recall([], {1}) == ndcg([1], {}) == recall([1], []) == 0
    assert recall([1, 2, 3], {3, 4}, k=3) == 0.5


def test_the_best_of_scores_do_not_depend_on_how_they_are_found():
    scores = np.random.default_rng(0).integers(0, 9, 500).astype(float)
    order = np.argsort(-scores, kind="stable")
    for k in (1, 7, 499, 500, 900):
        assert best(scores, k).tolist() == order[:k].tolist()
    assert best(np.zeros(4), 2, least=0.0).tolist() == []


def test_fusing_by_ranks_and_by_weights():
    one = [Hit("a", 9.0, row=0), Hit("b", 5.0, row=1)]
    other = [Hit("b", 0.9, row=1), Hit("c", 0.1, row=2)]
    by_rank = fused([one, other], None)
    assert [hit.row for hit in by_rank] == [1, 0, 2]
    assert by_rank[0].score == pytest.approx(1 / 62 + 1 / 61)
    assert [hit.row for hit in fused([one, other], (1.0, 0.0))] == [0, 1]
    assert [hit.row for hit in fused([one, other], (0.3, 0.7))] == [1, 0, 2]
    assert fused([[], []], None) == []
    assert len(list(mixtures(3))) == 66
    assert all(sum(weights) == pytest.approx(1) for weights in mixtures(3))


def test_a_hybrid_of_one_is_that_retriever():
    alone = build("bm25()").over(PASSAGES)
    assert build("hybrid([bm25()])").over(PASSAGES).top(TOPICS, 5) == alone.top(TOPICS, 5)
    assert build("reranked(bm25(), linear(), depth=0)").retriever == build("bm25()")


class Blind:
    """A recipe of a retriever that always finds the first passages."""

    def over(self, passages, pairs=None):
        return self

    def top(self, queries, k):
        return [[Hit(TEXTS[i], -float(i), str(i + 1), i) for i in range(k)] for _ in queries]


def test_fusing_is_used_only_where_it_helps():
    pairs = Pairs(tuple(TEXTS), tuple((i,) for i in range(len(TEXTS))))
    made = Hybrid((build("bm25()"), Blind()), depth=20).over(PASSAGES, pairs)
    assert len(made.retrievers) == 1
    assert "not certainly above zero" in made.describe([])[0].says
    assert made.top(["invoice"], 3) == build("bm25()").over(PASSAGES).top(["invoice"], 3)
    few = Hybrid((build("bm25()"), Blind()), depth=20).over(PASSAGES, pairs.at(range(5)))
    assert len(few.retrievers) == 2  # too few pairs to see a difference: fused by ranks


def test_two_that_know_different_things_are_fused():
    class Half(Blind):
        def __init__(self, part):
            self.part = part

        def top(self, queries, k):
            found = []
            for query in queries:
                row = TEXTS.index(query)
                order = [row] if row % 2 == self.part else []
                order += [i for i in range(self.part, len(TEXTS), 2) if i != row]
                found.append([Hit(TEXTS[i], 1 / (p + 1), row=i) for p, i in enumerate(order[:k])])
            return found

    pairs = Pairs(tuple(TEXTS), tuple((i,) for i in range(len(TEXTS))))
    made = Hybrid((Half(0), Half(1))).over(PASSAGES, pairs)
    assert len(made.retrievers) == 2
    assert "fusing by" in made.reason


def test_live_retrievers_are_searched_together(tmp_path):
    one = build("bm25()").over(Passages.of(["a pump fails"], ["one"]))
    other = build("bm25()").over(Passages.of(["a pump works"], ["other"]))
    hits = Fused((one, other)).top(["pump"], 5)[0]
    assert {hit.source for hit in hits} == {"one", "other"}
    grown = Fused((one,)).added(Passages.of(["more pumps"], ["x"]))
    assert len(grown.top(["pump"], 5)[0]) == 2
    for wrong in ("fused([])", "hybrid([])", "fused([index('x')], weights=[0.5, 0.5])"):
        with pytest.raises(UnderdogError):
            build(wrong)


def test_a_judge_learns_from_hard_negatives_and_reorders():
    queries = tuple(f"where is the {a} of {b}" for a in TOPICS for b in TOPICS if a != b)
    pairs = Pairs(queries, tuple((i,) for i in range(len(TEXTS))))
    base = build("bm25()").over(PASSAGES)
    wrong = hard_negatives(base, pairs, 3)
    assert all(0 < len(rows) <= 3 and i not in rows for i, rows in enumerate(wrong))
    made = build("reranked(bm25(), bayes(), depth=6)").over(PASSAGES, pairs)
    hits = replace(made, share=1.0).top(["where is the pump of the wing"], 10)[0]
    assert 0 <= hits[5].score <= hits[0].score <= 1
    assert hits[6].score <= 0
    assert {h.row for h in hits[:6]} == {
        h.row for h in base.top(["where is the pump of the wing"], 6)[0]
    }
    assert replace(made, share=0.5).top(["zebra"], 3) == [[]]
    with pytest.raises(UnderdogError, match="no pairs to learn"):
        build("reranked(bm25(), linear())").over(PASSAGES)
    silent = Reranked(build("bm25()"), Majority().fit(pairs_of_moods())).over(PASSAGES)
    with pytest.raises(UnderdogError, match="no probability of 'relevant'"):
        silent.top(["pump"], 3)


class Told:
    """A judge that thinks a passage relevant if it begins or ends like the query, as is said."""

    def __init__(self, sign):
        self.sign = sign

    def answer(self, texts):
        alike = [query.split()[1] == passage.split()[1] for query, passage in texts]
        p = [0.9 if one == (self.sign > 0) else 0.1 for one in alike]
        probs = np.array([[x, 1 - x] for x in p])
        values = tuple("relevant" if x > 0.5 else "other" for x in p)
        costs, paths = np.zeros((len(p), 6)), (("told",),) * len(p)
        return Answers(values, ("relevant", "other"), probs, costs, paths)


def test_a_judge_counts_for_what_it_is_worth_on_queries_that_it_has_not_seen():
    queries = tuple(f"the {a} with any {b}" for a in TOPICS for b in TOPICS if a != b)
    pairs = Pairs(queries, tuple((i,) for i in range(len(TEXTS))))
    base = build("bm25()").over(PASSAGES)
    good = Reranked(build("bm25()"), Told(+1), 6).over(PASSAGES, pairs)
    assert 0 < good.share <= 1
    assert "reordering gains +0" in good.describe([])[0].says
    rows = [hits[0].row for hits in good.top(queries, 3)]
    assert rows.count(-1) == 0
    right = sum(row == i for i, row in enumerate(rows))
    assert right > sum(hits[0].row == i for i, hits in enumerate(base.top(queries, 1)))
    bad = Reranked(build("bm25()"), Told(-1), 6).over(PASSAGES, pairs)
    assert (bad.share, bad.top(queries, 3)) == (0.0, base.top(queries, 3))
    few = Reranked(build("bm25()"), Told(+1), 6).over(PASSAGES, pairs.at(range(5)))
    assert (few.share, "too few" in few.reason) == (0.0, True)


def pairs_of_moods():
    from conftest import moods

    return moods(20)


@pytest.fixture(scope="module")
def encoder(tmp_path_factory):
    pytest.importorskip("torch", reason="pip install 'underdog[offline]'")
    return tiny_encoder("bert", tmp_path_factory.mktemp("encoders"))


def test_vectors_find_and_grow(encoder):
    texts = ["a great film", "a dull song", "a poor score and a bad end"]
    index = Dense(encoder).over(Passages.of(texts))
    assert [hits[0].row for hits in index.top(texts, 1)] == [0, 1, 2]
    assert index.top(texts, 1)[0][0].score == pytest.approx(1, abs=1e-5)
    assert index.top(["", "  "], 2) == [[], []]
    grown = index.added(Passages.of(["a brilliant hero"], ["new"]))
    assert grown.top(["a brilliant hero"], 1)[0][0].source == "new"
    with pytest.raises(UnderdogError, match="no pairs to learn from"):
        Dense(encoder, learn=True).over(Passages.of(texts))


def test_faiss_finds_what_numpy_finds(monkeypatch):
    rng = np.random.default_rng(0)
    vectors, asked = (rng.normal(size=(n, 8)).astype(np.float32) for n in (50, 3))
    found = list(nearest(asked, vectors, 60))
    assert [len(rows) for rows, _ in found] == [50] * 3
    assert found[0][1] == pytest.approx(np.sort(vectors @ asked[0])[::-1], abs=1e-5)
    assert [len(rows) for rows, _ in nearest(asked, vectors, 0)] == [0] * 3
    pytest.importorskip("faiss", reason="pip install faiss-cpu")
    with_faiss = list(nearest(asked, vectors, 7))
    monkeypatch.setattr("underdog.models.retrieval.dense.find_spec", lambda name: None)
    for (rows, scores), (mine, same) in zip(nearest(asked, vectors, 7), with_faiss, strict=True):
        assert rows.tolist() == mine.tolist()
        assert scores == pytest.approx(same, abs=1e-5)


def test_a_matrix_is_learned_where_queries_point_elsewhere():
    rng = np.random.default_rng(0)
    passages = rng.normal(size=(120, 8)).astype(np.float32)
    passages /= np.linalg.norm(passages, axis=1, keepdims=True)
    turn = np.linalg.qr(rng.normal(size=(8, 8)))[0].astype(np.float32)
    pairs = Pairs(tuple(map(str, range(40))), tuple((i,) for i in range(40)))
    found = learned(passages[:40] @ turn.T, passages, pairs)
    assert found is not None
    unseen = passages[40:80] @ turn.T
    right = ((unseen @ found @ passages.T).argmax(axis=1) == np.arange(40, 80)).mean()
    assert right > 0.5 > ((unseen @ passages.T).argmax(axis=1) == np.arange(40, 80)).mean()
    assert learned(passages[:40], passages, pairs) is None  # nothing to gain
    assert learned(passages[:5], passages, pairs.at(range(5))) is None  # too few
