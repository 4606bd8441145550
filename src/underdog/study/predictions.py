"""Every answer of a study as a file: Parquet where pyarrow is installed, else CSV."""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping, Sequence
from io import BytesIO, StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..core.data import clean
from ..core.errors import UnderdogError
from ..runtime import files
from ..runtime.extras import installed, require

if TYPE_CHECKING:
    from .outcome import Outcome

NAMES = ("predictions.parquet", "predictions.csv")
"""The names of the file; only one of the two is there."""


def write(study: Outcome, folder: Path) -> None:
    """Write one line per contestant, seed and test text to ``folder``, in place of earlier ones."""
    parquet = installed("pyarrow")
    name, other = NAMES if parquet else NAMES[::-1]
    files.check_files(folder, NAMES)
    columns = _columns(study)
    for column, more in _unlabelled(study, columns).items():
        columns[column] = [*columns[column], *more]
    files.write(folder / name, _parquet(columns) if parquet else _csv(columns))
    (folder / other).unlink(missing_ok=True)


def read(folder: Path) -> dict[str, list[Any]]:
    """The columns that `write` wrote, by name; rows and seeds are whole numbers.

    Raises `UnderdogError` if there are none, or if they are Parquet and pyarrow is missing.
    """
    try:
        if (folder / NAMES[0]).exists():
            parquet = require("pyarrow.parquet", "parquet")
            with (folder / NAMES[0]).open("rb") as packed:
                found: dict[str, list[Any]] = parquet.read_table(packed).to_pydict()
            return found
        with (folder / NAMES[1]).open(newline="", encoding="utf-8") as file:
            names, *lines = csv.reader(file)
        columns = dict(zip(names, map(list, zip(*lines, strict=True)), strict=True))
        return columns | {name: [int(cell) for cell in columns[name]] for name in ("row", "seed")}
    except (OSError, ValueError, KeyError) as error:
        raise UnderdogError(
            f"no predictions in {folder}", "make them: underdog compare FILE --out FOLDER"
        ) from error


def _columns(study: Outcome) -> dict[str, Sequence[Any]]:
    gold, runs = study.gold, study.runs
    n, pairs = len(gold.texts), isinstance(gold.texts[0], tuple)
    shown = [text if isinstance(text, tuple) else (text, "") for text in gold.texts]
    return {
        "row": [*range(n)] * len(runs),
        "text_a" if pairs else "text": [clean(a) for a, _ in shown] * len(runs),
        **({"text_b": [clean(b) for _, b in shown] * len(runs)} if pairs else {}),
        "label": list(gold.values) * len(runs),
        "spec": [run.spec for run in runs for _ in range(n)],
        "seed": [run.seed for run in runs for _ in range(n)],
        "answer": [value for run in runs for value in run.answers.values],
        "confidence": np.concatenate([run.answers.confidence for run in runs]).tolist(),
        "dollars": np.concatenate([run.answers.costs[:, 2] for run in runs]).tolist(),
    }


def _unlabelled(study: Outcome, columns: Mapping[str, Sequence[Any]]) -> dict[str, list[Any]]:
    """Two lines for each row without a gold label; their rows are numbered after the test part."""
    found = study.unlabelled
    if found is None:
        return {}
    n, texts = len(study.gold.texts), len(found.texts)
    shown = [text if isinstance(text, tuple) else (text, "") for text in found.texts]
    lines = {
        "row": [*range(n, n + texts)] * 2,
        "text_a" if "text_a" in columns else "text": [clean(a) for a, _ in shown] * 2,
        **({"text_b": [clean(b) for _, b in shown] * 2} if "text_b" in columns else {}),
        "label": [""] * 2 * texts,
        "spec": [found.small] * texts + [found.large] * texts,
        "seed": [min(run.seed for run in study.runs)] * 2 * texts,
        "answer": [*found.ours, *found.theirs],
    }
    return lines | {name: [math.nan] * 2 * texts for name in ("confidence", "dollars")}


def _parquet(columns: dict[str, Sequence[Any]]) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    buffer = BytesIO()
    pq.write_table(pa.table(columns), buffer)
    return buffer.getvalue()


def _csv(columns: dict[str, Sequence[Any]]) -> bytes:
    buffer = StringIO(newline="")
    lines = csv.writer(buffer, lineterminator="\n")
    lines.writerow(columns)
    lines.writerows(zip(*columns.values(), strict=True))
    return buffer.getvalue().encode()
