"""The tables and plots that both studies have: what it takes, and the large model beside."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from examples.plots import Mark, dots
from examples.sheet import NONE, Sheet, amount, decimal, gap
from examples.summary import Duels, Record, answered
from examples.trial import FULL, QUARTER, SHARES, Question, Trial
from underdog.runtime.formatting import memory, percent, seconds


def price(question: Question, told: Sequence[Record], euros_per_hour: float) -> Sheet:
    """What each contestant weighs, and takes."""
    full, less = (by_contestant(told, SHARES[share]) for share in (FULL, QUARTER))
    head = ["", "trained in", *(["on a quarter"] if less else [])]
    head += ["size", "moved", "tokens/s", "€ per M tokens", "J per 1,000 texts"]
    rows = []
    for name, one in full.items():
        dollars = one["dollars_per_million_tokens"]
        quarter = less.get(name, {}).get("trained_seconds")
        rows.append(
            [
                name,
                _or_none(one["trained_seconds"], seconds),
                *([_or_none(quarter, seconds)] if less else []),
                _or_none(one["bytes"], memory),
                _or_none(one["parameters_moved"], percent),
                _or_none(one["tokens_per_second"], amount),
                amount(dollars, "$")
                if dollars is not None
                else _or_none(one["euros_per_million_tokens"], amount),
                _or_none(one["joules_per_thousand"], amount),
            ]
        )
    service = any(one["dollars_per_million_tokens"] is not None for one in told)
    how = {one["joules_how"] for one in told if one["joules_how"]} or {"unknown"}
    notes = (
        f"One machine at € {euros_per_hour:.2f} an hour, by the clock. Size: the saved "
        "model, without an encoder that lies in an installed package. Moved: the share of an "
        "encoder's parameters that training changed. Tokens: a quarter of the bytes. "
        f"{'In dollars: what a service billed for as many tokens of text. ' * service}"
        f"Joules: {', '.join(sorted(how))}."
    )
    return Sheet(f"{question.name}: what it takes", head, rows, notes)


def against(question: Question, large: Trial, found: Duels) -> Sheet:
    """Everybody beside the large model, on the texts that it answered."""
    rows = len(answered(large))
    theirs = float(question.right(large.run.answers).sum()) / max(rows, 1)
    head = ["", "accuracy", "points more", "only it right", "only the large one", "p, Holm"]
    lines = [[large.run.spec, decimal(theirs), *[NONE] * 4]]
    lines += [
        [
            name,
            decimal(theirs + duel.difference),
            gap(duel.difference, duel.low, duel.high),
            f"{duel.wins:,}",
            f"{duel.losses:,}",
            "< .001" if p < 0.001 else decimal(p),
        ]
        for name, (duel, p) in found.items()
    ]
    notes = (
        f"On the {rows:,} of {len(question.test):,} texts that the large model answered; paired "
        "intervals (95 %), exact McNemar tests."
    )
    plots = {f"{question.name}-difference": forest(found)}
    return Sheet(f"{question.name}: against the large model", head, lines, notes, plots)


def forest(found: Duels) -> str:
    """The differences of `against` as a plot."""
    rows = [
        (name, [Mark(duel.difference, duel.low, duel.high)]) for name, (duel, _) in found.items()
    ]
    axis = "accuracy minus the large model's, in points, with 95 % intervals"
    return dots("Small models against the large one", axis, rows, zero=True)


def by_contestant(told: Sequence[Record], share: str) -> dict[str, Record]:
    """The records with one share of the training part, by contestant."""
    return {one["contestant"]: one for one in told if one["share"] == share}


def how_often(told: Sequence[Record]) -> str:
    """How often everybody was fitted, in a sentence."""
    most = max((one["seeds"] for one in told), default=1)
    return "One seed: how much training varies is not shown." if most == 1 else f"{most} seeds."


def _or_none(value: float | None, say: Callable[[float | None], str]) -> str:
    return NONE if value is None else say(value)
