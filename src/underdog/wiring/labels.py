"""Reading a label out of what a model wrote."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..core.answer import ABSTAIN


def read_label(completion: str, labels: Sequence[str]) -> str:
    """The label that ``completion`` names first, or `ABSTAIN`.

    A completion that is a label, but for case, white space and punctuation around it, is that
    label. Otherwise the label mentioned first as a whole word counts; of two that begin at the
    same place, the longer.

    >>> read_label(" Positive, I think.", ["negative", "positive"])
    'positive'
    >>> read_label("not good", ["good", "not good"])
    'not good'
    >>> read_label("no idea", ["yes", "nope"])
    ''
    """
    said = completion.casefold()
    bare = said.strip(" \t\r\n.,:;!?\"'`*[](){}<>")
    for label in labels:
        if label.casefold() in (said.strip(), bare):
            return label
    found = []
    for label in labels:
        word = rf"(?<!\w){re.escape(label.casefold())}(?!\w)"
        if label and (match := re.search(word, said)):
            found.append((match.start(), -len(label), label))
    return min(found)[2] if found else ABSTAIN
