"""What the command line says of a file to compare on, and the two parts of the data in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ....core.errors import UnderdogError
from ... import terminal
from ..options import Kind, read_file
from .bootstrap import bootstrapped
from .logs import log_without_gold
from .next_step import next_command

if TYPE_CHECKING:
    from ....core.data import Dataset
    from ....data.read import Table
    from ....data.sheet import Sheet


@dataclass(frozen=True)
class Source:
    """A file, the large model, and the options that say how the file is read."""

    file: str
    against: str | None = None
    text: list[str] | None = None
    label: str | None = None
    group: str | None = None
    split: str | None = None
    labels: str | None = None
    mapping: list[str] | None = None
    describe: str | None = None
    kind: Kind | None = None

    def answered_by(self, large: str | None, yes: bool) -> Source:
        """The source that holds the answers of ``large`` to all texts, which are asked for; itself
        without ``large``."""
        if not large:
            return self
        from ....data.read import sheet_of

        if self.against:
            raise UnderdogError("--bootstrap is the large model already", "leave out --against")
        sheet = sheet_of(self.file)
        file, against = bootstrapped(
            sheet, large, self.text, self.label, self.labels, self.mapping, yes
        )
        return replace(self, file=file, against=against)

    def parts(self, test: str | None, folds: int) -> tuple[Dataset, Dataset | None, bool]:
        """Training data, the test part if there is one, and whether the labels are right answers.

        They are the answers in the column ``against`` where the file has no others.
        """
        from ....data.descriptions import described
        from ....data.read import sheet_of
        from ....data.splits import absent

        sheet = sheet_of(self.file)
        columns = {"text": self.text or (), "group": self.group, "split": self.split}
        named = self.label or test or self.kind
        log = None if named else log_without_gold(sheet, self.against, self.labels, columns)
        table = log or self._table(sheet, self.labels, self.split, self.kind)
        table = described(table, self.describe)
        if test:
            same = Kind(table.data.task.kind)
            tested = self._table(test, None, None, same).data
            terminal.notes(absent(table.data, tested))
            return table.data, tested, log is None
        if table.train is None or folds:
            return table.data, None, log is None
        return table.train, table.test, log is None

    def _table(
        self, file: str | Sheet, labels: str | None, split: str | None, kind: Kind | None
    ) -> Table:
        return read_file(
            file, self.text, self.label, labels, self.group, split, self.mapping, True, kind
        )

    def command(self, results: Mapping[str, Any], folder: Path, gold_known: bool) -> str:
        """What to type after ``results``: see `next_command`."""
        typed = {
            "--text": self.text or [],
            "--label": [self.label] if self.label else [],
            "--against": [self.against] if self.against and not gold_known else [],
            "--labels": [self.labels] if self.labels else [],
            "--map": self.mapping or [],
            "--describe": [self.describe] if self.describe else [],
            "--kind": [self.kind.value] if self.kind else [],
            "--group": [self.group] if self.group else [],
        }
        return next_command(results, folder, self.file, typed)
