"""`underdog index FOLDER --out INDEX`: make documents, or the rows of a table, searchable."""

from __future__ import annotations

from pathlib import Path
from time import perf_counter
from typing import Annotated

import typer

from ... import terminal
from ..options import JsonOption, QuietOption


def index(
    corpus: Annotated[str, typer.Argument(help="Folder of documents, or a document or table.")],
    spec: Annotated[
        str, typer.Argument(help="How to index: 'bm25()', 'dense()', 'hybrid([bm25(), dense()])'.")
    ] = "bm25()",
    out: Annotated[Path, typer.Option("--out", help="Folder to write the index to.")] = Path(
        "index"
    ),
    text: Annotated[
        list[str] | None, typer.Option("--text", help="Column of a table to index; repeatable.")
    ] = None,
    pairs: Annotated[
        str | None,
        typer.Option("--pairs", help="Table of queries and sources, for specs that learn."),
    ] = None,
    add: Annotated[bool, typer.Option("--add", help="Add to the index that is in --out.")] = False,
    words: Annotated[
        int, typer.Option("--words", min=5, help="Words of a passage of a document, at most.")
    ] = 120,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Make a folder of documents, or the rows of a table, searchable."""
    from ...searching import indexed

    start = perf_counter()
    with terminal.working(as_json):
        made = indexed(corpus, spec, out, text=text or (), pairs=pairs, add=add, words=words)
    terminal.notes(made.notes)
    seconds = perf_counter() - start
    found = {
        "index": str(out),
        "spec": spec,
        "passages": made.passages,
        "files": made.files,
        "seconds": seconds,
    }
    terminal.tell(
        found,
        as_json,
        f"{'added' if add else 'indexed'} {made.passages:,} "
        f"{'passage' if made.passages == 1 else 'passages'} from {made.files:,} "
        f"{'file' if made.files == 1 else 'files'} in {seconds:.1f} s: {out}",
        f"search it: underdog search {out} 'what you look for'",
    )
