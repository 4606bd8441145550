"""What must be said of outputs and ratings before any score is believed."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ...data.outputs import Outputs
from ...evaluate.graders.reading import samples, source
from ...evaluate.judging.agreement import FEWEST

LONG = 380
"""Words of an output that no encoder reads in one window of 512 tokens."""

FOREIGN = 0.3
"""The share of letters beyond Latin ones from which outputs are in another script than English."""


def remarks(outputs: Outputs) -> list[str]:
    """Sentences about outputs that are blank, long or in another script, and about ratings."""
    return [*_of_outputs(outputs), *_of_ratings(outputs)]


def _of_outputs(outputs: Outputs) -> Iterator[str]:
    n, values = len(outputs), outputs.values
    if blank := sum(not value.strip() for value in values):
        yield f"{blank:,} of {n:,} outputs are blank: they have no score, and never pass"
    if long := sum(len(value.split()) > LONG for value in values):
        yield (
            f"{long:,} of {n:,} outputs have more than {LONG} words: encoders read them in several "
            "windows, which do not see each other"
        )
    absent = {
        "source": sum(not source(text).strip() for text in outputs.data.texts),
        "reference": sum(not right for right in outputs.data.right),
    }
    for role, lacking in absent.items():
        if role in outputs.roles and lacking:
            yield f"{lacking:,} of {n:,} outputs have no {role}: what needs one leaves them out"
    yield from _of_sources(outputs)
    if "samples" in outputs.roles and max(map(len, samples(outputs.data))) == 1:
        yield (
            "no output has more than one sample beside it: selfcheck and consistency rest on "
            "that one alone; five to ten say more"
        )
    letters = [sign for value in values[:: max(1, n // 200)] for sign in value if sign.isalpha()]
    if letters and sum(ord(sign) > 0x24F for sign in letters) > FOREIGN * len(letters):
        yield (
            "many outputs are not in Latin letters, and the encoder minilm has learned English: "
            "believe bertscore only as far as ratings confirm it"
        )


def _of_sources(outputs: Outputs) -> Iterator[str]:
    """What so few sources mean, where several outputs are about each."""
    n, texts = len(outputs), len({source(text) for text in outputs.data.texts})
    if outputs.ratings is None or "source" not in outputs.roles or n < FEWEST:
        return
    if texts == 1:
        yield "all outputs are about one source: what is found holds for that source alone"
    elif texts < FEWEST and texts < n / 2:
        yield (
            f"the outputs are about {texts} sources: intervals over so few are too narrow; "
            f"rate outputs about {FEWEST} or more"
        )


def _of_ratings(outputs: Outputs) -> Iterator[str]:
    ratings = outputs.ratings
    if ratings is None:
        return
    rated = int(ratings.known.sum())
    if rated < len(outputs):
        yield f"{len(outputs) - rated:,} of {len(outputs):,} outputs have no rating"
    if rated > 1 and len(np.unique(ratings.values[ratings.known])) < 2:
        yield f"all {rated:,} ratings are equal, so that no score can be compared with them"
    elif rated < FEWEST:
        few = "1 rating is" if rated == 1 else f"{rated} ratings are"
        yield f"{few} too few to compare scores with: {FEWEST} are needed"
