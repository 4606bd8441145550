"""Is a model shown to be at most the margin worse than the large model?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from . import formatting

SURE = 0.05
"""The one-sided level that verdicts are held to."""


def noninferior(versus: Mapping[str, Any]) -> tuple[bool | None, float | None]:
    """Yes, no or unknown, and its p-value: corrected for the number of models where that is known.

    The corrected p-value is the one that verdicts go by; a table must not say otherwise.
    """
    key = "sequence_p" if "sequence_p" in versus else "holm_noninferior_p"  # of older results
    corrected = formatting.known(versus.get(key))
    if corrected is not None:
        return corrected < SURE, corrected
    fine = versus.get("noninferior")
    return (fine if isinstance(fine, bool) else None), formatting.known(versus.get("noninferior_p"))
