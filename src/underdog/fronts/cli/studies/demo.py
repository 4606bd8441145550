"""`underdog demo`: compare models on a task that is already on this disk."""

from __future__ import annotations

from pathlib import Path
from time import perf_counter
from typing import Annotated

import typer

from ... import terminal
from ..options import BudgetOption, ExitCodeOption, JsonOption, QuietOption, SeedsOption, YesOption
from .replacing import check_report
from .shown import show_study

TEXTS, BUDGET = 400, "3m"
"""Texts of each library in the demonstration, and the time for fitting and answering."""


def demo(
    out: Annotated[Path, typer.Option("--out", help="Folder to write to.")] = Path("demo-report"),
    seeds: SeedsOption = 1,
    budget: BudgetOption = BUDGET,
    yes: YesOption = False,
    exit_code: ExitCodeOption = False,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Compare models on a task that is found on this disk.

    The question is from which library a docstring is.
    """
    from ....data.demo import NAME, docstrings
    from ....runtime.limit import seconds
    from ....study import compare as run
    from ....study.runs.lineup import announced

    start = perf_counter()
    check_report(out, NAME, yes)
    terminal.notes(announced(None, budget))
    with terminal.working(as_json):
        data = docstrings(TEXTS)
        left = max(1.0, seconds(budget or BUDGET) - (perf_counter() - start))
        study = run(None, data, seeds=range(seeds), budget=f"{left:.1f}s", folder=out)
    show_study(study.results(), out, as_json, exit_code)
