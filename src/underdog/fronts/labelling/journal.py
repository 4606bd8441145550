"""Finished rows on disk while a file is being labelled, so that a stopped run continues.

The journal lies beside the output: ``.NAME.underdog-rows``. Its first line says what is being
labelled by which model; each other line is one finished row as JSON.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from ...core.errors import UnderdogError
from ...runtime import files

Row = dict[str, Any]


class Journal:
    """The finished rows of one run; ``key`` says of which model, file and options."""

    def __init__(self, out: Path, key: str) -> None:
        self.path = out.parent / f".{out.name}.underdog-rows"
        self.key = key

    @property
    def head(self) -> bytes:
        """The first line: which work this is."""
        return json.dumps({"underdog": 1, "key": self.key}).encode() + b"\n"

    def begun(self) -> bool:
        """Whether an earlier run of the same work finished a row."""
        try:
            with self.path.open("rb") as file:
                return file.readline() == self.head and file.readline().endswith(b"\n")
        except OSError:
            return False

    def start(self) -> int:
        """The number of rows that an earlier run of the same work finished; 0 without one.

        A last line that a kill cut off is dropped.
        """
        head = self.head
        with files.explained(self.path):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self.path.touch()
            with self.path.open("r+b") as file:
                if file.readline() != head:
                    file.seek(0)
                    file.truncate()
                    file.write(head)
                    return 0
                done, end = 0, file.tell()
                for line in file:
                    if not line.endswith(b"\n"):
                        break
                    done, end = done + 1, end + len(line)
                file.truncate(end)
                return done

    def add(self, rows: Sequence[Row]) -> None:
        """Write finished rows; they are on disk when it returns."""
        text = "".join(json.dumps(row, ensure_ascii=False, default=str) + "\n" for row in rows)
        with files.explained(self.path), self.path.open("ab") as file:
            file.write(text.encode("utf-8", "replace"))
            file.flush()

    def rows(self) -> Iterator[Row]:
        """Every finished row, in the order of the file."""
        with self.path.open("rb") as file:
            file.readline()
            for line in file:
                yield json.loads(line)

    def remove(self) -> None:
        """Delete the journal, once the output is written."""
        self.path.unlink(missing_ok=True)


def check_output(path: Path, yes: bool, source: str = "") -> None:
    """Refuse an output that exists, unless ``yes``.

    A folder is never replaced by a file, and the file ``source``, which is read, by nothing.
    """
    if path.is_dir():
        raise UnderdogError(f"{path} is a folder", f"name a file: --out {path / 'labelled.csv'}")
    if _same(path, source):
        raise UnderdogError(
            f"{path} is the file that is read, and would be replaced",
            f"name another file: --out {path.with_name(f'new-{path.name}')}",
        )
    if path.exists() and not yes:
        raise UnderdogError(
            f"{path} is there already", "add --yes to replace it, or choose another name: --out"
        )


def _same(path: Path, source: str) -> bool:
    """Whether ``path`` and ``source`` are one file, by whatever names."""
    try:
        return bool(source) and path.samefile(source)
    except (OSError, ValueError):
        return False
