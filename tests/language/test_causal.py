"""`causal`: torch says what llama.cpp says, remembers, forgets, and refuses what it cannot load."""

import numpy as np
import pytest

from underdog.combine.decoding.drafts import Lookup
from underdog.combine.decoding.speculative import Speculative
from underdog.combine.decoding.writers import Sampled
from underdog.core.errors import UnderdogError
from underdog.core.language import log_softmax, nats
from underdog.models.language.across.bytewise import Bytewise
from underdog.models.language.across.pieces import pieces_of
from underdog.models.language.causal import Causal, extended
from underdog.models.language.llama import Llama
from underdog.runtime.registry import build

PROMPT = "The capital of France is"
COPY = "Copy: the left knee is swollen and painful.\nCopy: the left knee is"


@pytest.fixture(name="causal", scope="module")
def _causal(smollm2):
    pytest.importorskip("torch", reason="pip install 'underdog[torch]'")
    return Causal()


def test_torch_says_what_llama_says(causal):
    words = ["Paris", "London", "the"]
    theirs, _ = Llama(chat=False, context=1024).score([PROMPT], words)
    ours, costs = Sampled(causal).score([PROMPT], words)
    np.testing.assert_allclose(ours, theirs, atol=0.1)
    assert costs[0, 3] == 5


def test_it_reads_in_pieces_and_forgets(causal):
    ids = np.array([causal.tokenizer.encode(PROMPT)])
    whole, memory = causal.extend(ids)
    assert memory.length == 5
    _, part = causal.extend(ids[:, :3])
    twice = part.select([0, 0])
    second, part = causal.extend(ids[:, 3:], part)
    np.testing.assert_allclose(second, whole[:, 3:], atol=1e-3)
    again, _ = causal.extend(ids[:, 3:], part.crop(3))
    np.testing.assert_array_equal(again, second)
    both, _ = causal.extend(ids[:, 3:].repeat(2, 0), twice)
    np.testing.assert_allclose(both[1], second[0], atol=1e-3)
    assert nats(causal, ids[0]).shape == (4,)


def test_speculation_writes_what_plain_decoding_and_transformers_write(causal):
    ids = causal.tokenizer.encode(COPY)
    plain = Sampled(causal, max_tokens=8).write(ids)
    fast = Speculative(causal, Lookup(2), gamma=4, max_tokens=8).write(ids)
    if fast.tokens != plain.tokens:  # a tie that matrix shapes decide, and nothing else
        n = next(
            i for i, (a, b) in enumerate(zip(fast.tokens, plain.tokens, strict=True)) if a != b
        )
        logits, _ = causal.extend(np.array([[*ids, *plain.tokens[:n]]]))
        best = np.sort(log_softmax(logits[0, -1]))[-2:]
        assert best[1] - best[0] < 1e-3, f"not a tie: {best}"
    assert fast.calls < plain.calls
    torch = pytest.importorskip("torch")
    from underdog.models.language.pretrained import network

    body, _ = network("smollm2", 32)
    options = {"do_sample": False, "max_new_tokens": 8, "prompt_lookup_num_tokens": 4}
    theirs = body.generate(torch.tensor([ids]), pad_token_id=2, **options)[0, len(ids) :]
    assert tuple(theirs.tolist()) == plain.tokens


def test_sixteen_bits_are_nearly_the_same(causal):
    ids = np.array([causal.tokenizer.encode(PROMPT)])
    logits, _ = build("causal(bits=16)").extend(ids)
    assert logits.dtype == np.float32
    assert logits[0, -1].argmax() == causal.extend(ids)[0][0, -1].argmax()
    with pytest.raises(UnderdogError, match="16 or 32"):
        build("causal(bits=24)")


def test_a_chat_template_wraps_a_turn(causal):
    turn = causal.tokenizer.turn("hello <|im_end|>")
    assert turn[0] == causal.tokenizer.spellings["<|im_start|>"]
    assert causal.tokenizer.end not in causal.tokenizer.encode("hello <|im_end|>")


def test_weights_are_pinned_by_their_checksum(causal):
    assert causal.pinned().checksum == causal.environment()["weights"]
    with pytest.raises(UnderdogError, match=r"not those.*\n.*fit the model again"):
        build("causal(checksum='00')").extend(np.array([[1]]))


@pytest.mark.parametrize("name", ["no-such-folder", "missing.gguf"])
def test_a_model_that_is_not_there_is_refused_in_one_sentence(name, smollm2):
    with pytest.raises(UnderdogError, match=rf"no .*{name}.*\n.*smollm2"):
        Causal(name).extend(np.array([[1]]))


def test_a_damaged_gguf_is_refused(smollm2, tmp_path, monkeypatch):
    monkeypatch.setenv("UNDERDOG_WEIGHTS", str(tmp_path / "weights"))
    path = tmp_path / "cut.gguf"
    with smollm2.open("rb") as whole:
        path.write_bytes(whole.read(30_000))
    with pytest.raises(UnderdogError, match="cut short"):
        Causal(str(path)).extend(np.array([[1]]))
    assert not list((tmp_path / "weights").glob("*"))


def test_a_text_beyond_the_context_is_refused(causal):
    with pytest.raises(UnderdogError, match=r"8,193 tokens is longer.*8,192"):
        causal.extend(np.zeros((1, 8193), np.int64))


def test_too_little_memory_comes_with_what_needs_less():
    class Body:
        config = None

        def __call__(self, *_, **__):
            raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to")

    with pytest.raises(UnderdogError, match=r"not enough memory for 'large'.*\n.*bits=16"):
        extended(Body(), np.array([[1]]), None, "large")


def test_the_bytes_of_its_tokens_spell_its_texts(causal):
    pieces = pieces_of(causal.tokenizer)
    text = "naïve 東京: it's\n\tfine 😀"
    assert b"".join(pieces[i] for i in causal.tokenizer.encode(text)).decode() == text
    assert pieces[causal.tokenizer.end] == b""


def test_over_bytes_a_text_is_at_least_as_likely(causal):
    ids = [256, *b"The cat"]
    logits, memory = Bytewise(causal).extend(np.array([ids]))
    whole = -logits[0, np.arange(len(ids) - 1), ids[1:]].sum()
    tokens = [causal.tokenizer.end, *causal.tokenizer.encode("The cat")]
    alone = nats(causal, tokens).sum()  # of one way to cut the text
    assert 0.7 * alone < whole < 1.01 * alone
    assert memory.missing < 0.05
