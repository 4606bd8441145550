"""Training a language model: it learns, resumes, is saved, and learns from a teacher."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
from language.toys import Letters, Toy

from underdog.core.data import Dataset
from underdog.core.errors import UnderdogError
from underdog.core.language import log_softmax, nats_per_byte
from underdog.models.language.across.ranked import ranked
from underdog.models.language.causal import Causal
from underdog.models.language.ngram import NGram
from underdog.models.language.tokenizers import Bytes
from underdog.models.language.top_store import blocks, ranked_of, top_of
from underdog.runtime.persist import load, save
from underdog.runtime.registry import build

torch = pytest.importorskip("torch", reason="pip install 'underdog[torch]'")

from underdog.models.language import lm_training, top_store  # noqa: E402
from underdog.models.language.divergence import (  # noqa: E402
    bucketed,
    divergence,
    ranked_difference,
    rest,
)
from underdog.models.language.on_policy import own_words_loss  # noqa: E402

TEXTS = [f"the {w} cat sat on the {w} mat. " * 2 for w in ("old", "red", "new", "wet", "fat")]
DATA = Dataset.of(TEXTS, [None] * len(TEXTS))
TINY = "lm(width=32, layers=1, length=16, batch=4, tokens=4000)"


@pytest.fixture(name="weights", autouse=True)
def _weights(tmp_path, monkeypatch):
    monkeypatch.setenv("UNDERDOG_WEIGHTS", str(tmp_path / "weights"))


@pytest.fixture(name="tiny", scope="module")
def _tiny():
    return build(TINY).fit(DATA)


def test_it_learns_and_a_saved_model_is_the_same(tiny, tmp_path):
    before = nats_per_byte(build(TINY.replace("4000", "64")).fit(DATA), TEXTS[:1])
    after = nats_per_byte(tiny, TEXTS[:1])
    assert after < 0.6 * before
    save(tiny, tmp_path / "model")
    assert nats_per_byte(load(tmp_path / "model"), TEXTS[:1]) == pytest.approx(after, abs=1e-9)
    assert tiny.size < 40_000


def test_the_same_seed_trains_the_same_model(tiny):
    again = build(TINY).fit(DATA)
    assert all(np.array_equal(tiny.arrays[k], again.arrays[k]) for k in tiny.arrays)


def test_a_training_that_was_killed_goes_on_to_the_same_end(tiny, monkeypatch):
    monkeypatch.setattr("underdog.models.training.checkpoint.SECONDS_BETWEEN", 0.0)
    monkeypatch.setattr(lm_training, "SAVE_EVERY", 10)
    whole, losses = lm_training._loss, []

    def dies(*args):
        losses.append(1)
        if len(losses) == 25:
            raise KeyboardInterrupt
        return whole(*args)

    monkeypatch.setattr(lm_training, "_loss", dies)
    with pytest.raises(KeyboardInterrupt):
        build(TINY).fit(DATA)
    resumed = build(TINY).fit(DATA)
    assert len(losses) == 25 + 62 - 20
    assert all(np.allclose(tiny.arrays[k], resumed.arrays[k], atol=1e-6) for k in tiny.arrays)


@pytest.mark.parametrize("kind", ["forward", "reverse", "jsd", "skew"])
def test_a_divergence_is_its_formula_and_zero_between_equals(kind):
    p, q = np.random.default_rng(0).dirichlet(np.ones(6), size=(2, 3))

    def kl(a, b):
        return (a * np.log(a / b)).sum(axis=-1).mean()

    skewed = 0.1 * p + 0.9 * q
    middle = 0.3 * p + 0.7 * q
    expected = {
        "forward": kl(p, q),
        "reverse": kl(q, p),
        "skew": kl(p, skewed),
        "jsd": 0.3 * kl(p, middle) + 0.7 * kl(q, middle),  # as TRL's GKD with beta 0.7
    }[kind]
    teacher, student = (torch.tensor(np.log(x)) for x in (p, q))
    assert divergence(student, teacher, kind, beta=0.3).item() == pytest.approx(expected, abs=1e-10)
    assert abs(divergence(teacher, teacher, kind).item()) < 1e-12


def test_the_bucket_of_the_rest_holds_what_is_missing():
    logits = torch.tensor([[2.0, 1.0, 0.0, -1.0]], dtype=torch.float64)
    found = bucketed(logits, torch.tensor([[0, 1]])).exp()[0]
    expected = torch.softmax(logits, -1)[0].tolist()
    assert found.tolist() == pytest.approx([expected[0], expected[1], sum(expected[2:])])
    assert rest(torch.log(torch.tensor([[0.5, 0.25]]))).exp().item() == pytest.approx(0.25)


def test_a_teacher_is_asked_once_and_kept_small(monkeypatch):
    teacher = NGram(order=4).fit(DATA)
    rows = blocks([teacher.tokenizer.encode(t) for t in TEXTS], 16, teacher.tokenizer.end)
    first = top_of(teacher, rows[:, :-1], k=8)
    monkeypatch.setattr(top_store, "log_softmax", None)  # it must be read from the disk now
    again = top_of(teacher, rows[:, :-1], k=8)
    np.testing.assert_array_equal(first.ids, again.ids)
    np.testing.assert_array_equal(first.logprobs, again.logprobs)
    assert first.nbytes < 0.05 * rows[:, :-1].size * teacher.tokenizer.size * 4
    assert 0 <= first.missing < 0.2


def test_a_student_of_a_teacher_that_knows_more_is_better(tiny):
    some = Dataset.of(TEXTS[:2], [None] * 2)
    teacher = NGram(order=5).fit(DATA)
    alone = build(TINY).fit(some)
    recipe = build(TINY.replace("lm(", "lm(divergence='forward', share=0.9, top=16, "))
    taught = replace(recipe, teacher=teacher).fit(some)
    assert nats_per_byte(taught, TEXTS[3:]) < nats_per_byte(alone, TEXTS[3:])


def test_what_cannot_be_learned_is_refused():
    with pytest.raises(UnderdogError, match="no texts"):
        build(TINY).fit(Dataset.of([""], [None]))
    with pytest.raises(UnderdogError, match="no divergence"):
        build("lm(divergence='sideways')")


def test_a_training_that_diverges_names_a_smaller_rate(monkeypatch):
    loss = lm_training._loss
    monkeypatch.setattr(lm_training, "_loss", lambda *args: loss(*args) * float("nan"))
    with pytest.raises(UnderdogError, match=r"diverged.*\n.*rate=0.0015"):
        build(TINY).fit(DATA, seed=5)


def test_a_student_that_writes_is_corrected_the_same_way_each_time():
    teacher = NGram(order=4).fit(DATA)
    recipe = replace(build(TINY), teacher=teacher, top=16, tokens=640, on_policy=0.5)
    reads, writes, again = (
        replace(recipe, on_policy=0.0).fit(DATA),
        recipe.fit(DATA),
        recipe.fit(DATA),
    )
    assert any(not np.array_equal(reads.arrays[k], writes.arrays[k]) for k in writes.arrays)
    assert all(np.array_equal(again.arrays[k], writes.arrays[k]) for k in writes.arrays)


def test_the_loss_on_its_own_words_is_zero_for_a_student_that_is_its_teacher(tiny):
    rows = blocks([tiny.tokenizer.encode(t) for t in TEXTS], 16, 256)[:4]
    body = tiny._body
    for kind in ("forward", "reverse"):
        assert own_words_loss(body, rows, tiny, kind, 3).item() == pytest.approx(0.0, abs=1e-5)
    other = NGram(order=4).fit(DATA)
    assert own_words_loss(body, rows, other, "forward", 3).item() > 0.01


def test_a_teacher_with_another_tokenizer_is_refused_and_the_alternative_is_named():
    with pytest.raises(UnderdogError, match=r"two vocabularies(.|\n)*divergence='uld'"):
        replace(build(TINY), teacher=Toy()).fit(DATA)
    with pytest.raises(UnderdogError, match="on_policy needs a teacher"):
        replace(build(TINY), teacher=Toy(), divergence="uld", on_policy=0.5)


@dataclass(frozen=True)
class Pairs(Letters):
    """Tokens of two letters: ab and ba, then single ones, and the end."""

    size: int = 5
    identity: str = "pairs"

    @property
    def pieces(self):
        return [b"ab", b"ba", b"a", b"b", b""]

    def encode(self, text):
        found = []
        while text:
            i = next(i for i, p in enumerate(self.pieces) if text.startswith(p.decode()))
            found.append(i)
            text = text[len(self.pieces[i]) :]
        return found


def test_by_rank_it_learns_where_both_vocabularies_have_read_the_same_text():
    teacher, own = Toy(1, 1.0, Pairs()), Bytes()
    rows = np.array([[256, *b"abb", 256, *b"ba"]])
    told = ranked(teacher, own, rows, 3)[0].astype(float)
    said = np.isfinite(told).all(axis=-1)
    assert said.tolist() == [True, False, True, True, True, False, True]
    logits, _ = teacher.extend(np.array([[4, 0, 3]]))
    expected = -np.sort(-log_softmax(logits[0]), axis=-1)[:, :3]
    np.testing.assert_allclose(told[[0, 2, 3]], expected, atol=2e-3)


def test_what_a_teacher_says_by_rank_is_asked_for_once(monkeypatch):
    teacher, rows = Toy(1, 1.0, Pairs()), np.array([[256, *b"abb"]])
    first = ranked_of(teacher, Bytes(), rows, 3)
    monkeypatch.setattr(top_store, "ranked", None)  # it must be read from the disk now
    again = ranked_of(teacher, Bytes(), rows, 3)
    np.testing.assert_array_equal(first.logprobs, again.logprobs)
    assert again.ids.shape == (1, 4, 0)


def test_the_difference_by_rank_does_not_ask_which_token_it_is():
    chances = torch.tensor([[0.5, 0.3, 0.2], [0.2, 0.5, 0.3], [0.9, 0.05, 0.05]])
    ranks = torch.log(torch.tensor([[0.5, 0.3], [0.5, 0.3], [float("nan")] * 2]))
    assert ranked_difference(torch.log(chances), ranks).item() == pytest.approx(0.0, abs=1e-6)
    flat = ranked_difference(torch.zeros(3, 3), ranks).item()
    assert flat == pytest.approx((0.5 - 1 / 3) + abs(0.3 - 1 / 3) + abs(0.8 - 2 / 3), abs=1e-6)


def test_a_teacher_with_another_tokenizer_teaches_by_rank():
    teacher = Toy(1, 2.0, Pairs())
    words = Dataset.of(["abba baab".replace(" ", "") * 4] * 4, [None] * 4)
    recipe = replace(build(TINY), teacher=teacher, divergence="uld", top=3, tokens=640)
    alone, taught = replace(recipe, teacher=None).fit(words), recipe.fit(words)
    assert any(not np.array_equal(alone.arrays[k], taught.arrays[k]) for k in alone.arrays)


def test_lora_trains_a_pretrained_model_and_keeps_the_factors_only(smollm2, tmp_path, monkeypatch):
    monkeypatch.delenv("UNDERDOG_WEIGHTS")
    tuned = build("lm('smollm2', lora=2, length=16, batch=1, tokens=32, rate=2e-3)").fit(DATA)
    text = TEXTS[0][:60]
    assert nats_per_byte(tuned, [text]) < nats_per_byte(Causal(), [text])
    save(tuned, tmp_path / "model")
    assert sum(f.stat().st_size for f in (tmp_path / "model").iterdir()) < 6_000_000
    assert nats_per_byte(load(tmp_path / "model"), [text]) == pytest.approx(
        nats_per_byte(tuned, [text]), abs=1e-5
    )
