"""The verdict in figures, the texts on which models disagree, and the audit: ready for the page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from . import formatting
from .entries import Entry, Results, mapping, measured, sequence

TEXT = 2_000
"""Longer texts are cut in the report; it says so, and predictions.parquet has the whole."""

EXAMPLES = 5
"""How many examples of a finding of the audit are shown."""

TONES = {
    "ship": "good",
    "ship with deferral": "partly",
    "keep the large model": "keep",
    "best so far": "partly",
}
"""How the badge of a decision looks; any other decision is that there is no decision."""

HEADINGS = {
    "ship": ("For shipping it", "Against"),
    "ship with deferral": ("For shipping it", "Against"),
    "keep the large model": ("For keeping the large model", "For the small model"),
    "best so far": ("What is known", "What is missing"),
}
"""What reasons and counter-reasons are called; of an open question see `headings`."""


def headings(verdict: Mapping[str, Any]) -> list[tuple[str, str, Sequence[str]]]:
    """The lists of reasons: the heading that fits the decision, the kind, the lines; none empty."""
    open_ = ("For the small model", "Against it, or missing")
    first, second = HEADINGS.get(str(verdict.get("decision")), open_)
    keys = ((first, "reasons"), (second, "against"), ("Also", "notes"))
    return [(words, key, lines) for words, key in keys if (lines := sequence(verdict, key))]


@dataclass(frozen=True, slots=True)
class Figure:
    """One quantity of two models side by side, with a comment."""

    title: str
    ours: str
    theirs: str
    remark: str


@dataclass(frozen=True, slots=True)
class SharedAnswer:
    """An answer to a text, and the models that gave it, each with its confidence."""

    label: str
    right: bool
    by: tuple[tuple[Entry, str], ...]


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A text (or the two of a pair) that the models answered differently."""

    texts: tuple[str, ...]
    gold: str
    replies: tuple[SharedAnswer, ...]

    @property
    def wrong(self) -> str:
        """The numbers of the models that were wrong, between spaces, for the filter."""
        return " ".join(str(entry.number) for r in self.replies if not r.right for entry, _ in r.by)


def duel(results: Results, entries: Sequence[Entry]) -> tuple[Entry, ...]:
    """The model that the verdict is about, or else the best one, and then the large model.

    One model alone if the verdict is about the large model, or if there is no other.
    """
    named = mapping(results, "verdict").get("contestant")
    incumbent = [entry for entry in measured(entries) if entry.incumbent]
    others = [entry for entry in measured(entries) if not entry.incumbent]
    ours = next((entry for entry in measured(entries) if entry.spec == named), None)
    ours = ours or next(iter(others + incumbent), None)
    return () if ours is None else (ours,) if ours.incumbent else (ours, *incumbent)


def deferral(verdict: Mapping[str, Any]) -> str:
    """A sentence on whether splitting work between the two models is certified; or empty."""
    found = str(verdict.get("deferral") or "")
    if found == "not yet certified":
        return (
            "Splitting work between the small and the large model was not tested. It needs the "
            "large model's answers (--against) and enough time (--budget)."
        )
    return f"Deferral: {found.removesuffix('.')}." if found else ""


def figures(pair: Sequence[Entry]) -> list[Figure]:
    """Quality, price and speed of one model, beside another's where there is one."""
    if not pair:
        return []
    accuracy = [formatting.known(entry.score("accuracy")) for entry in pair]
    prices = [formatting.known(entry.data.get("dollars_per_1000")) for entry in pair]
    times = [formatting.known(mapping(entry.data, "latency").get("p50")) for entry in pair]
    versus, even = mapping(pair[0].data, "versus"), mapping(pair[0].data, "break_even")
    bounds = formatting.interval(versus.get("low"), versus.get("high"), formatting.points)
    found = [
        _figure(
            "Accuracy",
            accuracy,
            formatting.percent,
            f"{formatting.points(versus.get('difference'))} {bounds}" if bounds else "",
        ),
        _figure("Per 1,000 answers", prices, formatting.money, _times(prices, "cheaper", "dearer")),
        _figure("Median latency", times, formatting.duration, _times(times, "faster", "slower")),
    ]
    if even:
        answers = formatting.known(even.get("answers"))
        volume = (
            formatting.UNKNOWN if answers is None else f"after {formatting.count(answers)} answers"
        )
        why = str(even.get("sentence") or "") if answers is None else ""
        found.append(Figure("Pays for its training labels", volume, "", why))
    return found


def disagreements(results: Results, entries: Sequence[Entry]) -> list[Disagreement]:
    """The texts on which the models disagree, in the order of the results."""
    by_spec = {entry.spec: entry for entry in entries}
    return [_disagreement(d, by_spec) for d in sequence(results, "disagreements")]


def shown(text: object) -> str:
    """A text as it is shown: whole, or its beginning and a word about its length."""
    text = str(text)
    if len(text) <= TEXT:
        return text
    return f"{text[:TEXT]}… ({formatting.count(len(text))} characters in all)"


def examples(finding: Mapping[str, Any]) -> list[str]:
    """A few examples of a finding in words, whatever shape the audit gave them."""
    return [shown(_words(example)) for example in sequence(finding, "examples")[:EXAMPLES]]


def _disagreement(item: Mapping[str, Any], by_spec: Mapping[str, Entry]) -> Disagreement:
    text, gold = item.get("text"), str(item.get("gold"))
    confidence = mapping(item, "confidence")
    given: dict[str, list[tuple[Entry, str]]] = {}
    for spec, answer in mapping(item, "answers").items():
        if entry := by_spec.get(spec):
            sure = formatting.known(confidence.get(spec))  # zero: it cannot say how sure it is
            words = formatting.percent(sure, 0) if sure else ""
            given.setdefault(str(answer), []).append((entry, words))
    replies = [
        SharedAnswer(
            label or "(no label)", label == gold, tuple(sorted(by, key=lambda b: b[0].number))
        )
        for label, by in given.items()
    ]
    texts = text if isinstance(text, list | tuple) else (text,)
    ordered = sorted(replies, key=lambda r: (not r.right, r.by[0][0].number))
    return Disagreement(tuple(map(shown, texts)), gold, tuple(ordered))


def _figure(
    title: str, values: Sequence[float | None], tell: formatting.Say, remark: str
) -> Figure:
    said = [tell(value) for value in values]
    return Figure(title, said[0], "".join(said[1:]), remark)


def _times(values: Sequence[float | None], less: str, more: str) -> str:
    """How many times the first value is smaller, or larger, than the second one."""
    if len(values) < 2 or not values[0] or not values[1]:
        return ""
    ours, theirs = values[0], values[1]
    said = formatting.ratio(max(ours, theirs), min(ours, theirs))
    return (
        "the same"
        if said.startswith("1\N{NO-BREAK SPACE}")
        else f"{said} {less if ours < theirs else more}"
    )


def _words(example: object) -> str:
    if isinstance(example, Mapping):
        return "; ".join(f"{key}: {_words(value)}" for key, value in example.items())
    if isinstance(example, list | tuple):
        return " | ".join(map(_words, example))
    return formatting.UNKNOWN if example is None else str(example)
