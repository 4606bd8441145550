"""`underdog certify MODEL FILE`: test a saved model's guarantee on new rows."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from ....core.errors import UnderdogError
from ... import terminal
from ..options import (
    File,
    JsonOption,
    KindOption,
    LabelOption,
    MapOption,
    QuietOption,
    TextOption,
    read_file,
)


def certify(
    model: Annotated[Path, typer.Argument(help="Folder of a model that defers with a guarantee.")],
    file: File,
    text: TextOption = None,
    label: LabelOption = None,
    mapping: MapOption = None,
    kind: KindOption = None,
    write: Annotated[
        bool,
        typer.Option("--write", help="Put the new threshold and certificate into the model."),
    ] = False,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Test a model's guarantee on new rows.

    Rows of FILE that took part in fitting it are left out.

    Writes nothing without --write.
    """
    from ....runtime import files
    from ....runtime.persist import fingerprint, opened
    from ....teach.deferral.certify import certify as test_again
    from ....teach.deferral.frugal import FrugalModel

    before = fingerprint(model)
    guaranteed, told = opened(model)
    files.check_folder(model)
    if not isinstance(guaranteed, FrugalModel):
        raise UnderdogError(
            f"the model in {model} has no guarantee",
            "fit one that does: underdog fit FILE "
            '"frugal(linear(), LARGE, risk=0.05)" --out FOLDER',
        )
    data = read_file(file, text, label, mapping=mapping, kind=kind).data
    with terminal.working(as_json):
        renewal = test_again(guaranteed, data)
    if write:
        _write(model, before, guaranteed, (renewal.certificate, data, told))
    fate = f"written to {model}" if write else f"nothing was written: add --write to change {model}"
    if as_json:
        terminal.data(renewal.as_data(write))
        return
    if not quiet:
        terminal.say(*(f"note: {note}" for note in renewal.notes))
    terminal.say(str(renewal.certificate), fate)


def _write(model: Path, before: str, guaranteed: Any, new: tuple[Any, Any, dict[str, Any]]) -> None:
    """Put a new certificate into the model, unless it has been replaced since it was read."""
    from ....runtime import files
    from ....runtime.persist import fingerprint, save
    from ....teach.deferral.certify import renewed
    from ...monitoring import profile_of

    certificate, data, told = new
    with files.alone(model):
        if fingerprint(model) != before:
            raise UnderdogError(
                f"{model} has become another model meanwhile", "type the same command again"
            )
        changed = renewed(guaranteed, certificate)
        save(changed, model, {**told, "profile": profile_of(changed, data)})
