"""A report on other data is replaced only with --yes."""

from __future__ import annotations

from pathlib import Path

from ....core.errors import UnderdogError
from ... import terminal


def check_report(folder: Path, name: str, yes: bool) -> None:
    """Refuse to replace a report of other data than ``name`` without --yes.

    A report of the same data is replaced, with a note. Nothing that underdog did not write is
    ever replaced.
    """
    from ....study.results import check_place, read

    check_place(folder)
    if not (folder / "results.json").exists():
        return
    earlier = read(folder)
    about = f"the report on {earlier['title']} of {earlier['created']} in {folder}"
    if yes or earlier["title"] == name:
        terminal.notes([f"note: {about} will be replaced"])
    else:
        raise UnderdogError(
            f"{about} would be replaced", "add --yes to replace it, or --out FOLDER to keep both"
        )
