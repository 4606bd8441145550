"""Rows of ``python -m benchmarks.language`` about laws: drafts do not change what is written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from benchmarks.language.texts import notes, shakespeare, unlabelled
from underdog.combine.decoding.speculative import Speculative
from underdog.combine.decoding.writers import Sampled
from underdog.core.language import LanguageModel, common, log_softmax
from underdog.models.language.lm import LM
from underdog.models.language.ngram import NGram

Row = tuple[str, str, str, str]

PROMPTS, GIVEN, WRITTEN = 200, 48, 32
"""Prompts that are continued by the likeliest token, their tokens, and those that are written."""

TIE = 1e-3
"""Nats by which the likeliest token leads where rounding may decide."""

LETTERS, TEXTS, DRAWN, APART = "abcdefgh", 400, 50, 5
"""A toy vocabulary; texts that are drawn, and their tokens; and how far apart pairs are counted."""


def exact() -> Row:
    """What speculation writes beside what its target writes alone: greedy, and drawn."""
    train, test = notes()
    target = LM(width=64, layers=2, length=64, tokens=60_000).fit(train.take(range(200)))
    prompts = [target.tokenizer.encode(text)[:GIVEN] for text in test[:PROMPTS]]
    leads = [lead for ids in prompts if (lead := _apart(target, ids)) is not None]
    text = str(shakespeare().texts[0]) + str(shakespeare().texts[1])
    toy = "".join(LETTERS[ord(letter) % len(LETTERS)] for letter in text)
    lines = unlabelled([toy[i : i + 200] for i in range(0, len(toy), 200)])
    law, draft = NGram(3).fit(lines), NGram(1).fit(lines)
    alone = [Sampled(law, DRAWN, 1.0, seed=i) for i in range(TEXTS)]
    drafted = [Speculative(law, draft, 4, DRAWN, 1.0, seed=TEXTS + i) for i in range(TEXTS)]
    chance = _chance(_pairs(alone, law), _pairs(drafted, law))
    wrong = sum(lead > TIE for lead in leads)
    ties = f" ({len(leads)} ties within {max(leads):.0e} nats)" if leads and not wrong else ""
    what = f"{PROMPTS} prompts greedy: mismatches that are no ties; {TEXTS * DRAWN:,} drawn: p"
    return "notes; 8 letters", what, f"{wrong}{ties}; {chance:.2f}", "0; > .01"


def _apart(target: LanguageModel, ids: list[int]) -> float | None:
    """By how much the likeliest token leads where speculation first differs; None: nowhere."""
    plain = Sampled(target, WRITTEN).write(ids).tokens
    fast = Speculative(target, gamma=6, max_tokens=WRITTEN).write(ids).tokens
    if plain == fast:
        return None
    read = [*ids, *plain[: common(plain, fast)]]
    second, first = np.sort(log_softmax(target.extend(np.array([read]))[0][0, -1]))[-2:]
    return float(first - second)


def _pairs(
    writers: Sequence[Sampled | Speculative], law: LanguageModel
) -> Counter[tuple[int, ...]]:
    """How often tokens follow each other, in pairs so far apart that they tell of each other
    little.
    """
    wrote = [writer.write(law.tokenizer.encode("ab")).tokens for writer in writers]
    return Counter(w[i : i + 2] for w in wrote for i in range(0, len(w) - 1, APART))


def _chance(one: Counter[tuple[int, ...]], other: Counter[tuple[int, ...]]) -> float:
    """The probability of counts that differ so much, if both have the same law."""
    from scipy.stats import chi2_contingency

    kinds = [kind for kind, n in (one + other).items() if n >= 10]
    table = [[counts[kind] for kind in kinds] for counts in (one, other)]
    rest = [counts.total() - sum(row) for counts, row in zip((one, other), table, strict=True)]
    if any(rest):
        table = [[*row, more] for row, more in zip(table, rest, strict=True)]
    return float(chi2_contingency(table).pvalue)


ROWS = {"exact": exact}
"""By name."""
