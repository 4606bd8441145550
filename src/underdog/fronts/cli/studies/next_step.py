"""The command to type after a verdict: exact, and runnable as it stands."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ....report.entries import reference


def next_command(
    results: Mapping[str, Any], folder: Path, file: str, columns: Mapping[str, Sequence[str]]
) -> str:
    """What to type after ``results``: fit the model that the verdict names, or settle the study.

    ``columns`` are the values of options, such as ``{"--label": ["gold"]}``, that reading ``file``
    took. Empty where nothing follows: the large model is kept, or there is none to settle.
    """
    verdict = results["verdict"]
    decision, spec = verdict["decision"], verdict["contestant"]
    if decision in ("ship", "ship with deferral", "best so far") and spec:
        options = [part for name, values in columns.items() for v in values for part in (name, v)]
        out = Path("models") / Path(folder.name).name.removesuffix("-report")
        return shlex.join(["underdog", "fit", file, spec, *options, "--out", str(out)])
    if decision == "not enough evidence" and reference(results) == "large model":
        from ....study.labels.no_gold import TOO_FEW

        sentence = str(verdict.get("sentence"))
        if sentence.startswith("No verdict:") or sentence.endswith(TOO_FEW):
            return ""  # the verdict itself says what to do
        return shlex.join(["underdog", "adjudicate", str(folder)])
    return ""


def afterwards(command: str) -> list[tuple[str, str]]:
    """What follows once ``command`` has fitted a model: using it, and watching it; else nothing.

    Pairs of a word and a command. FILE stands for new texts, which are not known here.
    """
    words = shlex.split(command)
    if words[:2] != ["underdog", "fit"]:
        return []
    model = shlex.quote(words[-1])
    recorded = "recorded(" in command
    use = f"underdog answer {model} FILE --out labelled.csv --defer-to SPEC"
    return [
        ("then", use if recorded else f"underdog serve {model}"),
        ("later", f"underdog monitor {model} FILE"),
    ]
