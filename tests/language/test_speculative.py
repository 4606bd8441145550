"""Speculative decoding: the law of what is written is that of the target, exactly."""

from itertools import product

import numpy as np
import pytest
from language.toys import Letters, Toy, law
from scipy.stats import chi2_contingency

from underdog.combine.decoding.acceptance import RULES, block, token_by_token
from underdog.combine.decoding.additive import Contrasted
from underdog.combine.decoding.drafts import Lookup, ModelProposer
from underdog.combine.decoding.sampling import Cut, drawn
from underdog.combine.decoding.speculative import Speculative
from underdog.combine.decoding.writers import Sampled
from underdog.core.errors import UnderdogError
from underdog.testing import check_model

THREE = Letters(3, ends=False)
TARGET, DRAFT = Toy(0, tokenizer=THREE), Toy(1, tokenizer=THREE)
PROMPT = [0, 1]


def rows(model, tokens):
    logits, _ = model.extend(np.array([[*PROMPT, *tokens]]))
    return Cut(1.0).probabilities(logits[0, len(PROMPT) - 1 :])


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("gamma", [1, 2, 3])
def test_written_out_in_full_the_law_is_that_of_the_target(rule, gamma):
    expected, found = law(TARGET, PROMPT, gamma + 1), {}
    for tokens in product(range(3), repeat=gamma):
        q, p = rows(DRAFT, tokens)[:-1], rows(TARGET, tokens)
        drafted = q[np.arange(gamma), tokens].prod()
        verdict = RULES[rule](p, q, tokens)
        assert verdict.chances.sum() == pytest.approx(1.0, abs=1e-12)
        for kept, chance in enumerate(verdict.chances):
            for after in range(3):
                start = (*tokens[:kept], after)
                share = drafted * chance * verdict.then[kept, after]
                for rest in product(range(3), repeat=gamma - kept):
                    whole = (*start, *rest)
                    later = rows(TARGET, whole)[
                        len(start) + np.arange(len(rest)), list(rest)
                    ].prod()
                    found[whole] = found.get(whole, 0.0) + share * later
    assert found.keys() == expected.keys()
    np.testing.assert_allclose([found[k] for k in expected], list(expected.values()), atol=1e-12)


def test_judged_together_more_tokens_are_kept():
    kept = {"token": 0.0, "block": 0.0}
    for tokens in product(range(3), repeat=3):
        q, p = rows(DRAFT, tokens)[:-1], rows(TARGET, tokens)
        for rule, judge in RULES.items():
            expected = (judge(p, q, tokens).chances * np.arange(4)).sum()
            kept[rule] += q[np.arange(3), tokens].prod() * expected
    assert kept["block"] > kept["token"] + 1e-3


@pytest.mark.parametrize("judge", [token_by_token, block])
def test_a_draft_that_is_its_target_is_never_refused(judge):
    p = rows(TARGET, (0, 1, 2))
    assert judge(p, p[:3], (0, 1, 2)).chances.tolist() == [0, 0, 0, 1]
    same = Speculative(Toy(0), Toy(0), gamma=3, max_tokens=40, temperature=1.0, rule="token")
    written = same.write([0, 1])
    assert written.kept == written.drafted > 0


@pytest.mark.parametrize("draft", [Toy(1), Toy(0), Lookup(), Toy(2, sharp=0.0)], ids=repr)
@pytest.mark.parametrize("rule", RULES)
def test_the_likeliest_tokens_are_those_of_plain_decoding(draft, rule):
    target = Contrasted(Toy(0), Toy(5, sharp=0.5), plausible=0.1)
    prompts = ["ab", "dcba", "b", "aaaa"]
    plain = Sampled(target, max_tokens=25).answer(prompts)
    fast = Speculative(target, draft, gamma=4, max_tokens=25, rule=rule).answer(prompts)
    assert fast.values == plain.values
    np.testing.assert_allclose(fast.logprobs, plain.logprobs)
    np.testing.assert_array_equal(fast.costs[:, 3:5], plain.costs[:, 3:5])


@pytest.mark.parametrize("rule", RULES)
def test_drawn_texts_cannot_be_told_from_those_of_plain_sampling(rule):
    def counts(writer):
        texts = [np.dot(writer(seed).tokens, [9, 3, 1]) for seed in range(700)]
        return np.bincount(texts, minlength=27)

    def cut(seed):
        return dict(max_tokens=3, temperature=1.0, seed=seed, top_p=0.95)

    plain = counts(lambda s: Sampled(TARGET, **cut(s)).write(PROMPT))
    fast = counts(lambda s: Speculative(TARGET, DRAFT, 2, **cut(s + 9999), rule=rule).write(PROMPT))
    table = np.array([plain, fast])
    assert chi2_contingency(table[:, table.sum(axis=0) > 0]).pvalue > 0.01


def test_lookup_takes_the_most_recent_match():
    tokens, q = Lookup(2).proposer(5).propose([0, 1, 2, 0, 1, 3, 0, 1], 2, Cut(), None)
    assert tokens == [3, 0]
    np.testing.assert_array_equal(q.argmax(axis=1), tokens)
    assert Lookup().proposer(5).propose([0, 1, 2], 4, Cut(), None)[0] == []


def test_a_drafting_model_forgets_what_was_refused():
    proposer = ModelProposer(Toy(1), [])
    proposer.propose([0, 1], 3, Cut(), None)
    tokens, _ = proposer.propose([0, 1, 2, 3], 3, Cut(), None)
    assert tokens == ModelProposer(Toy(1), []).propose([0, 1, 2, 3], 3, Cut(), None)[0]
    assert proposer.memory.length == len(proposer.read) == 6


def test_a_draft_that_cannot_forget_is_refused_with_a_remedy():
    with pytest.raises(UnderdogError, match=r"cannot forget.*\n.*lookup"):
        Speculative(Toy(0), Toy(1, can_forget=False), gamma=3, max_tokens=9).answer(["ab"])


def test_other_vocabularies_and_rules_are_refused():
    with pytest.raises(UnderdogError, match="two vocabularies"):
        Speculative(Toy(0), DRAFT).answer(["a"])
    with pytest.raises(UnderdogError, match="no rule"):
        Speculative(Toy(0), rule="hope")


def test_what_writes_keeps_the_contract():
    check_model(Sampled(Toy(0), max_tokens=5, temperature=1.0), ["ab", "", "d"])
    check_model(Speculative(Toy(0), Toy(1), max_tokens=5, temperature=1.0), ["ab", "", "d"])


def test_a_distribution_is_cut():
    logits = np.log([0.5, 0.3, 0.15, 0.05])
    np.testing.assert_allclose(Cut(1.0, top_p=0.8).probabilities(logits), [0.625, 0.375, 0, 0])
    np.testing.assert_allclose(Cut(1.0, top_k=1).probabilities(logits), [1, 0, 0, 0])
    np.testing.assert_allclose(Cut(0.0).probabilities(logits), [1, 0, 0, 0])
    np.testing.assert_allclose(Cut(1.0).probabilities(logits), [0.5, 0.3, 0.15, 0.05])
    assert drawn(np.array([0.0, 0.5, 0.5, 0.0]), lambda: 1 - 1e-17) == 2


def test_likelihoods_are_those_of_the_law():
    found, costs = Sampled(TARGET).score(["ab"], ["c", "ca", "b"])
    whole = law(TARGET, PROMPT, 2)
    assert found[0, 1] == pytest.approx(np.log(whole[2, 0]))
    assert found[0, 0] == pytest.approx(np.log(sum(whole[2, k] for k in range(3))))
    assert costs[0, 3] == 2
