"""What a caller may say of a source that is read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, TypedDict

from .guess import Columns


class Options(TypedDict, total=False):
    """The options of `read`, by name, as a type checker and an editor see them."""

    text: Sequence[str]
    label: str | None
    group: str | None
    split: str | None
    labels: Sequence[str]
    labelled: bool
    mapping: Mapping[str, str] | None
    kind: str | None


@dataclass(frozen=True)
class Asked:
    """The options of `read`.

    ``text`` (two of them for pairs), ``label``, ``group`` and ``split`` name columns; what is not
    named is guessed, groups excepted; ``split=""`` and ``label=""`` say that there is none.
    ``labels`` are the task's labels where the file does not show them all. ``labelled`` asks for a
    label on every row and drops the others. ``mapping`` holds other spellings of labels, in answers
    or in the file itself (see `mapping.mapped`). ``kind`` says what answers are
    (`core.data.KINDS`); by default it is recognised (see `kinds.guess_kind`).
    """

    text: Sequence[str] = ()
    label: str | None = None
    group: str | None = None
    split: str | None = None
    labels: Sequence[str] = ()
    labelled: bool = True
    mapping: Mapping[str, str] | None = field(default=None)
    kind: str | None = None

    @classmethod
    def of(cls, options: Any) -> Asked:
        """The options given to `read`; TypeError for one that there is not."""
        if unknown := set(options) - {one.name for one in fields(cls)}:
            raise TypeError(f"read() got an unexpected keyword argument {min(unknown)!r}")
        return cls(**options)

    @property
    def columns(self) -> Columns:
        """The columns that are named."""
        return Columns(tuple(self.text), self.label, self.group, self.split)
