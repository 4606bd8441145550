"""Which models can leave underdog, and the folder that each becomes."""

from __future__ import annotations

import json
from importlib.resources import files as packaged
from pathlib import Path
from typing import Any

from ...combine.cascade import Cascade
from ...combine.confidence import Entropy, Margin, Probability
from ...core.errors import UnderdogError
from ...runtime import files
from .parts import inside, parts_of

TARGETS = ("folder", "onnx")


def export(model: Any, out: Path, to: str = "folder", place: str = "MODEL") -> list[str]:
    """Write ``model`` to the folder ``out`` with a script, answer.py, that needs no underdog.

    ``to`` is "folder", or "onnx" for one that must hold a graph. A cascade is exported as its
    first stage, and the script says "deferred" below its threshold. Returns the names of the
    files. Raises `UnderdogError`, whose hint calls the model ``place``, if it cannot be exported.
    """
    first, deferral = _first(model)
    try:
        parts = parts_of(first)
    except UnderdogError as error:
        raise UnderdogError(error.problem, error.hint.replace("MODEL", place)) from error
    if to == "onnx" and not any(name.endswith(".onnx") for name in parts):
        raise UnderdogError(
            f"a {type(first).__name__} has no graph: it is arrays and a look-up",
            f"export these: underdog export {place} --to folder --out {out}",
        )
    told = json.loads(parts["told.json"]) | deferral
    parts["told.json"] = json.dumps(told, ensure_ascii=False, indent=1).encode()
    for script in ("answer.py", "confidence.py")[: 1 + (deferral["threshold"] > 0)]:
        parts[script] = packaged(__package__).joinpath("scripts", script).read_bytes()
    with files.folder(out) as fresh:
        for name, content in parts.items():
            (fresh / name).parent.mkdir(parents=True, exist_ok=True)
            (fresh / name).write_bytes(content)
    return sorted(parts)


def _first(model: Any) -> tuple[Any, dict[str, Any]]:
    """The model that is asked first, and when it passes a text on: below which ``threshold`` of
    which ``confidence``, at which ``temperature``."""
    model = inside(model)
    cascade = getattr(model, "cascade", model)
    if not isinstance(cascade, Cascade):
        return model, {"threshold": 0.0}
    sure = cascade.sure[0] if cascade.sure else Probability()
    if not isinstance(sure, Probability | Margin | Entropy):
        raise UnderdogError(
            f"the cascade defers by {type(sure).__name__}, which no script knows",
            "fit the small model alone: underdog fit FILE 'linear()' --out FOLDER",
        )
    threshold = cascade.thresholds[0] if cascade.thresholds else 0.0
    name = type(sure).__name__.lower()
    deferral = {"threshold": threshold, "confidence": name, "temperature": sure.temperature}
    return inside(cascade.stages[0]), deferral
