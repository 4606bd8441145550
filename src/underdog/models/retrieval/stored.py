"""An index on disk, by its name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from ...core.errors import UnderdogError
from ...core.passages import Hit
from ...core.protocols import Retriever
from ...runtime.persist import AGAIN, fingerprint, load
from ...runtime.registry import register


@register("index")
@dataclass(frozen=True)
class Stored:
    """The index that ``underdog index FILE --out FOLDER`` wrote to ``folder``.

    Its arrays are mapped from the file: processes that read the same index share the memory.
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
        return opened(self.folder)


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
