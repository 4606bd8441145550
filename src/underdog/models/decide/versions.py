"""Which version of a model answered, and what must be said of its answers: once, and aloud."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Sequence

from ...core.answer import Answers
from ..chat.endpoint import Endpoint
from .readings import Decision

Said = tuple[str, list[Decision]]
"""The version of the model that answered one text, and a decision for each question."""

_versions: dict[tuple[str, str], set[str]] = {}
"""The versions that answered for each (address, model) in this process."""


def notice(model: str, endpoint: Endpoint, said: Sequence[Said]) -> None:
    """Warn of a model that changed between two answers, and of probabilities that are none."""
    known = _versions.setdefault((endpoint.url, model), set())
    for version in dict.fromkeys(version for version, _ in said if version):
        if known and version not in known:
            warnings.warn(
                f"{model} has changed: it was {', '.join(sorted(known))} and is now {version};"
                " these are answers of different models (ask for one version by its full name)",
                stacklevel=2,
            )
        known.add(version)
    odd = Counter(one.odd for _, found in said for one in found if one.odd)
    if odd:
        reason, _ = odd.most_common(1)[0]
        warnings.warn(
            f"{model}: the probabilities of {sum(odd.values()):,} answers cannot be used (they"
            f" {reason}): such an answer counts without them, or as none",
            stacklevel=2,
        )


def versions(answers: Answers, model: str) -> dict[str, int]:
    """How many of ``answers`` each version of ``model`` gave, the most frequent first."""
    found = Counter(
        path[k + 1] for path in answers.paths for k, name in enumerate(path[:-1]) if name == model
    )
    return dict(found.most_common())
