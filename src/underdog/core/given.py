"""What a caller passes for a data set or for texts, as the library means it."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, TypeVar

if TYPE_CHECKING:
    from .data import Dataset

C = TypeVar("C", bound=type)


class Table(Protocol):
    """A table that `underdog.read` read."""

    @property
    def data(self) -> Dataset:
        """All of its rows."""
        ...

    @property
    def notes(self) -> tuple[str, ...]:
        """What was guessed."""
        ...


class Frame(Protocol):
    """A data frame: of pandas, of polars, or whatever else has named columns."""

    @property
    def columns(self) -> Any:
        """The names of the columns."""
        ...

    def __getitem__(self, column: Any, /) -> Any: ...


Data: TypeAlias = "Dataset | Table | Frame | Path | str"
"""Examples as a caller may give them: a data set, a table, a data frame, a path, or hf:NAME."""

reader: Callable[[Any], Any] | None = None
"""Reads a path, a data frame or a hub name as a table; the package's front door sets it."""


def table(thing: Data) -> Any:
    """``thing`` if it is a table that was read, else the table that the reader makes of it.

    What had to be guessed is told in a warning. Raises `UnderdogError` for what cannot be read.
    """
    if hasattr(thing, "notes") and hasattr(thing, "data"):
        return thing
    assert reader is not None, "import underdog sets the reader"
    found = reader(thing)
    if found.notes:
        told = "; ".join(found.notes)
        warnings.warn(f"{told}; say it yourself: underdog.read(…, label='…')", stacklevel=4)
    return found


def dataset(thing: Data) -> Dataset:
    """``thing`` if it is a data set, else all rows of the `table` that it is."""
    from .data import Dataset

    if isinstance(thing, Dataset):
        return thing
    found: Dataset = table(thing).data
    return found


def texts(thing: Any) -> Any:
    """``thing`` as a sequence of texts: one text alone is a list of one, and no row of letters."""
    kind = type(thing)
    if kind is list or kind is tuple:
        return thing
    if isinstance(thing, str):
        return [thing]
    return thing.tolist() if hasattr(thing, "tolist") else thing


def lenient(cls: C) -> C:
    """``cls``, whose ``fit`` takes whatever `dataset` takes, and ``answer`` what `texts` takes.

    A recipe of ours says so in its signature as well: ``fit(self, data: Data, seed: int = 0)``.
    """
    for name, read in (("fit", dataset), ("answer", texts)):
        if name in vars(cls):
            setattr(cls, name, _reading(vars(cls)[name], read))
    return cls


def _reading(method: Any, read: Callable[[Any], Any]) -> Any:
    @wraps(method)
    def lenient_method(self: Any, thing: Any, *args: Any, **options: Any) -> Any:
        return method(self, read(thing), *args, **options)

    return lenient_method
