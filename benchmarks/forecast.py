"""Does the forecast of a learning curve hold? Real curves, cut short and carried on.

``python -m benchmarks.forecast``: two quick models on eleven data sets; the forecast sees
four points up to a quarter, or a half, of the labels and is asked for the labels that reach
the accuracy of all of them. The forecast's one constant was chosen on the first five sets.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import SGDClassifier
from sklearn.naive_bayes import MultinomialNB

from underdog.evaluate.forecast import forecast

from .data import root, table

CHOSEN_ON = {
    "mr": "mr/mr.csv",
    "ag_news": "ag_news_test/ag_news_test.csv",
    "clinc150": "clinc150/clinc150_full.csv",
    "davidson": "davidson_hate/davidson_hate_offensive.csv",
    "yelp": "yelp10k/yelp_10k_5star.csv.xz",
}
HELD_OUT = {
    "headlines": "frugalgpt/headlines.csv",
    "banking77": "banking77/banking77.csv",
    "sst2": "sst2/sst2.csv",
    "overruling": "optllm_overruling/overruling_12llms.csv",
    "hate_speech18": "hate_speech18_llm/hate_speech18_with_llm.csv",
    "sms_spam": "sms_spam/sms_spam.csv",
}
SHARES = (1 / 32, 1 / 16, 1 / 8, 1 / 4, 1 / 2, 1)
SEEDS = range(3)
MOST = 8000
"""Training examples at most, to keep the run under a few minutes."""


@dataclass(frozen=True)
class Measured:
    """A learning curve: ``accuracy`` on ``tests`` texts after ``examples``."""

    examples: tuple[int, ...]
    accuracy: tuple[float, ...]
    tests: int


def curves(file: Path) -> Iterator[Measured]:
    """Two learners' curves for each seed."""
    frame = pd.read_csv(file, keep_default_na=False, low_memory=False).drop_duplicates("text")
    label = "label" if "label" in frame else "stars"
    texts, labels = frame["text"].to_numpy(str), frame[label].to_numpy(str)
    for seed in SEEDS:
        order = np.random.default_rng(seed).permutation(len(texts))
        tests = min(1500, len(texts) // 5)
        test, train = order[:tests], order[tests:][:MOST]
        for learner in (SGDClassifier(max_iter=20, random_state=seed), MultinomialNB(alpha=0.1)):
            sizes = [int(share * len(train)) for share in SHARES]
            hits = []
            for size in sizes:
                part = train[:size]
                words = TfidfVectorizer(sublinear_tf=True, ngram_range=(1, 2))
                learner.fit(words.fit_transform(texts[part]), labels[part])
                hits.append(learner.score(words.transform(texts[test]), labels[test]))
            yield Measured(tuple(sizes), tuple(hits), tests)


def judge(found: list[Measured], part: slice) -> list[str]:
    """How often the interval held the true number of labels, and how far the middle was off."""
    held, below, above, open_ended, ratios = 0, 0, 0, 0, []
    for one in found:
        seen, truth, target = one.accuracy[part], one.examples[-1], one.accuracy[-1]
        if max(seen) >= target:
            continue  # nothing left to forecast
        said = forecast(one.examples[part], seen, one.tests, target)
        above += said.low is None or said.low > truth
        below += said.high is not None and said.high < truth
        held += said.low is not None and said.low <= truth <= (said.high or np.inf)
        open_ended += said.high is None
        ratios.append(np.inf if said.needed is None else said.needed / truth)
    count = len(ratios)
    if not count:
        return ["0", "-", "-", "-", "-", "-"]
    middle = float(np.quantile(ratios, 0.5, method="lower"))
    shares = [f"{100 * x / count:.0f} %" for x in (held, below, above, open_ended)]
    return [str(count), *shares, f"{middle:.2f}"]


def main() -> None:
    """Print a table for each extrapolation."""
    warnings.simplefilter("ignore")
    data = root()
    groups = {"chosen on these": CHOSEN_ON, "held out": HELD_OUT}
    found = {
        name: {key: list(curves(data / file)) for key, file in files.items()}
        for name, files in groups.items()
    }
    header = ["set", "curves", "held (90 %)", "too low", "too high", "open", "needed / true"]
    for times, part in ((4, slice(0, 4)), (2, slice(1, 5))):
        rows = []
        for name, sets in found.items():
            rows += [[key, *judge(measured, part)] for key, measured in sets.items()]
            rows.append([name, *judge([one for group in sets.values() for one in group], part)])
        print(table(f"Forecast from 1/{times} of the labels to all of them", header, rows), "\n")


if __name__ == "__main__":
    main()
