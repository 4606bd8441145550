"""The commands to type after a verdict: exact, and runnable as they stand."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from ....runtime.formatting import quoted, shell_command

FOLDS = ("--folds", "5")


def next_command(
    results: Mapping[str, Any], folder: Path, file: str, columns: Mapping[str, Sequence[str]]
) -> str:
    """What to type after ``results``: fit the model that the verdict names, or settle the study.

    ``columns`` are the values of options, such as ``{"--label": ["gold"]}``, that reading ``file``
    took. A study is settled by judging the texts on which two models differ, where these have no
    label, or by testing on every row in turn. Empty where no command follows: the large model is
    kept, or what is missing are more rows with a label.
    """
    verdict = results["verdict"]
    decision, spec = verdict["decision"], verdict["contestant"]
    if decision in ("ship", "ship with deferral", "best so far") and spec:
        options = [part for name, values in columns.items() for v in values for part in (name, v)]
        out = Path("models") / Path(folder.name).name.removesuffix("-report")
        return shell_command(["underdog", "fit", file, spec, *options, "--out", str(out)])
    match verdict.get("settled_by"):
        case "judgements":
            return shell_command(["underdog", "adjudicate", str(folder)])
        case "folds" if typed := shlex.split(results["command"] or ""):
            return shell_command([*typed, *FOLDS])
    return ""


READING = ("--text", "--label", "--labels", "--map", "--describe", "--kind", "--group")
"""The options of `compare` that say how a file is read, which `fit` has too."""


def after_judging(results: Mapping[str, Any], folder: Path) -> str:
    """`next_command` of a study that was read again: its file and options are in its command."""
    words = shlex.split(results["command"] or "")
    if words[:2] != ["underdog", "compare"] or len(words) < 3:
        return ""
    agreement = "accuracy means agreement" in results["task"]["protocol"]
    names = (*READING, "--against") if agreement else READING
    columns: dict[str, list[str]] = {}
    for name, value in pairwise(word for typed in words[3:] for word in _split(typed)):
        if name in names:
            columns.setdefault(name, []).append(value)
    return next_command(results, folder, words[2], columns)


def _split(word: str) -> list[str]:
    """An option typed as ``--name=value`` in its two parts; any other word as it is."""
    return word.split("=", 1) if word.startswith("--") and "=" in word else [word]


def afterwards(command: str) -> list[tuple[str, str]]:
    """What follows once ``command`` has fitted a model: using it, and watching it; else nothing.

    Pairs of a word and a command. The file that was fitted on stands for newer ones.
    """
    words = shlex.split(command)
    if words[:2] != ["underdog", "fit"]:
        return []
    file, model = quoted(words[2]), quoted(words[-1])
    label = f"underdog answer {model} {file} --out labelled.csv"
    use = label if "recorded(" in command else f"underdog serve {model}"
    return [("then", use), ("later", f"underdog monitor {model} {file}")]
