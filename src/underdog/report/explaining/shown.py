"""Explanations for people: coloured texts, the strongest words, and what was measured."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .. import formatting
from ..entries import Results, mapping, sequence

SHADES = 4
"""Shades of each of the two colours."""

ROWS = 6
"""Words of each explanation that are listed."""

LONGEST = 4_000
"""Characters of a text that a page shows."""

Segment = tuple[str, str, str]
"""A piece of a text, the class of its colour (empty for none), and what it contributes."""


@dataclass(frozen=True, slots=True)
class Shown:
    """An explanation as the page shows it."""

    head: str
    sure: str
    gold: str
    reasons: tuple[str, ...]
    sides: tuple[tuple[Segment, ...], ...]
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    features: tuple[tuple[str, str, str], ...]
    measured: str
    edit: str
    edited: str
    nearest: tuple[tuple[str, str, str], ...]


def shown(found: Mapping[str, Any]) -> Shown:
    """What the page shows of one explanation."""
    tokens = [mapping({"token": t}, "token") for t in sequence(found, "tokens")]
    order = sorted(tokens, key=lambda t: -abs(number(t.get("toward"))))[:ROWS]
    sampled, deleted = (any(key in t for t in tokens) for key in ("standard_error", "deletion"))
    columns = ("word", "adds", *(("± SE",) if sampled else ()), *(("deleted",) if deleted else ()))
    labels = list(sequence(found, "labels"))
    k = labels.index(found["explains"]) if found.get("explains") in labels else 0
    rows = []
    pair = not isinstance(found.get("text") or "", str)
    for token in order:
        place = f" [{number(token.get('side')) + 1:.0f}]" if pair else ""
        cells = [f"{token.get('text')}{place}", signed(token.get("toward"))]
        if sampled:
            error = sequence(token, "standard_error")
            cells.append(plain(number(error[k] if len(error) > k else None)))
        if deleted:
            cells.append(fall(token.get("deletion")))
        rows.append(tuple(cells))
    edited = mapping(found, "counterfactual")
    return Shown(
        str(found.get("answer") or "no answer"),
        confidence(found) if found.get("answer") else "",
        str(found.get("gold") or ""),
        (*map(str, sequence(found, "reasons")), *map(str, sequence(found, "notes"))),
        segments(found),
        columns,
        tuple(rows),
        tuple(features(found)),
        measured(found),
        edit(edited),
        _joined(edited.get("text")) if edited else "",
        tuple(
            (f"{number(n['similarity']):.2f}", str(n["label"]), _joined(n["text"])[:300])
            for n in sequence(found, "nearest")
        ),
    )


def confidence(found: Mapping[str, Any]) -> str:
    """The probability of the explained label; empty where there is none."""
    labels, output = list(sequence(found, "labels")), sequence(found, "output")
    explains, scale = found.get("explains"), found.get("scale")
    if explains not in labels or scale == "number":
        return ""
    k = labels.index(explains)
    if scale == "probability":
        return formatting.percent(output[k])
    known = [0.0, output[k]] if scale == "log-odds" else [v for v in output if v is not None]
    return formatting.percent(1 / sum(math.exp(v - output[k]) for v in known))


def of_results(results: Results) -> tuple[str, list[Shown], str]:
    """The model whose mistakes a study explains, the explanations, and what they measure."""
    found = mapping(results, "mistakes")
    told = [one for one in sequence(found, "explanations") if isinstance(one, Mapping)]
    return str(found.get("spec") or ""), [shown(one) for one in told], summary(told)


def segments(found: Mapping[str, Any]) -> tuple[tuple[Segment, ...], ...]:
    """The pieces of each side of the text, coloured by what they contribute."""
    text = found.get("text") or ""
    sides = [text] if isinstance(text, str) else list(text)
    strongest = max((abs(number(t["toward"])) for t in sequence(found, "tokens")), default=0.0)
    whole: list[tuple[Segment, ...]] = []
    for side, part in enumerate(sides):
        pieces: list[Segment] = []
        at = 0
        for token in sequence(found, "tokens"):
            if token["side"] != side or token["end"] > LONGEST:
                continue
            pieces.append((part[at : token["start"]], "", ""))
            value = number(token["toward"])
            name = shade(value, strongest)
            pieces.append((part[token["start"] : token["end"]], name, signed(value)))
            at = token["end"]
        rest = part[at:LONGEST] + ("…" if len(part) > LONGEST else "")
        whole.append(tuple(p for p in (*pieces, (rest, "", "")) if p[0]))
    return tuple(whole)


def shade(value: float, strongest: float) -> str:
    """The class of a colour: ``for-1`` to ``for-4``, ``against-1`` to ``against-4``, or none."""
    if not strongest or not value:
        return ""
    level = round(SHADES * abs(value) / strongest)
    return f"{'for' if value > 0 else 'against'}-{level}" if level else ""


def measured(found: Mapping[str, Any]) -> str:
    """The faithfulness of an explanation, in a sentence; empty where it was not measured."""
    faith = mapping(found, "faithfulness")
    if not faith:
        return ""
    normalised = faith.get("normalised")
    place = "no order of the words matters more than another"
    if normalised is not None:
        place = (
            f"random words: {plain(faith['random'])}, best order found: {plain(faith['best'])};"
            f" {formatting.percent(normalised, 0)} of the way"
        )
    return (
        f"without the first words the score falls by {plain(faith['comprehensiveness'])}"
        f" ({place}); with them alone, by {plain(faith['sufficiency'])}"
    )


def summary(found: Sequence[Mapping[str, Any]]) -> str:
    """The means over several explanations, in a sentence; empty where none was measured."""
    faiths = [faith for one in found if (faith := mapping(one, "faithfulness"))]
    if not faiths:
        return ""
    ways = [f["normalised"] for f in faiths if f.get("normalised") is not None]
    flips = [one for one in found if one.get("counterfactual")]
    way = f", {formatting.percent(_mean(ways), 0)} of the way to the best order" if ways else ""
    texts = "text" if len(faiths) == 1 else "texts"
    return (
        f"over {formatting.count(len(faiths))} {texts}, without the first words the score falls by"
        f" {plain(_mean([f['comprehensiveness'] for f in faiths]))}, without random words by"
        f" {plain(_mean([f['random'] for f in faiths]))}{way}; {formatting.count(len(flips))} of"
        f" {formatting.count(len(found))} answers change with 3 edits or fewer"
    )


def edit(edited: Mapping[str, Any]) -> str:
    """A counterfactual in words; empty where none was found."""
    if not edited:
        return ""
    return f"{'; '.join(map(str, sequence(edited, 'edits')))} gives {edited.get('value')!r}"


def features(found: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """The strongest features: name, value, and what they add to the explained label.

    Features add to logits, also where words are measured in probability, so the mean of the other
    labels is subtracted: one of two labels has all of the contributions.
    """
    labels, explains = list(sequence(found, "labels")), found.get("explains")
    if explains not in labels:
        return []
    k, known = labels.index(explains), [i for i, v in enumerate(found["output"]) if v is not None]
    contrasted = found.get("scale") in ("logit", "probability")
    others = [i for i in known if i != k] if contrasted else []
    rows = []
    for feature in sequence(found, "features"):
        row = feature["contributions"]
        toward = row[k] - (sum(row[i] for i in others) / len(others) if others else 0.0)
        rows.append((abs(toward), str(feature["name"]), str(feature["value"]), signed(toward)))
    return [row[1:] for row in sorted(rows, key=lambda row: -row[0])[: 2 * ROWS]]


def signed(value: Any) -> str:
    """A number with its sign and two digits, or a dash.

    >>> signed(0.5), signed(None), signed(-12.34)
    ('+0.50', '–', '-12.3')
    """
    if value is None:
        return "–"
    return f"{round(value, 2) + 0.0:+.2f}" if abs(value) < 10 else f"{value:+.1f}"


def plain(value: float) -> str:
    """A number with two digits.

    >>> plain(-0.004), plain(0.256)
    ('0.00', '0.26')
    """
    return f"{round(value, 2) + 0.0:.2f}"


def fall(value: Any) -> str:
    """What the score does when a word is deleted: the fall with its sign turned."""
    return signed(None if value is None else -value)


def number(value: Any) -> float:
    """``value`` as a number; 0 where it is unknown."""
    return 0.0 if value is None else float(value)


def _joined(text: Any) -> str:
    return text if isinstance(text, str) else " / ".join(map(str, text or ()))


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
