"""The card of labelled data: the annotators, what they cost, and how often they are right."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from importlib.metadata import version

import numpy as np

from ...evaluate.stats import wilson
from ...runtime.formatting import dollars, percent
from ...runtime.tariff import Tariff
from ...teach.label.asking import PART
from ...teach.label.labelling import Labelling

LICENCE = "not stated"


def card(found: Labelling, source: str, licence: str) -> str:
    """The card in Markdown."""
    said, labels = found.places >= 0, found.labels
    counts = Counter(label for label in labels if label is not None)
    lines = [
        f"# Labels of {source}",
        "",
        f"Written by underdog {version('underdog')} on {datetime.now(UTC).date().isoformat()}.",
        "",
        f"- texts: {len(found.data):,}; asked about: {found.asked:,}; labelled: {said.sum():,}",
        f"- price: {_price(found)}",
        *(f"- {line}" for line in (planned(found),) if line),
        f"- agreement with gold labels: {agreement(found)}",
        f"- licence of the annotators' output, as stated: {licence or LICENCE}",
        "",
        "## Annotators",
        "",
        "| annotator | labelled | price | estimated reliability | right on gold | prompt |",
        "|---|---:|---:|---:|---:|---|",
        *_annotators(found),
        "",
        "## Labels",
        "",
        "| label | texts |",
        "|---|---:|",
        *(f"| {label} | {counts[label]:,} |" for label in found.data.task.labels),
        "",
        "## Prompts",
    ]
    for one in dict.fromkeys(found.annotators):
        lines += ["", f"### {one.origin}", "", *(f"    {x}" for x in one.prompt.splitlines())]
    return "\n".join(lines) + "\n"


def agreement(found: Labelling) -> str:
    """How often the labels are the gold ones, with its interval; of several annotators, both ways
    to combine them.
    """
    ways = ("em", "majority") if len(found.annotators) > 1 else ("",)
    shown = []
    for way in ways:
        right, of = found.agreement(way or None)
        if not of:
            return "unknown (no row has a gold label)"
        low, high = wilson(right, of)
        share = f"{percent(right / of)} of {of:,} [{percent(low)}, {percent(high)}]"
        shown.append(f"{way}: {share}" if way else share)
    return "; ".join(shown)


def planned(found: Labelling) -> str:
    """What the first texts let expect beside what was paid; nothing where little was paid for."""
    sizes = [len("".join(text).encode("utf-8", "replace")) for text in found.data.texts]
    prices = found.prices[: found.asked]
    first = min(PART, found.asked)
    tariff = Tariff.learn(sizes[:first], prices[:first])
    paid = float(prices.sum())
    if tariff is None or found.asked <= PART or not paid > 0:
        return ""
    likely, low, high = tariff.total(sizes[PART : found.asked])
    begun = float(prices[:PART].sum())
    likely, low, high = likely + begun, low + begun, high + begun
    return (
        f"planned after {PART} texts {dollars(likely)} [{dollars(low)}, {dollars(high)}], "
        f"paid {dollars(paid)}: off by {percent(abs(likely / paid - 1))}"
    )


def _price(found: Labelling) -> str:
    total = float(found.prices.sum())
    known = None if np.isnan(total) else total
    each = None if known is None else known / max(found.asked, 1)
    return f"{dollars(known)}, {dollars(each)} a text"


def _annotators(found: Labelling) -> list[str]:
    rows, labels = [], found.data.task.labels
    truth = found.data.targets[: found.asked]
    several = len(found.annotators) > 1
    reliability = found.model.reliability if several else [np.nan]
    for one, answers, reliable in zip(found.annotators, found.answers, reliability, strict=True):
        said = answers.indices(labels)
        gold = (truth >= 0) & (said >= 0)
        right = percent(float((said == truth)[gold].mean())) if gold.any() else "unknown"
        trust = "unknown" if np.isnan(reliable) else percent(float(reliable))
        paid = answers.total.dollars
        cells = (one.spec.replace("|", "\\|"), f"{int((said >= 0).sum()):,}", dollars(paid))
        rows.append(
            f"| {' | '.join(('`' + cells[0] + '`', *cells[1:], trust, right, one.origin))} |"
        )
    return rows
