"""`underdog certify MODEL FILE`: test a saved model's guarantee on new rows."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ....core.errors import UnderdogError
from ... import terminal
from ..options import File, JsonOption, LabelOption, QuietOption, TextOption, read_file


def certify(
    model: Annotated[Path, typer.Argument(help="Folder of a model that defers with a guarantee.")],
    file: File,
    text: TextOption = None,
    label: LabelOption = None,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Certify a model's guarantee again, on rows of FILE that it has not learned from."""
    from dataclasses import asdict

    from ....runtime import files
    from ....runtime.persist import load_model, save
    from ....teach.deferral.certify import certify as prove
    from ....teach.deferral.certify import renewed
    from ....teach.deferral.frugal import FrugalModel

    guaranteed = load_model(model)
    files.check_folder(model)
    if not isinstance(guaranteed, FrugalModel):
        raise UnderdogError(
            f"the model in {model} has no guarantee",
            "fit one that does: underdog fit FILE "
            '"frugal(linear(), LARGE, risk=0.05)" --out FOLDER',
        )
    data = read_file(file, text, label).data
    with terminal.working(as_json):
        certificate = prove(guaranteed, data)
    save(renewed(guaranteed, certificate), model)
    terminal.tell(asdict(certificate), as_json, str(certificate), f"written to {model}")
