"""`underdog export MODEL --out FOLDER`: a saved model as a folder that runs without underdog."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from ....core.errors import UnderdogError
from ... import terminal
from ..options import JsonOption, ModelFolder, QuietOption, YesOption


def export(
    model: ModelFolder,
    out: Annotated[Path, typer.Option("--out", help="Folder to write to.")],
    to: Annotated[
        str, typer.Option("--to", help="folder, or onnx: one that must hold a graph.")
    ] = "folder",
    yes: YesOption = False,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Write a model as a folder that answers without underdog.

    It holds arrays or an ONNX graph, and a short script.

    The script needs numpy for linear(), tokenizers too for static(), and onnxruntime for networks.
    """
    from ....runtime import files
    from ....runtime.persist import load_model
    from ...exporting import export as write
    from ...exporting.export import TARGETS

    if to not in TARGETS:
        raise UnderdogError(f"cannot export to {to!r}", f"choose: --to {' or --to '.join(TARGETS)}")
    files.check_folder(out)
    if not yes and out.exists() and any(out.iterdir()):
        raise UnderdogError(f"there is something in {out} already", "add --yes to replace it")
    with files.alone(out), terminal.working(as_json):
        names = write(load_model(model), out, to, shlex.quote(str(model)))
    found = {"folder": str(out), "files": names}
    script = shlex.quote(str(out / "answer.py"))
    if as_json or not quiet:
        lines = f"wrote {out}: {', '.join(names)}", f"try it: python {script} 'a text'"
        terminal.tell(found, as_json, *lines)
