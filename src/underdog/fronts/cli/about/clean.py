"""`underdog clean`: delete caches, and say which."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from ....core.errors import UnderdogError
from ... import terminal
from ..options import JsonOption, QuietOption


def clean(
    answers: Annotated[
        bool,
        typer.Option("--answers", help="Also delete the stored answers of paid language models."),
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be deleted; delete nothing.")
    ] = False,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Delete paid answers without asking.")
    ] = False,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Delete the caches of unfinished training. Answers that were paid for stay.

    --answers deletes those too, and asks first unless --yes is given.
    """
    from ....runtime.cleaning import caches, delete, paid

    chosen = [*caches(), *(paid() if answers else ())]
    if answers and paid() and not dry_run and not yes:
        _ask(paid()[0].path)
    if not dry_run:
        for one in chosen:
            delete(one)
    found: list[dict[str, Any]] = [
        {"path": str(one.path), "what": one.what, "bytes": one.size, "deleted": not dry_run}
        for one in chosen
    ]
    verb = "would delete" if dry_run else "deleted"
    lines = [f"{verb} {one.path}: {one.what}, {one.size / 1e6:,.1f} MB" for one in chosen]
    terminal.tell(found, as_json, *(lines or ["nothing to delete"]))


def _ask(path: Path) -> None:
    """Ask on a terminal whether paid answers may go; elsewhere refuse."""
    if not terminal.err.is_terminal:
        raise UnderdogError(
            f"{path} holds answers that were paid for, and none was deleted",
            "delete them too: underdog clean --answers --yes",
        )
    typer.confirm(f"Delete {path}? The answers in it were paid for.", abort=True, err=True)
