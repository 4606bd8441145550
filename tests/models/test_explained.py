"""Networks and trees explain themselves: compared with captum, brute force, and their own sums."""

from dataclasses import replace
from itertools import combinations
from math import factorial

import numpy as np
import pytest
from conftest import moods
from tiny_encoders import tiny_encoder

pytest.importorskip("torch")
pytest.importorskip("onnxruntime")

import underdog
from underdog.combine.cascade import Cascade
from underdog.combine.ensemble import Ensemble
from underdog.combine.prompted import Prompted
from underdog.combine.router import Router
from underdog.core.cost import FIELDS
from underdog.core.data import Archive, Dataset
from underdog.core.explaining import explained
from underdog.models.bilstm.explained import integrated
from underdog.models.bilstm.graph import graph
from underdog.models.bilstm.model import BiLSTMModel
from underdog.models.bilstm.words import LearnedVectors
from underdog.models.boosted import Boosted
from underdog.models.boosted.shapley import tree_shapley
from underdog.models.boosted.trees import Trees
from underdog.models.fake import Scripted
from underdog.models.linear.recipe import Bayes, Linear
from underdog.models.onnx import networks
from underdog.models.recorded import RecordedModel


@pytest.fixture(scope="module", name="untrained")
def _untrained():
    """A BiLSTM with random weights, as torch runs it and as a graph; and its vectors."""
    import torch

    from underdog.models.bilstm.network import Network

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(3)
        network = Network(100, 3, 8, 1, pool="max", pair=False, cross=False).eval()
        reader = LearnedVectors.of([*moods(40).texts, *moods(40).texts])
        table = torch.randn(reader.table.shape).numpy()
    weights = {k: v.detach().numpy() for k, v in network.state_dict().items()}
    made = networks.Graph(graph(weights, pool="max", pair=False, cross=False))
    reader = LearnedVectors(reader.terms, table.astype(np.float32))
    return network, BiLSTMModel(("a", "b", "c"), reader, made, pair=False)


def test_integrated_gradients_of_a_bilstm_are_those_of_captum(untrained):
    captum = pytest.importorskip("captum.attr")
    import torch

    network, model = untrained
    [rows] = model.reader.rows(["a great film and a plot"])
    vectors = model.reader.vectors(rows)
    ours, base, output = integrated(model.graph, [vectors], [np.arange(len(rows))], len(rows), 64)
    method = captum.IntegratedGradients(lambda x: network(x, torch.full((len(x),), len(rows))))
    theirs = method.attribute(torch.from_numpy(vectors)[None], target=1, n_steps=64)
    assert ours[:, 1] == pytest.approx(theirs.sum(-1)[0].detach().numpy(), abs=5e-3)
    assert base + ours.sum(axis=0) == pytest.approx(output, abs=0.02)


def test_a_bilstm_explains_words_with_their_marks(untrained):
    _, model = untrained
    one, other = model.explain(["a great film, and", "word"])
    assert [t.text for t in one.tokens] == ["a", "great", "film,", "and"]
    assert one.base + one.contributions.sum(axis=0) == pytest.approx(one.output, abs=0.05)
    assert one.method == "integrated gradients"
    assert other.contributions.shape == (1, 3)
    [long] = explained(model, ["a great film " * 200])
    assert long.method == "occlusion"


@pytest.fixture(scope="module", name="encoder")
def _encoder(tmp_path_factory):
    """A tiny encoder with random weights and a random head of three labels; and one of pairs."""
    pytest.importorskip("transformers")
    from underdog.models.transformers.encoder import EncoderModel, TorchBody
    from underdog.models.transformers.pretrained import pretrained

    body, reader = pretrained(tiny_encoder("bert", tmp_path_factory.mktemp("tiny")), 16)
    rng = np.random.default_rng(0)

    def model(pairs):
        weights = rng.normal(size=(64 if pairs else 16, 3)).astype(np.float32)
        bias = np.zeros(3, np.float32)
        parts = (reader, TorchBody.of(body, {}), weights, bias, 1.0)
        return EncoderModel(("a", "b", "c"), pairs, *parts)

    return model(False), model(True)


def test_an_encoder_explains_the_likeliest_labels_by_gradients(encoder):
    single, pairs = encoder
    for model, text in (
        (single, "a great film and a plot"),
        (single, "a great film and a plot so dull and so very awful number 1 2 3 a poor joke"),
        (single, "great"),
        (pairs, ("a great film", "a dull plot and")),
    ):
        [one] = model.explain([text])
        assert one.method == "integrated gradients"
        assert one.labels[0] == one.value
        assert one.base + one.contributions.sum(axis=0) == pytest.approx(one.output, abs=0.15)
        assert np.abs(one.output[0] - model.logits([text])[0].max()) < 1e-5
        assert {t.side for t in one.tokens} == ({0, 1} if isinstance(text, tuple) else {0})
    [empty] = single.explain([""])
    assert empty.tokens == ()
    [long] = single.explain(["a great film " * 60])
    assert long.method == "occlusion"


def test_integrated_gradients_of_an_encoder_are_those_of_captum(encoder):
    captum = pytest.importorskip("captum.attr")
    import torch

    from underdog.models.transformers.network import window_sums

    model, text = encoder[0], "a great film and a plot"
    window = model.reader.windows([text]).padded([0])
    table = model.body.network.get_input_embeddings()
    ids = torch.from_numpy(window.ids)
    blank = torch.where((ids == 2) | (ids == 3), ids, torch.zeros_like(ids))
    weights = torch.from_numpy(model.weights)

    def score(vectors):
        return window_sums(model.body.network, vectors, window)[:, 0] / ids.shape[1] @ weights

    [one] = model.explain([text])
    place = model.labels.index(one.value)
    theirs = captum.IntegratedGradients(score).attribute(
        table(ids).detach(), table(blank).detach(), target=place, n_steps=16,
        method="riemann_middle",
    )  # fmt: skip
    expected = theirs.sum(-1)[0, 1:-1].detach().numpy()
    assert one.contributions[:, 0] == pytest.approx(expected, abs=1e-4)


def grown():
    """Three rounds of trees for three labels, on rows with gaps; and the rows."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    rng = np.random.default_rng(0)
    rows = rng.normal(size=(300, 4))
    rows[rng.random(rows.shape) < 0.1] = np.nan
    target = (np.nan_to_num(rows[:, 0]) + np.nan_to_num(rows[:, 1] * rows[:, 2]) > 0).astype(int)
    target[:40] = 2
    options = {"max_iter": 3, "max_leaf_nodes": 7, "early_stopping": False, "random_state": 0}
    return Trees.of(HistGradientBoostingClassifier(**options).fit(rows, target), 3), rows


def by_brute_force(worth):
    """The Shapley values of four players, by all coalitions."""
    exact = np.zeros((4, 3))
    for i in range(4):
        for size in range(4):
            weight = factorial(size) * factorial(3 - size) / factorial(4)
            for some in combinations([j for j in range(4) if j != i], size):
                exact[i] += weight * (worth({*some, i}) - worth(set(some)))
    return exact


def test_tree_shapley_values_are_those_of_all_coalitions():
    trees, rows = grown()
    parts = (trees.feature, trees.threshold, trees.gap, trees.left, trees.right)
    feature, threshold, gap, left, right = (part.tolist() for part in parts)

    def expected(node, row, coalition):
        """The value below a node, by the shares of training rows where a feature is unknown."""
        if left[node] == node:
            return trees.value[node]
        below = [expected(child, row, coalition) for child in (left[node], right[node])]
        if feature[node] in coalition:
            cell = row[feature[node]]
            goes_left = gap[node] if np.isnan(cell) else cell <= threshold[node]
            return below[0 if goes_left else 1]
        shares = trees.cover[[left[node], right[node]]] / trees.cover[node]
        return float(shares @ below)

    def worth(row, coalition):
        margins = trees.start.copy()
        for roots in trees.roots.tolist():
            for root, label in zip(roots, trees.grown.tolist(), strict=True):
                margins[label] += expected(root, row, coalition)
        return margins

    for row in rows[:6]:
        contributions, base = tree_shapley(trees, row)
        exact = by_brute_force(lambda coalition, row=row: worth(row, coalition))
        assert contributions == pytest.approx(exact, abs=1e-12)
        assert base + contributions.sum(axis=0) == pytest.approx(trees.margins(row[None])[0])


def test_boosted_trees_explain_columns_and_hold_them_while_words_are_deleted():
    plain = moods(240)
    rng = np.random.default_rng(0)
    labels = ["pos" if x > 0 else "neg" for x in rng.normal(size=240)]
    hours = [f"{12 + (5 if y == 'pos' else -5) + rng.integers(0, 3)}" for y in labels]
    columns = {"hour": tuple(hours)}
    data = Dataset.of(plain.texts, labels)
    data = replace(data, columns=columns, archive=Archive(data.texts, columns))
    model = Boosted(columns=("hour",)).fit(data)
    assert model.trees is not None
    [one] = underdog.explain(model, [data.texts[0]], edits=False)
    adds = dict(zip([f.name for f in one.features], one.feature_toward(), strict=True))
    assert max(adds, key=lambda name: abs(adds[name])) == "hour"
    total = one.feature_base + np.sum([f.contributions for f in one.features], axis=0)
    probs = np.exp(total) / np.exp(total).sum()
    assert probs == pytest.approx(model.answer([data.texts[0]]).probs[0], abs=1e-3)
    kept = model.around(data.texts[0]).answer(["", "no such text"])
    assert kept.values == model.answer([data.texts[0]] * 2).values


def test_cascades_routers_and_ensembles_tell_who_answered():
    data = moods(60)
    small, text = Linear().fit(data), "a great film"
    sure = small.answer([text]).confidence[0]
    kept, passed = Cascade((small, Scripted((), "neg")), (sure,)), Cascade((small, small), (1.1,))
    [one] = kept.explain([text])
    assert "at least" in one.reasons[0]
    assert one.method.startswith("exact")
    assert one.path == ("linear",)
    [two] = explained(passed, [text])
    assert "below 1.100; linear said" in two.reasons[0]
    chooser = Scripted((), "large")
    [routed] = explained(Router(chooser, {"small": Scripted((), "neg"), "large": small}), [text])
    assert "large was chosen" in routed.reasons[0]
    assert routed.toward() == pytest.approx(one.toward())
    both = Ensemble((small, Bayes().fit(data)), data.task.labels)
    [pooled] = explained(both, [text])
    logits = np.log(both.answer([text]).probs[0])
    assert np.diff(pooled.base + pooled.contributions.sum(axis=0)) == pytest.approx(
        np.diff(logits), abs=1e-4
    )
    assert "'pos' by 2 of 2 members" in pooled.reasons[0]
    voted = Ensemble((small, Scripted((), "neg")), data.task.labels)
    assert explained(voted, [text])[0].method == "occlusion"
    recorded = RecordedModel("gpt", ("x",), ("neg",), np.zeros((1, len(FIELDS))))
    [given] = underdog.explain(Cascade((small, recorded), (1.1,)), ["x"])
    assert given.tokens == ()
    assert "on record as 'gpt'" in given.reasons[1]
    asked = Prompted(Scripted((("great", "I would say pos."),), "neg"), data.task)
    [prompted] = explained(asked, ["great"])
    assert "wrote 'I would say pos.'" in prompted.reasons[0]
