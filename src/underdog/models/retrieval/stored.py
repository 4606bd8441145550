"""An index on disk, by its name."""

from __future__ import annotations

import shlex
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from ...core.errors import UnderdogError
from ...core.passages import Hit
from ...core.protocols import Retriever
from ...data.corpus.reading import changes
from ...runtime.formatting import quoted
from ...runtime.persist import AGAIN, fingerprint, load, record_of
from ...runtime.registry import register


@register("index")
@dataclass(frozen=True)
class Stored:
    """The index that ``underdog index FILE --out FOLDER`` wrote to ``folder``.

    Its arrays are mapped from the file: processes that read the same index share the memory. Where
    the files that were indexed are still there and have changed since, it warns.
    """

    folder: str

    def top(self, queries: Sequence[str], k: int) -> list[list[Hit]]:
        """What the index finds; `UnderdogError` if there is none in the folder."""
        found: list[list[Hit]] = self.retriever.top(queries, k)
        return found

    def environment(self) -> Mapping[str, str]:
        """What the folder holds now: answers that came from another index do not count."""
        return {f"index {self.folder}": fingerprint(self.folder)}

    @cached_property
    def retriever(self) -> Any:
        """The retriever in the folder; `UnderdogError` if there is none."""
        found = opened(self.folder)
        for note in stale(self.folder, moved=True):
            warnings.warn(note, stacklevel=2)
        return found


def opened(folder: Path | str) -> Any:
    """The retriever in ``folder``, its arrays mapped; `UnderdogError` if there is none."""
    made = "write one: underdog index FILE --out INDEX"
    if not (Path(folder) / "model.json").is_file():
        raise UnderdogError(f"no index in {folder}", made)
    try:
        found = load(folder, mapped=True)
    except UnderdogError as error:
        raise UnderdogError(error.problem, error.hint.replace(AGAIN, made)) from None
    if not isinstance(found, Retriever):
        raise UnderdogError(f"what is in {folder} is a model, not an index", made)
    return found


def stale(index: Path | str, moved: bool = False) -> list[str]:
    """A note if a corpus of the ``index`` in a folder is not as it was when it was read.

    With ``moved``, corpora that are gone altogether are passed over: the index may be a copy.
    """
    record = record_of(index)
    recipe, corpora = str(record.get("spec", "bm25()")), record.get("corpora", {})
    if not isinstance(corpora, dict):
        return []
    how = "" if recipe == "bm25()" else f" {quoted(recipe)}"
    paths = [path for path in corpora if path]
    seen = [path for path in paths if Path(path).exists()] if moved else paths
    changed = [name for path in seen for name in changes(path, corpora[path])]
    if not changed:
        return []
    again = [
        f"underdog index {shlex.quote(path)}{how} --out {index}{' --add' if i else ''}"
        for i, path in enumerate(paths)
    ]
    more = f" and {len(changed) - 1:,} more" if len(changed) > 1 else ""
    how_again = " && ".join(again)
    return [f"{changed[0]}{more} changed since it was indexed; index it again: {how_again}"]
