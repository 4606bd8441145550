"""Are the certificates true, and what do they cost in coverage?

Validity is judged by drawing certification rows i.i.d. from a fixed pool and taking the pool for
the truth: re-splitting one pool into halves would make any rule look worse than it is, because a
half that looks too good leaves a half that is too bad. Nothing here is timed, so that the
tables are the same, to the byte, in every run.

    python -m benchmarks.deferral.certificates
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binom, norm

from benchmarks.data import root, table
from underdog.combine.cascade import Cascade
from underdog.core.data import Dataset
from underdog.core.protocols import fitted
from underdog.data.read import Table, read
from underdog.runtime.out_of_fold import out_of_fold
from underdog.runtime.registry import build
from underdog.teach.deferral.certificate import DEFER_ALL, candidates, fixed_sequence
from underdog.teach.deferral.choose import choose_confidence, confidences
from underdog.teach.deferral.drop import Drop
from underdog.teach.deferral.guarantees import Guarantee, MeanCost, Risk
from underdog.teach.deferral.paired_answers import PairedAnswers, answer_both

DELTA = 0.05
HEADER = ["guarantee", "rows", "naive breaks", "ours breaks", "valid"]
HEADER += ["coverage", "oracle", "of it", "limit"]
GPT4 = "recorded('gpt-4_answer', price='gpt-4_cost')"


@dataclass(frozen=True)
class Pool:
    """Rows taken for a whole population, and the thresholds that were fixed before seeing them."""

    name: str
    evidence: PairedAnswers
    thresholds: NDArray[np.float64]


def tables() -> Iterator[str]:
    """The tables of this file, one by one."""
    yield overruling()
    head, hate, over, routed = _headlines(), _hate(), _overruling(), _mmlu()
    yield validity(
        [
            (head, Risk(0.05), 1000, 1000),
            (head, Risk(0.05), 2500, 1000),
            (hate, Risk(0.05, "large"), 2500, 1000),
            (hate, Risk(0.10, "large"), 2500, 1000),
            (over, Risk(0.05, "large"), 2500, 1000),
            (over, Risk(0.03, "large"), 2500, 1000),
            (routed, Drop(0.05), 2500, 1000),
            (routed, Drop(0.10), 2500, 1000),
            (hate, Drop(0.05, "recall"), 2500, 1000),
            (hate, Drop(0.05, "macro_f1"), 2500, 400),
        ]
    )
    yield budgets(over)


def overruling() -> str:
    """OVERRULING, GPT-4's answers as the large model; half to fit and certify, half to test."""
    data, rows = _table("optllm_overruling/overruling_12llms.csv").data, []
    for against, shown in (("gold", "wrong"), ("large", "not GPT-4's")):
        recipe = build(f"frugal(linear(), {GPT4}, risk=0.05, against='{against}')")
        found = []
        for seed in range(20):
            ours, test = data.split(0.5, seed)
            model = recipe.fit(ours, seed)  # would raise where nothing can be promised
            seen = model.paired_answers(test)
            kept = seen.confidence >= model.certificate.threshold
            risk = model.guarantee.observed(seen, kept)
            found.append((kept.mean(), risk, *_right(seen, model.certificate.threshold)))
        cover, risk, system, large = np.array(found).T
        rows.append(
            [
                f"at most 5 % {shown}",
                f"{cover.mean():.1%}",
                f"{risk.mean():.2%}",
                f"{(risk <= 0.05).sum()} of {len(found)}",
                f"{system.mean():.4f}",
                f"{large.mean():.4f}",
                f"{system.mean() - large.mean():+.4f}",
            ]
        )
    return table(
        "OVERRULING: linear() before GPT-4, risk=.05, delta=.05, 20 half splits",
        ["guarantee", "coverage", "risk", "kept in", "system", "GPT-4", "difference"],
        rows,
        "Asked: coverage at least 85 %, kept in at least 18, difference at least -.005.\n"
        "For tracer-llm on the same answers see the table of benchmarks.deferral.tracer.",
    )


def validity(cases: list[tuple[Pool, Guarantee, int, int]]) -> str:
    """How often a certified and a naive guarantee are broken, and the coverage of both."""
    rows = []
    for pool, guarantee, n, draws in cases:
        rng = np.random.default_rng(7)
        truth = [guarantee.observed(pool.evidence, k) for k in _kept(pool)]
        cover = np.array([k.mean() for k in _kept(pool)])
        broken, covered, naive = 0, [], 0
        for _ in range(draws):
            sample = pool.evidence.take(rng.integers(0, len(pool.evidence), n))
            at = fixed_sequence(guarantee, sample, pool.thresholds, DELTA)
            broken += at is not None and truth[at] > guarantee.limit
            covered.append(0.0 if at is None else cover[at])
            naive += truth[_naive(guarantee, pool, sample)] > guarantee.limit
        oracle = max(
            (c for c, t in zip(cover, truth, strict=True) if t <= guarantee.limit), default=0
        )
        p = binom.sf(broken - 1, draws, DELTA)
        rows.append(
            [
                f"{pool.name}: {guarantee.name}={guarantee.limit:g}, {guarantee.metric}",
                f"{n}",
                f"{naive / draws:.1%}",
                f"{broken / draws:.1%}",
                "yes" if p > 0.05 else "NO",
                f"{np.mean(covered):.3f}",
                f"{oracle:.3f}",
                f"{np.mean(covered) / max(oracle, 1e-9):.0%}",
                _ceiling(guarantee, pool, n, oracle),
            ]
        )
    return table(
        "Certificates at delta=.05: rows drawn i.i.d. from a pool that is the truth",
        HEADER,
        rows,
        "Naive: the most that the sample seems to allow. Valid: a one-sided binomial test does\n"
        "not refute that at most 5 % break. Limit: the share of the oracle's coverage at which a\n"
        "test that knew the variance would stop on average (normal theory; risk and accuracy).",
    )


def budgets(pool: Pool) -> str:
    """How often a certified budget is overspent, and by how much."""
    rows, evidence = [], pool.evidence
    thresholds = np.append(pool.thresholds[::-1], DEFER_ALL)
    for limit in (0.001, 0.002, 0.004, 0.006):
        guarantee = MeanCost(limit, 2 * float(evidence.large_dollars.max()))
        truth = [guarantee.observed(evidence, evidence.confidence >= t) for t in thresholds]
        for n in (300, 1000):
            rng, spent, over = np.random.default_rng(7), [], []
            for _ in range(1000):
                sample = evidence.take(rng.integers(0, len(evidence), n))
                at = fixed_sequence(guarantee, sample, thresholds, DELTA)
                spent.append(0.0 if at is None else truth[at])
                over.append(0.0 if at is None else max(0.0, truth[at] / limit - 1))
            rows.append(
                [
                    f"${limit:.3f}",
                    f"{n}",
                    f"{np.mean(np.array(over) > 0):.1%}",
                    f"{max(over):.1%}",
                    f"{np.mean(spent) / limit:.0%}",
                ]
            )
    return table(
        "Budgets on OVERRULING (GPT-4's recorded prices): mean dollars per answer, delta=.05",
        ["guarantee", "rows", "over", "worst by", "used"],
        rows,
        f"Asked: over in at most 5 %. {_frugalgpt()}\n"
        "The small model's own microseconds are left out.",
    )


def _frugalgpt() -> str:
    """How FrugalGPT kept its budgets on OVERRULING, by the table that its authors publish."""
    path = root() / "frugalgpt/summary/summary_OVERRULING_e5_full_2024.csv"
    with path.open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["Method"] == "FrugalGPT"]
    spent = [float(row["Test_cost"]) / float(row["Budget"]) for row in rows]
    over = sum(share > 1 for share in spent)
    worst = f"by up to {max(spent):.1f} times"
    return f"FrugalGPT's own table: over in {over} of {len(rows)} rows, {worst}."


def _right(seen: PairedAnswers, threshold: float) -> tuple[float, float]:
    """The accuracy of the cascade, and of the large model alone."""
    system = np.where(seen.confidence >= threshold, seen.small, seen.large)
    return float((system == seen.gold).mean()), float((seen.large == seen.gold).mean())


def _kept(pool: Pool) -> list[NDArray[np.bool_]]:
    return [pool.evidence.confidence >= threshold for threshold in pool.thresholds]


def _naive(guarantee: Guarantee, pool: Pool, sample: PairedAnswers) -> int:
    """The candidate with the largest coverage at which the sample itself keeps the guarantee."""
    for i in range(len(pool.thresholds) - 1, 0, -1):
        if guarantee.observed(sample, sample.confidence >= pool.thresholds[i]) <= guarantee.limit:
            return i
    return 0


def _ceiling(guarantee: Guarantee, pool: Pool, n: int, oracle: float) -> str:
    """Where the truth is 1.645 standard errors below the limit, as a share of the oracle."""
    if guarantee.metric in ("recall", "macro_f1"):
        return "-"
    best = 0.0
    for kept in _kept(pool):
        truth = guarantee.observed(pool.evidence, kept)
        if guarantee.name == "risk":
            spread = truth * (1 - truth) / (n * max(kept.mean(), 1e-9))
        else:
            differs = kept & (pool.evidence.small != pool.evidence.large)
            spread = max(differs.mean() - truth**2, 0.0) / n
        if truth + norm.isf(DELTA) * np.sqrt(spread) <= guarantee.limit:
            best = max(best, float(kept.mean()))
    return f"{best / max(oracle, 1e-9):.0%}"


def _table(path: str, label: str = "label", split: str = "") -> Table:
    return read(root() / path, text=("text",), label=label, split=split)


def _pool(name: str, fit: Dataset, rest: Dataset, large: str) -> Pool:
    """`linear()` fitted on ``fit``, its confidence chosen there; ``rest`` is the population."""
    small = build("linear()")
    folds = out_of_fold(small, fit, 5, 0)
    signal = choose_confidence(folds, None, fit, 0)
    asked = fitted(build(large), rest)
    seen = answer_both(Cascade((small.fit(fit, 0), asked), (DEFER_ALL,), (signal,)), rest)
    evidence = replace(seen, small_dollars=np.zeros(len(rest)))
    return Pool(name, evidence, candidates(confidences(signal, folds)))


def _headlines() -> Pool:
    """All 5,000 rows of the file's training part to fit; its test part, with gold, to judge."""
    found = _table("frugalgpt/headlines.csv", split="split")
    return _pool("HEADLINES", found.train, found.test, "majority()")


def _hate() -> Pool:
    """Fitted on GPT-3.5's labels of one half."""
    data = _table("hate_speech18_llm/hate_speech18_with_llm.csv", label="label_id").data
    return _distilled("hate_speech18", data, "recorded('gpt35_turbo_1106')")


def _overruling() -> Pool:
    """Fitted on GPT-4's labels of one half."""
    return _distilled("OVERRULING", _table("optllm_overruling/overruling_12llms.csv").data, GPT4)


def _distilled(name: str, data: Dataset, large: str) -> Pool:
    fit, rest = data.split(0.5, 0)
    said = fitted(build(large), fit).answer(fit.texts).values
    return _pool(name, fit.relabelled([value or None for value in said]), rest, large)


def _mmlu() -> Pool:
    """RouteLLM's MMLU: Mixtral or GPT-4 by a ridge regression's guess of what GPT-4 gains."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import Ridge
    from sklearn.pipeline import make_pipeline

    path = root() / "routellm/mmlu.csv.xz"
    data = read(path, text=("prompt",), label="gpt4_correct", split="").data
    fit, rest = data.split(0.5, 0)
    gain = _correct(fit.labels) - _correct(fit.columns["mixtral_correct"])
    words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, min_df=2)
    ridge = make_pipeline(words, Ridge(alpha=10.0)).fit(fit.texts, gain)

    def sure(part: Dataset) -> NDArray[np.float64]:
        return 1.0 / (1.0 + np.exp(ridge.predict(part.texts)))

    small = (1 - _correct(rest.columns["mixtral_correct"])).astype(np.intp)
    large = (1 - _correct(rest.labels)).astype(np.intp)
    gold, none = np.zeros(len(rest), np.intp), np.zeros(len(rest))
    evidence = PairedAnswers(("right", "wrong"), sure(rest), small, large, gold, none, none)
    return Pool("RouteLLM MMLU", evidence, candidates(sure(rest)))


def _correct(cells: Sequence[str | float | None]) -> NDArray[np.float64]:
    return np.array([float(cell or 0) for cell in cells])


if __name__ == "__main__":
    for text in tables():
        print(text, end="\n\n")
