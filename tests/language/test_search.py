"""Weak-to-strong search: nothing changes without a preference, and with one it is followed."""

import numpy as np
from language.toys import Letters, Toy

from underdog.combine.decoding.search import Searched
from underdog.combine.decoding.writers import Sampled
from underdog.core.language import log_softmax
from underdog.testing import check_model

BASE, TUNED, UNTUNED = Toy(0), Toy(1, sharp=2.0), Toy(2)


def test_one_text_and_one_branch_are_plain_sampling():
    options = {"max_tokens": 20, "temperature": 1.0, "seed": 3}
    prompts = ["ab", "dca", "c"]
    plain = Sampled(BASE, **options).answer(prompts)
    for tuned in (TUNED, UNTUNED):
        found = Searched(BASE, tuned, UNTUNED, width=1, branches=1, chunk=3, **options).answer(
            prompts
        )
        assert found.values == plain.values
        np.testing.assert_allclose(found.logprobs, plain.logprobs)


def preference(prompt, tokens):
    gain = 0.0
    for model, sign in ((TUNED, 1), (UNTUNED, -1)):
        logits, _ = model.extend(np.array([[*prompt, *tokens]]))
        rows = log_softmax(logits[0, len(prompt) - 1 : -1])
        gain += sign * rows[np.arange(len(tokens)), list(tokens)].sum()
    return gain


def test_more_branches_find_what_the_tuned_model_prefers():
    gains = {}
    for branches in (1, 6):
        search = Searched(BASE, TUNED, UNTUNED, width=2, branches=branches, chunk=2, max_tokens=8)
        written = [search.write([i % 4, i % 3]) for i in range(12)]
        gains[branches] = np.mean(
            [preference([i % 4, i % 3], w.tokens) for i, w in enumerate(written)]
        )
    assert gains[6] > gains[1] + 1.0


def test_texts_end_where_the_base_ends_them():
    search = Searched(BASE, TUNED, UNTUNED, max_tokens=40)
    for i in range(6):
        tokens = search.write([0, i % 4]).tokens
        assert Letters().end not in tokens[:-1]
        assert len(tokens) == 40 or tokens[-1] == Letters().end


def test_it_keeps_the_contract():
    check_model(Searched(BASE, TUNED, UNTUNED, max_tokens=6), ["ab", "", "d"])
