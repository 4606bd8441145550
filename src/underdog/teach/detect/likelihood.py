"""How a language model takes a text: its likelihood, the ranks of its tokens, and its curvature."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np

from ...core.cost import Floats
from ...core.data import clean
from ...core.language import LanguageModel, complete, log_softmax
from ...runtime.progress import step

TOKENS = 256
"""Tokens of a text that are read."""

RANKS = (1, 10, 100, 1000)
"""Shares of tokens among so many likeliest ones (GLTR: Gehrmann et al., ACL 2019)."""

OF_A_MODEL = 6 + len(RANKS)


def likelihood(models: Sequence[LanguageModel], texts: Sequence[str]) -> Floats:
    """Numbers of each text, ``[texts, features]``: `OF_A_MODEL` for each model, then pairs of them.

    Of a model: the mean, spread and lowest tenth of the tokens' log-probabilities, their mean
    entropy, the curvature (Fast-DetectGPT: Bao et al., ICLR 2024), nats per character, and the
    shares of `RANKS`. Of two models: the ratio of their nats per character (in the manner of
    Binoculars: Hans et al., ICML 2024). NaN for a text of fewer than two tokens.
    """
    pairs = list(combinations(range(len(models)), 2))
    rows = np.full((len(texts), OF_A_MODEL * len(models) + len(pairs)), np.nan)
    if not models or not texts:
        return rows
    with step("reading likelihoods", len(texts)) as advance:
        for row, text in enumerate(texts):
            own = [_of(model, clean(text)) for model in models]
            nats = [one[5] for one in own]
            ratios = [nats[a] / nats[b] if nats[b] > 0 else np.nan for a, b in pairs]
            rows[row] = [*(value for one in own for value in one), *ratios]
            advance(1)
    return rows


def _of(model: LanguageModel, text: str) -> list[float]:
    complete("the likelihood of a text", model)
    ids = model.tokenizer.encode(text)[:TOKENS]
    if len(ids) < 2:
        return [np.nan] * OF_A_MODEL
    logits, _ = model.extend(np.array([ids[:-1]], np.int64))
    logp = log_softmax(logits[0].astype(np.float32))
    seen = logp[np.arange(len(ids) - 1), ids[1:]].astype(np.float64)
    floor = np.maximum(logp, -60.0)
    p = np.exp(floor)
    expected = (p * floor).sum(axis=1, dtype=np.float64)
    variance = (p * floor * floor).sum(axis=1, dtype=np.float64) - expected**2
    rank = (logp > seen[:, None].astype(np.float32)).sum(axis=1)
    seen = np.maximum(seen, -60.0)
    read = max(len(model.tokenizer.decode(ids)), 1)
    return [
        float(seen.mean()),
        float(seen.std()),
        float(np.quantile(seen, 0.1)),
        float(-expected.mean()),
        float((seen - expected).sum() / np.sqrt(max(variance.sum(), 1e-9))),
        float(-seen.sum() / read),
        *[float((rank < most).mean()) for most in RANKS],
    ]
