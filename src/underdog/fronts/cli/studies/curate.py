"""`underdog curate FILE|FOLDER --keep 10% --by SELECTOR`: what is worth learning from."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ... import terminal
from ...spending import agreed
from ..options import (
    EngineOption,
    JsonOption,
    LabelOption,
    QuietOption,
    SeedOption,
    TextOption,
    YesOption,
)

if TYPE_CHECKING:
    from ...curating import Curation


SHOWN = 8
"""Reasons for dropping that are printed."""


PoolFile = Annotated[
    Path,
    typer.Argument(help="Text, JSONL, CSV or Parquet file, also packed; or a folder of them."),
]
ByOption = Annotated[
    str, typer.Option("--by", help="Selector, such as 'dsir()'; see `underdog list`.")
]
KeepOption = Annotated[
    str, typer.Option("--keep", help="How much: 10%, 5000 documents, or 1M-tokens.")
]
TargetOption = Annotated[
    Path | None, typer.Option("--target", help="File of texts like those that the model will meet.")
]
FolderOption = Annotated[
    Path | None, typer.Option("--out", help="Folder to write to. Default: NAME-curated.")
]
SourceOption = Annotated[
    str | None, typer.Option("--source", help="Column of the source. Default: the file's name.")
]
ProveOption = Annotated[
    bool,
    typer.Option("--prove", help="Train on what is kept, on random and on the longest, and judge."),
]
LearnerOption = Annotated[
    str | None,
    typer.Option("--learner", help="What is trained by --prove: ngram() by default, or linear()."),
]


def curate(
    file: PoolFile,
    by: ByOption,
    keep: KeepOption = "100%",
    target: TargetOption = None,
    out: FolderOption = None,
    text: TextOption = None,
    label: LabelOption = None,
    source: SourceOption = None,
    prove: ProveOption = False,
    learner: LearnerOption = None,
    seed: SeedOption = 0,
    engine: EngineOption = None,
    yes: YesOption = False,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Keep the documents of FILE that are worth learning from.

    The kept rows have the format of FILE and a column of scores. A card says what was dropped and
    why; a report shows scores, sources and examples. Files are streamed: they may be larger than
    memory. A run that was stopped goes on when the same command is typed again.
    """
    from ....curation.curate import selector_of
    from ....runtime.store import default_store
    from ...curating import curate as run

    agreed(selector_of(by), yes, "underdog curate … --yes")
    with terminal.working(as_json), default_store().open():
        found = run(
            file,
            by,
            keep,
            target=target,
            out=out,
            text=text or (),
            label=label or "",
            source_column=source or "",
            seed=seed,
            engine=engine or "",
            prove=(learner or ("linear()" if label else "ngram()")) if prove else "",
            yes=yes,
        )
    terminal.notes([f"note: {line}" for line in found.notes])
    terminal.tell({**found.facts, "out": str(found.out)}, as_json, *_lines(found))


def _lines(found: Curation) -> list[str]:
    from ...curating import REPORT

    facts = found.facts
    lines = [
        f"kept {facts['kept']:,} of {facts['documents']:,} documents and"
        f" {facts['kept_tokens']:,} of {facts['tokens']:,} tokens, by {facts['selector']}",
        *(f"dropped {n:,}: {reason}" for reason, n in [*facts["dropped"].items()][:SHOWN]),
    ]
    if (more := len(facts["dropped"]) - SHOWN) > 0:
        lines.append(f"and {more} further reasons, which the card lists")
    if len(facts["sources"]) > 1:
        shares = (f"{s['name']} {s['kept']:,} of {s['documents']:,}" for s in facts["sources"][:5])
        lines.append(f"kept by source: {'; '.join(shares)}")
    if proof := facts.get("proof"):
        lines += [proof["sentence"], proof["method"]]
    lines.append(f"written to {found.out}: {', '.join(facts['files'][:3])}, card.json, {REPORT}")
    return lines
