"""Labels that are ticked one by one: boxes, check marks, and "billing: yes, refund: no"."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..mentions import Mention

YES = (
    r"yes|true|applies|applicable|correct|right|match(?:es)?|present|selected|chosen"
    r"|high(?:ly likely)?|(?:very )?likely|ja|oui|sí|да|是"
    r"|[✓✔✅☑🗸]|1(?!\d|[.,]\d|\s?[%/])"
)
NO = (
    r"no|false|(?:is |are )?not \w+|(?:does|do)(?:n't| not) \w+|n/?a|wrong|incorrect|absent|none"
    r"|irrelevant|inapplicable|low|unlikely|nein|non|нет|否|[✗✘❌☒✖☐□◻⬜]|0(?!\d|[.,]\d|\s?[%/])"
)
MARKS = "[\"'*_`)\\]]*"
BEHIND = re.compile(
    rf"{MARKS}\s*(?:[:=|→>–—-]+|\.\.\.|…|\bis\b)?[\s*_`|(]*(?:({YES})|({NO}))(?!\w)", re.I
)
BEFORE = re.compile(r"(?:[\[(]([ xX✓✔_]?)[\])]|([✓✔✅☑🗸])|([✗✘❌☒✖☐□◻⬜]))[\s*_`\"']*$")


def ticked(text: str, found: Sequence[Mention]) -> frozenset[str] | None:
    """The labels that are ticked; None if ``text`` does not go through several labels so.

    ``found`` are the mentions of labels in it. Some label must be ticked, and another one not.

    >>> ticked("[x] spam [ ] ham", [Mention(4, 8, "spam"), Mention(13, 16, "ham")])
    frozenset({'spam'})
    """
    ends = [0, *(m.end for m in found)]
    starts = [*(m.start for m in found), len(text)]
    gaps = [text[a:b] for a, b in zip(ends, starts, strict=True)]
    ahead = bool(found) and _boxed(gaps[0]) is not None
    verdicts = [_boxed(gap) for gap in gaps[:-1]] if ahead else [_said(gap) for gap in gaps[1:]]
    told: dict[str, bool] = {}
    for mention, verdict in zip(found, verdicts, strict=True):
        if verdict is not None and told.setdefault(mention.label, verdict) != verdict:
            return None
    chosen = frozenset(label for label, yes in told.items() if yes)
    return chosen if len(told) > len(chosen) > 0 else None


def _boxed(before: str) -> bool | None:
    """The verdict of the box that ends ``before``."""
    box = BEFORE.search(before)
    return None if box is None else bool((box[1] or "").strip(" _")) or box[2] is not None


def _said(behind: str) -> bool | None:
    """The verdict with which ``behind`` begins."""
    said = BEHIND.match(behind.partition("\n")[0])
    return None if said is None else said[1] is not None
