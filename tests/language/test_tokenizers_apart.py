"""Models of different tokenizers: byte by byte with the same law, or by the tokens they share."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
import pytest
from language.toys import Letters, Toy, law

from underdog.combine.decoding.additive import ProxyTuned
from underdog.combine.decoding.mixture import Mixed
from underdog.combine.decoding.speculative import Speculative
from underdog.combine.decoding.writers import Sampled
from underdog.core.data import Dataset
from underdog.core.errors import UnderdogError
from underdog.core.language import log_softmax
from underdog.models.language.across.bytewise import Bytewise
from underdog.models.language.across.respelled import Respelled
from underdog.models.language.ngram import NGram

PIECES = (b"a", b"b", b"ab", b"ba", b"aba", b"")
END = len(PIECES) - 1


@dataclass(frozen=True)
class Syllables:
    """Tokens of one to three letters, the longest first; the last one ends a text."""

    pieces: tuple[bytes, ...] = PIECES
    size: int = len(PIECES)
    end: int = END
    identity: str = "syllables"

    def encode(self, text):
        found, at = [], 0
        while at < len(text):
            here = [i for i, p in enumerate(PIECES[:-1]) if text.startswith(p.decode(), at)]
            found += (longest := sorted(here, key=lambda i: len(PIECES[i]))[-1:])
            at += len(PIECES[longest[0]]) if longest else 1  # a letter of no token
        return found

    def decode(self, ids):
        return b"".join(self.pieces[i] for i in ids).decode()


def enumerated(model, most):
    """The probability of each text that ends within ``most`` tokens: by all its spellings."""
    found: dict[bytes, float] = {}
    for n in range(most + 1):
        for tokens in product(range(END), repeat=n):
            ids = [END, *tokens, END]
            logits, _ = model.extend(np.array([ids[:-1]]))
            chance = float(np.exp(log_softmax(logits[0])[np.arange(n + 1), ids[1:]].sum()))
            text = b"".join(PIECES[t] for t in tokens)
            found[text] = found.get(text, 0.0) + chance
    return found


def bytes_law(model, text):
    ids = [256, *text, 256]
    logits, memory = model.extend(np.array([ids[:-1]]))
    return float(np.exp(logits[0, np.arange(len(ids) - 1), ids[1:]].sum())), memory


def test_a_text_has_the_probability_of_all_its_spellings_together():
    inner = Toy(3, 1.0, Syllables())
    every = enumerated(inner, 5)
    model = Bytewise(inner, least=0.0)
    for text in (b"", b"a", b"ab", b"aba", b"abab", b"babba"):  # at most five tokens
        chance, memory = bytes_law(model, text)
        assert chance == pytest.approx(every[text], rel=1e-12)
        assert memory.missing == 0.0


def test_what_is_dropped_is_counted_and_small():
    inner = Toy(3, 3.0, Syllables())
    exact, _ = bytes_law(Bytewise(inner, least=0.0), b"ababba")
    close, memory = bytes_law(Bytewise(inner, least=0.005), b"ababba")
    _, coarse = bytes_law(Bytewise(inner, least=0.05), b"ababba")
    assert 0 < memory.missing < coarse.missing < 0.5
    assert close == pytest.approx(exact, rel=0.05)


def test_no_text_becomes_impossible_by_what_is_dropped():
    model = Bytewise(Toy(4, 6.0, Syllables()), least=0.4)
    for text in product(b"ab", repeat=6):
        assert bytes_law(model, bytes(text))[0] > 0


def test_bytes_can_be_read_in_parts_forgotten_and_copied():
    model = Bytewise(Toy(5, 1.0, Syllables()), least=0.0)
    whole, _ = model.extend(np.array([[256, *b"abab"]]))
    first, memory = model.extend(np.array([[256, *b"ab"]]))
    _, memory = model.extend(np.array([[*b"ba"]]), memory.select([0]))
    third, memory = model.extend(np.array([[*b"ab"]]), memory.crop(3))
    assert memory.length == 5
    np.testing.assert_allclose(np.concatenate([first, third], axis=1), whole, atol=1e-12)


def test_models_of_two_tokenizers_are_combined_over_bytes():
    one, other = (
        Bytewise(Toy(1, 1.0, Syllables())),
        NGram(3).fit(Dataset.of(["abab"] * 3, [None] * 3)),
    )
    mixed = Mixed((one, other), (0.5, 0.5))
    assert np.isfinite(mixed.extend(np.array([[256, *b"ab"]]))[0][..., [97, 98]]).all()
    tuned = ProxyTuned(one, other, NGram(3).fit(Dataset.of(["bb"], [None])))
    text = Sampled(tuned, max_tokens=4).answer(["a"]).values[0]
    assert set(text) <= {"a", "b"}


def test_a_byte_that_no_token_holds_is_refused():
    with pytest.raises(UnderdogError, match="no token that goes on with the byte 99"):
        Bytewise(Toy(1, 1.0, Syllables())).extend(np.array([[256, *b"ac"]]))


LETTERS = Letters(4)  # a, b, c and the end: c is in no syllable


@dataclass(frozen=True)
class Into(Respelled):
    """The toy's tokenizer has no name to look it up by."""

    target: Letters = LETTERS

    @property
    def tokenizer(self):
        return self.target


def test_only_tokens_that_both_have_are_said_and_the_rest_is_counted():
    model = Into(Toy(1, 1.0, Syllables()), "", LETTERS)
    logits, memory = model.extend(np.array([[LETTERS.end, 0, 1]]))
    assert np.isneginf(logits[..., 2]).all()
    assert np.isfinite(logits[..., [0, 1, 3]]).all()
    assert 0 < memory.missing < 1
    parts, memory = model.extend(np.array([[LETTERS.end, 0, 0]]))
    parts, _ = model.extend(np.array([[1]]), memory.crop(2))
    np.testing.assert_allclose(parts[0, -1], logits[0, -1])


def test_a_draft_with_another_tokenizer_leaves_the_law_of_the_target():
    target = Toy(2, 1.0, LETTERS)
    draft = Into(Toy(1, 1.0, Syllables()), "", LETTERS)
    expected = law(target, [0], 2)
    drawn = [
        Speculative(target, draft, gamma=2, max_tokens=2, temperature=1.0, seed=s).write([0]).tokens
        for s in range(500)
    ]
    for tokens, chance in expected.items():
        if tokens[0] != LETTERS.end:
            share = np.mean([t == tokens for t in drawn])
            assert abs(share - chance) < 4 * np.sqrt(chance / 500) + 1e-2
    greedy = Speculative(target, draft, gamma=3, max_tokens=8).write([0]).tokens
    assert greedy == Sampled(target, max_tokens=8).write([0]).tokens


def test_vocabularies_without_a_common_token_are_refused():
    @dataclass(frozen=True)
    class Digits(Letters):
        identity = "digits"

        @property
        def pieces(self):
            return [b"0", b"1", b"2", b""]

    with pytest.raises(UnderdogError, match="share no token"):
        Into(Toy(1, 1.0, Syllables()), "", Digits(4)).extend(np.array([[0]]))
