"""Index a corpus, and search what was indexed: `underdog.index` and `underdog.search`."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypedDict, Unpack

from ..core.errors import UnderdogError
from ..core.passages import Hit, Pairs, Passages
from ..core.protocols import Growing, Indexer, Retriever
from ..data.corpus import Corpus, read_corpus
from ..data.corpus.splitting import WORDS
from ..data.read import sheet_of
from ..data.sheet import shown
from ..runtime import files
from ..runtime.persist import record_of, save
from ..runtime.registry import build, spec


@dataclass(frozen=True)
class Indexed:
    """An index that was made: its ``retriever``, how many passages it has, and notes."""

    retriever: Retriever
    passages: int
    files: int
    notes: tuple[str, ...]


class Options(TypedDict, total=False):
    """The options of `index`, by name, as a type checker and an editor see them."""

    text: Sequence[str]
    pairs: Path | str | Pairs | None
    add: bool
    words: int


def index(
    corpus: Path | str | Passages | Sequence[str],
    recipe: str | Indexer = "bm25()",
    out: Path | str | None = None,
    **options: Unpack[Options],
) -> Retriever:
    """A retriever of what is in ``corpus``: a folder, a file, or texts; saved to ``out`` if given.

    ``text`` names columns of a table, ``pairs`` are queries with the sources that answer them, for
    recipes that learn; ``add`` adds to the index that is in ``out``. Documents are divided into
    passages of at most ``words`` words. Raises `UnderdogError` if there is no text, or if
    ``recipe`` makes no index.
    """
    made = indexed(corpus, recipe, out, **options)
    if made.notes:
        warnings.warn("; ".join(made.notes), stacklevel=2)
    return made.retriever


def indexed(
    corpus: Path | str | Passages | Sequence[str],
    recipe: str | Indexer = "bm25()",
    out: Path | str | None = None,
    *,
    text: Sequence[str] = (),
    pairs: Path | str | Pairs | None = None,
    add: bool = False,
    words: int = WORDS,
) -> Indexed:
    """What `index` makes, with notes; it raises the same errors."""
    made = build(recipe) if isinstance(recipe, str) else recipe
    if not isinstance(made, Indexer):
        raise UnderdogError(f"{recipe} makes no index", "as in: underdog index FILE 'bm25()'")
    read = _corpus(corpus, text, words)
    with _sole(out):
        record: dict[str, Any] = {"spec": spec(made), "corpora": {read.path: dict(read.files)}}
        if add:
            retriever, record = _grown(out, read)
        else:
            taught = _pairs(pairs, read.passages) if pairs is not None else None
            retriever = made.over(read.passages, taught)
        if out is not None:
            save(retriever, out, record)
    return Indexed(retriever, len(read.passages), len(read.files), read.notes)


@contextmanager
def _sole(out: Path | str | None) -> Iterator[None]:
    """Inside the block no other process writes ``out``: what two would add at once is not lost."""
    if out is None:
        yield
        return
    files.check_folder(Path(out))
    files.writable(Path(out))
    with files.alone(Path(out)):
        yield


def search(index: Path | str | Retriever, query: str, k: int = 5) -> list[Hit]:
    """The ``k`` best passages of ``index`` for ``query``, the best first.

    ``index`` is a folder that `index` wrote, a retriever, or the spec of one, such as
    ``"code('numpy')"``. A corpus that changed since it was indexed is told in a warning. Raises
    `UnderdogError` if there is no index, or ``k`` is below 1.
    """
    if k < 1:
        raise UnderdogError(f"k is {k}: nothing can be found", "as in: k=5")
    retriever, notes = opened(index)
    for note in notes:
        warnings.warn(note, stacklevel=2)
    return retriever.top([query], k)[0]


def opened(index: Path | str | Retriever) -> tuple[Retriever, list[str]]:
    """The retriever that ``index`` names, and a note if what it was made of has changed.

    Raises `UnderdogError` if it names none.
    """
    if isinstance(index, Retriever):
        return index, []
    if isinstance(index, str) and "(" in index and not Path(index).exists():
        made = build(index)
        if not isinstance(made, Retriever):
            raise UnderdogError(
                f"{index} searches nothing by itself",
                f"index a corpus with it: underdog index FOLDER {index!r} --out INDEX",
            )
        return made, []
    from ..models.retrieval.stored import opened as stored
    from ..models.retrieval.stored import stale

    return stored(index), stale(index)


def _corpus(corpus: Any, text: Sequence[str], words: int) -> Corpus:
    if isinstance(corpus, str | Path):
        return read_corpus(corpus, text, words)
    passages = corpus if isinstance(corpus, Passages) else Passages.of(list(corpus))
    return Corpus("", passages, {})


def _grown(out: Path | str | None, read: Corpus) -> tuple[Retriever, dict[str, Any]]:
    """The index in ``out`` with what was read, and its record."""
    if out is None:
        raise UnderdogError("there is no index to add to", "name it: --out INDEX")
    from ..models.retrieval.stored import opened as stored

    there, record = stored(out), record_of(out)
    if not isinstance(there, Growing):
        raise UnderdogError(
            f"nothing can be added to {record.get('spec', out)}", "index all files together"
        )
    corpora = dict(record.get("corpora", {}))
    if read.path and read.path in corpora:
        raise UnderdogError(
            f"{read.path} is in that index already",
            f"index it again, without --add: underdog index {read.path} --out {out}",
        )
    return there.added(read.passages), {**record, "corpora": corpora | {read.path: read.files}}


def _pairs(pairs: Path | str | Pairs, passages: Passages) -> Pairs:
    """``pairs``, or those in a file: columns ``query`` and ``source``, a row for each pair."""
    if isinstance(pairs, Pairs):
        return pairs.within(len(passages))
    columns = sheet_of(pairs).columns
    if not {"query", "source"} <= set(columns):
        raise UnderdogError(
            f"{pairs} needs the columns 'query' and 'source'",
            "a source is where a passage is from, as search prints it: guide.md:12",
        )
    rows: dict[str, list[int]] = {}
    for row, place in enumerate(passages.sources):
        rows.setdefault(place, []).append(row)
    found: dict[str, list[int]] = {}
    for query, source in zip(columns["query"], columns["source"], strict=True):
        if shown(source) not in rows:
            raise UnderdogError(
                f"{pairs} names the source {shown(source)!r}, which is not in the corpus",
                "take sources from: underdog search INDEX 'query' --json",
            )
        found.setdefault(shown(query), []).extend(rows[shown(source)])
    return Pairs(tuple(found), tuple([tuple(dict.fromkeys(r)) for r in found.values()]))
