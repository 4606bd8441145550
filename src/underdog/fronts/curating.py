"""`curate`: what is worth learning from, of a file or folder: written with a card and a report."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..core.data import Dataset, draw
from ..core.errors import UnderdogError
from ..core.protocols import Selector
from ..curation.pool import rows_of
from ..runtime import files
from ..runtime.workers.engine import engine as spread_by

if TYPE_CHECKING:
    from ..curation.pool.files import Files

HELD = 0.2
"""The share of the labelled rows that is held out, where there is no target."""

CARD, REPORT = "card.json", "report.html"


@dataclass(frozen=True)
class Curation:
    """What was written: the folder ``out``, and the ``facts`` that its card holds."""

    out: Path
    facts: Mapping[str, Any]

    @property
    def notes(self) -> list[str]:
        """What a user must know: leaks, files that were not read, too few documents."""
        return [*self.facts["notes"]]


def curate(
    source: str | Path,
    by: str | Selector = "random()",
    keep: str = "100%",
    *,
    target: str | Path | None = None,
    out: str | Path | None = None,
    **options: Any,
) -> Curation:
    """Choose the documents of ``source``, a file or folder, that ``by`` likes best, and write them.

    ``keep`` is a share ('10%'), a number of documents ('5000') or of tokens ('1M-tokens').
    ``target`` is a file of texts such as the data are to serve. The folder ``out`` gets the kept
    rows in the format that they came in, with a column of scores, ``card.json`` and
    ``report.html``. ``options``, all with a default: ``text`` (columns of the text), ``label``,
    ``source_column``, ``seed``, ``engine`` ('cores' or 'ray'), ``yes`` (replace ``out``), and
    ``prove`` (the spec of what learns from each part, such as 'ngram()'). A run that was stopped
    goes on when it is called again. Raises `UnderdogError` for what cannot be read or written.
    """
    from ..curation.curate import selector_of
    from ..curation.keeping import Keep

    given = Path(source).expanduser()
    place = Path(out) if out else Path(f"{given.name.partition('.')[0] or 'pool'}-curated")
    job = Job(given, selector_of(by), Keep.of(keep), place, target and Path(target).expanduser())
    return job.run(**options)


@dataclass(frozen=True)
class Job:
    """One curation: what is read, by which selector, how much is kept, and where it goes."""

    source: Path
    by: Selector
    keep: Any
    out: Path
    target: Path | str | None

    def run(
        self,
        *,
        text: Sequence[str] = (),
        label: str = "",
        source_column: str = "",
        seed: int = 0,
        engine: str = "",
        prove: str = "",
        yes: bool = False,
    ) -> Curation:
        """Read, choose, prove where that is wanted, and write."""
        from ..curation.curate import curated

        if self.out.exists() and not yes:
            raise UnderdogError(
                f"{self.out} is there already", "add --yes to replace it, or choose another: --out"
            )
        files.check_folder(self.out)
        files.writable(self.out)
        work = self.out.parent / f".{self.out.name}.underdog-curate"
        columns = (tuple(text), label, source_column)
        with files.alone(self.out), spread_by(engine):
            with files.explained(self.out):
                work.mkdir(exist_ok=True)
            pool, held = self._pool(work, columns, seed, prove)
            found = curated(pool, self.by, self.keep, held)
            if prove and held is not None:
                found = replace(found, facts={**found.facts, "proof": proved(found, prove, held)})
            facts = {**_about(self), **found.facts}
            with files.folder(self.out) as fresh:
                facts["files"] = self._written(pool, found, fresh, facts)
            shutil.rmtree(work, ignore_errors=True)
        return Curation(self.out, facts)

    def _pool(self, work: Path, columns: Any, seed: int, prove: str) -> tuple[Files, Any]:
        """The pool, and the texts to judge by, which no selector sees; None if nothing is proved.

        They are a third of the target; without one, a fifth of the labelled rows.
        """
        from ..curation.pool.files import Files, Reading, target_of

        reading = Reading(*columns)
        aim = target_of(Path(self.target), work, reading.label) if self.target else None
        if aim is not None and not len(aim):
            raise UnderdogError(f"{self.target} holds no texts", "give texts such as you serve")
        held = None
        if prove and aim is not None:
            aim, held = aim.split(1 / 3, seed)
        pool = Files.of(self.source, work, reading, target=aim, seed=seed)
        if prove and held is None:
            pool, held = labelled_part(pool)
        return pool, held

    def _written(self, pool: Files, found: Any, out: Path, facts: dict[str, Any]) -> list[str]:
        from ..curation.pool.writing import write
        from ..report.curation import html

        facts["notes"] = [*pool.notes, *facts["notes"]]
        facts["files"] = names = write(pool.pieces, found.kept, found.scores, out)
        (out / CARD).write_text(json.dumps(facts, indent=1, ensure_ascii=False), "utf-8")
        (out / REPORT).write_text(html(facts), "utf-8")
        return names


def proved(found: Any, prove: str, held: Dataset) -> dict[str, Any]:
    """What the ablation with the recipe ``prove`` says of what was ``found``."""
    from ..curation.prove import prove as ablation
    from ..runtime.registry import build

    return ablation(found, build(prove), held)


def labelled_part(pool: Files) -> tuple[Files, Dataset]:
    """``pool`` without a fifth of its labelled rows, drawn by the text, and these rows.

    Raises `UnderdogError` where no row has a label: then a target must be named.
    """
    alive = np.ones(pool.size, bool)
    if not pool.reading.label:
        raise UnderdogError(
            "there is nothing to judge by",
            "name texts such as you serve: --target FILE; or the labels: --label COLUMN",
        )
    for part in pool.parts():
        known = [label is not None for label in part.labels]
        for row, text, has in zip(rows_of(part), part.texts, known, strict=True):
            alive[row] = not has or draw(f"hold {pool.seed}:{text}") >= HELD
    held = pool.take(np.flatnonzero(~alive))
    rest: Files = pool.only(alive)
    return rest, held


def _about(job: Job) -> dict[str, Any]:
    return {
        "source": str(job.source),
        "asked": job.keep.said,
        "target_file": "" if job.target is None else str(job.target),
        "written_by": f"underdog {version('underdog')}",
        "date": datetime.now(UTC).date().isoformat(),
    }
