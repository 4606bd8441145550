"""Several annotators: simulated teachers, labelling functions; and prices planned and paid."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cache, partial

import numpy as np

from benchmarks.arms import arm
from benchmarks.data import root
from benchmarks.teacher.banking import accuracy
from underdog.core.data import Dataset
from underdog.core.protocols import Model
from underdog.data.read import read
from underdog.models.linear.recipe import Linear
from underdog.models.rules import Keywords, Pattern
from underdog.runtime.amounts import amounts
from underdog.runtime.formatting import percent, points
from underdog.runtime.tariff import Tariff
from underdog.teach.label.label_model import LabelModel
from underdog.teach.label.labelling import label
from underdog.teach.label.votes import Votes

ACCURACIES = (0.9, 0.7, 0.0)
"""Two teachers of different reliability, and a spammer that labels at random."""

EVEN, UNEVEN = (0.25, 0.25, 0.25, 0.25), (0.4, 0.3, 0.2, 0.1)
"""Shares of the classes."""

AUDITED, PILOT, DRAWS, PLANNED = 100, 100, 12, 20


def teachers() -> Iterator[list[str]]:
    """Simulated teachers: classes of equal and of unequal size, without and with gold labels.

    Where all classes are equally frequent and errors spread evenly, the votes of two teachers do
    not tell which is the better one: that takes gold labels.
    """
    for shares, audited in ((EVEN, 0), (UNEVEN, 0), (EVEN, AUDITED), (UNEVEN, AUDITED)):
        gains, errors = [], []
        for seed in range(DRAWS):
            truth, votes = _simulated(seed, shares)
            gold = np.where(np.arange(len(truth)) < audited, truth, -1)
            model = LabelModel.learn(votes, gold)
            em = model.posterior(votes).argmax(axis=1)
            judged = slice(AUDITED, None)
            gains.append((em == truth)[judged].mean() - (votes.majority() == truth)[judged].mean())
            right = [(votes.label[votes.annotator == j] == truth).mean() for j in range(3)]
            errors.append(np.abs(model.reliability - right).max())
        sizes = "even classes" if shares is EVEN else "classes of 40, 30, 20, 10 %"
        on = f"two teachers and a spammer, {sizes}, {audited} gold labels, {DRAWS} draws"
        worst = f"{points(float(np.mean(gains)))}; at worst {points(min(gains))}"
        yield [on, "EM against majority, points", "≥ 2", worst]
        yield [on, "reliability off by, at most", ".05", f"{max(errors):.3f}"]


def _simulated(seed: int, shares: tuple[float, ...], n: int = 5000) -> tuple[np.ndarray, Votes]:
    draw, k = np.random.default_rng(seed), len(shares)
    truth = draw.choice(k, size=n, p=shares)
    order = draw.permutation(ACCURACIES)  # of a tie the first one decides
    said = [np.where(draw.random(n) < a, truth, draw.integers(k, size=n)) for a in order]
    who = np.repeat(np.arange(3), n)
    labels = tuple("abcd"[:k])
    return truth, Votes(
        labels, tuple("123"), n, np.tile(np.arange(n), 3), who, np.concatenate(said)
    )


def rules() -> Iterator[list[str]]:
    """Ten labelling functions on SMS and on tweets; an end model beside one of all gold labels."""
    for name, (read_in, functions) in FUNCTIONS.items():
        data = cache(lambda read_in=read_in: read_in().split(0.3, 0))
        em, vote = arm(f"rules {name} votes", partial(_combined, data, functions))
        soft, floor = arm(f"rules {name} end", partial(_ended, data, functions))
        full = float(arm(f"rules {name} full", lambda data=data: _fitted(data()[0], data()[1])))
        told = f"{points(em - vote)} ({percent(em)} / {percent(vote)})"
        on = f"10 labelling functions, {name}"
        yield [on, "EM against majority, points", "≥ 2", told]
        share = (soft - floor) / (full - floor)
        shown = f"{percent(share, 0)} ({percent(soft)}, full labels {percent(full)})"
        yield [on, "end model: of the gap from majority class to full labels", "90 %", shown]


Parts = Callable[[], tuple[Dataset, Dataset]]


def _combined(data: Parts, functions: Sequence[Model]) -> list[float]:
    """Accuracies of EM and of the majority's vote on texts with a vote."""
    train, _ = data()
    unseen = train.relabelled([None] * len(train))
    em, vote = (label(unseen, functions, combine=how) for how in ("em", "majority"))
    covered = vote.places >= 0
    return [float((x.places == train.targets)[covered].mean()) for x in (em, vote)]


def _ended(data: Parts, functions: Sequence[Model]) -> list[float]:
    """Accuracy of a model of the labels by EM, and of the commonest label."""
    train, test = data()
    found = label(train.relabelled([None] * len(train)), functions)
    return [_fitted(found.taught, test), float(np.bincount(test.targets).max() / len(test))]


def _fitted(train: Dataset, test: Dataset) -> float:
    return accuracy(Linear().fit(train), test)


def planned() -> Iterator[list[str]]:
    """GPT-4's bill on OVERRULING, planned from a hundred answers drawn at random."""
    path = root() / "optllm_overruling" / "overruling_12llms.csv"
    data = read(path, text=("text",), label="label", split="").data
    sizes = np.array([len(str(text).encode()) for text in data.texts])
    for column in ("gpt-4_cost", "gpt-3.5-turbo_cost", "text-davinci-002_cost"):
        prices, errors, inside = amounts(data.columns[column], column), [], 0
        for seed in range(PLANNED):
            order = np.random.default_rng(seed).permutation(len(data))
            first, rest = order[:PILOT], order[PILOT:]
            tariff = Tariff.learn(sizes[first], prices[first])
            assert tariff is not None
            likely, low, high = tariff.total(sizes[rest])
            errors.append(abs(likely / prices[rest].sum() - 1))
            inside += low <= prices[rest].sum() <= high
        told = f"{percent(max(errors), 2)}; in the interval {inside} of {len(errors)} times"
        what = f"planned against paid, {column}, worst of {len(errors)} draws"
        yield [f"recorded calls, OVERRULING, {PILOT} known", what, "≤ 5 %", told]


def _words(label_: str, *lists: str) -> list[Keywords]:
    return [Keywords(label_, tuple(words.split())) for words in lists]


SMS = (
    *_words(
        "spam",
        "free winner won prize cash claim award awarded guaranteed",
        "txt text reply stop mobile ringtone ringtones nokia tone tones",
        "urgent offer voucher private subscription landline chat dating sexy",
    ),
    Pattern("spam", r"\b\d{5,}\b"),
    Pattern("spam", r"£|www|http|\.com|\.co\.uk"),
    Pattern("spam", r"(?-i:\b[A-Z]{4,}\b.*\b[A-Z]{4,}\b)"),
    *_words(
        "ham",
        "lor lol haha hey ok okay love sorry home later tomorrow tonight gonna wanna dear da dun",
        "i im my me he she we",
    ),
    Pattern("ham", r"^.{0,60}$"),
    Pattern("ham", r"\.\.\.|:\)|;\)|:-\)"),
)

POSITIVE = (
    "love loved lovely loves great awesome best amazing beautiful wonderful excellent fantastic",
    "thanks thank welcome congrats congratulations happy glad excited enjoy enjoyed",
    "good nice cool fun cute funny yay sweet perfect yummy hug hugs",
)
NEGATIVE = (
    "sad hate hates sucks suck bad worst awful horrible terrible hurt hurts pain sick ill",
    "sorry miss missed missing cry crying lost broke broken dead died poor alone lonely ugh",
    "tired bored boring headache stupid damn fail failed worry worried scared unfortunately upset",
)
TWEETS = (
    *_words("positive", *POSITIVE),
    Pattern("positive", r":\)|:-\)|:D|<3|;\)"),
    *_words("negative", *NEGATIVE),
    Pattern("negative", r":\(|:-\(|:/(?!/)"),
    Pattern("neutral", rf"^(?!.*\b(?:{'|'.join(' '.join((*POSITIVE, *NEGATIVE)).split())})\b)"),
    Pattern("neutral", r"http|www|\?"),
)

FUNCTIONS: dict[str, tuple[Callable[[], Dataset], Sequence[Model]]] = {
    "SMS spam": (lambda: read(root() / "sms_spam" / "sms_spam.csv").data, SMS),
    "tweets": (
        lambda: read(root() / "tweet_sentiment_extraction" / "tweets.csv").data.sample(0.25),
        TWEETS,
    ),
}
