"""Rows of retrieval: Cranfield, the docstrings of installed libraries, and 100,000 passages."""

from __future__ import annotations

import csv
import json
import random
import resource
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from benchmarks.arms import arm
from benchmarks.data import root
from benchmarks.deferral.minilm import looked_up
from underdog.combine.retrieval.hybrid import Fused, Hybrid
from underdog.combine.retrieval.reranked import Reranked, RerankedIndex
from underdog.core.passages import Pairs, Passages
from underdog.core.protocols import Indexer, Retriever
from underdog.core.texts import sentences
from underdog.data.ranking import average_precision, folds, lower_bound, ndcg
from underdog.models.retrieval.bm25 import BM25
from underdog.models.retrieval.dense import Dense
from underdog.models.retrieval.sources.code import symbols
from underdog.models.retrieval.words import words
from underdog.models.static.recipe import Static
from underdog.models.transformers.frozen import Frozen
from underdog.runtime.persist import load, save

Row = tuple[str, str, str, str]

LIBRARIES = ("numpy", "scipy", "sklearn", "torch", "sympy", "pandas", "networkx", "transformers")
DOCSTRINGS, ENCODED, ASKED, CHOOSING = 20_000, 1_500, 300, 100
"""Docstrings; those that the encoder reads, which takes long on one core; queries."""

PASSAGES = 100_000


def cranfield() -> Row:
    """BM25 on Cranfield, and its scores beside those of bm25s."""
    passages, pairs = _cranfield()
    index = BM25().over(passages)
    found = _rows(index, pairs.queries, 1000)
    gap = _gap(index, passages, pairs.queries)
    precision = np.mean([average_precision(f, r) for f, r in zip(found, pairs.rows, strict=True)])
    reached = f"{_ndcg(found, pairs).mean():.3f} / {precision:.3f}; {gap:.0e} from bm25s"
    return "Cranfield, 225 queries", "bm25(): nDCG@10 / MAP", reached, "MAP .22, equal"


def _gap(index: Retriever, passages: Passages, queries: Sequence[str]) -> float:
    import bm25s
    from bm25s.stopwords import STOPWORDS_EN

    theirs = bm25s.BM25(method="lucene")
    common = frozenset(STOPWORDS_EN)
    theirs.index([words(text, common) for text in passages.texts], show_progress=False)
    gaps = []
    for query in queries:
        known = [word for word in words(query, common) if word in theirs.vocab_dict]
        gaps.append(float(np.abs(theirs.get_scores(known) - index.score(query)).max()))  # type: ignore[attr-defined]
    return max(gaps)


def learned() -> Row:
    """What is learned from two thirds of the queries, on the others: three folds."""
    passages, pairs = _cranfield()
    with looked_up([*passages.texts, *pairs.queries], 100):
        return _learned(passages, pairs)


def _learned(passages: Passages, pairs: Pairs) -> Row:
    part = folds(len(pairs), 3)
    recipes: dict[str, Indexer] = {
        "bm25": BM25(),
        "dense": Dense(),
        "ranks": Hybrid((BM25(), Dense())),
        "reranked(frozen)": Reranked(BM25(), Frozen(c_value=1.0, sharpness=1.0), depth=20),
        "dense(learn)": Dense(learn=True),
        "hybrid, chosen": Hybrid((BM25(), Dense(learn=True))),
    }
    scores = {name: np.zeros(len(pairs)) for name in recipes}
    for fold in range(3):
        held = np.flatnonzero(part == fold).tolist()
        rest = pairs.at(np.flatnonzero(part != fold).tolist())
        for name, recipe in recipes.items():

            def measured(
                recipe: Indexer = recipe, name: str = name, held: list[int] = held,
                rest: Pairs = rest,
            ) -> np.ndarray:  # fmt: skip
                made = recipe.over(passages, None if name == "ranks" else rest)
                if isinstance(made, Fused | RerankedIndex) and made.reason:
                    print(f"{name}: {made.reason}", flush=True)
                return _ndcg(_rows(made, pairs.at(held).queries, 10), pairs.at(held))

            scores[name][held] = arm(f"cranfield {name} fold={fold}", measured)
    means = {name: float(found.mean()) for name, found in scores.items()}
    best = max(means["bm25"], means["dense"])
    single = "bm25" if best == means["bm25"] else "dense"
    gain = means["hybrid, chosen"] / means["bm25"] - 1
    low = lower_bound((scores["hybrid, chosen"] - scores[single]).tolist())
    shown = ", ".join(f"{name} {value:.3f}" for name, value in means.items())
    reached = f"{shown}: {100 * gain:+.0f} % on bm25; over {single} at least {low:+.3f}"
    return "the same, 3 folds of queries", "nDCG@10", reached, "+10 % on bm25"


def docstrings() -> Row:
    """First sentences of docstrings, their names masked, against the rest: words and tokens."""
    corpus, queries = _docstrings(DOCSTRINGS)
    asked, known = _drawn(queries, ASKED)
    recipes = {"bm25": BM25(), "static": Dense(Static())}
    return _searched(corpus, queries, asked, known, recipes, ("bm25", "static"))


def encoded() -> Row:
    """The same with the encoder, on fewer docstrings."""
    whole, queries = _docstrings(DOCSTRINGS)
    asked, known = _drawn(queries, ASKED // 2)
    chosen = {*asked, *known}
    others = [s for s in whole.sources if s not in chosen]
    sources = [*asked, *known, *others][:ENCODED]
    place = {source: row for row, source in enumerate(whole.sources)}
    corpus = Passages.of([whole.texts[place[s]] for s in sources], sources)
    recipes = {"bm25": BM25(), "dense": Dense(), "static": Dense(Static())}
    return _searched(corpus, queries, asked, known, recipes, ("bm25", "dense"))


def _drawn(queries: Mapping[str, str], n: int) -> tuple[list[str], list[str]]:
    """The sources of ``n`` queries that test, and of a hundred others that `Hybrid` chooses by."""
    drawn = random.Random(0).sample(sorted(queries), n + CHOOSING)
    return drawn[:n], drawn[n:]


def _searched(
    corpus: Passages,
    queries: Mapping[str, str],
    asked: Sequence[str],
    known: Sequence[str],
    recipes: Mapping[str, Indexer],
    both: tuple[str, str],
) -> Row:
    place = {source: row for row, source in enumerate(corpus.sources)}
    pairs = Pairs(tuple([queries[s] for s in known]), tuple([(place[s],) for s in known]))
    made = {name: recipe.over(corpus) for name, recipe in recipes.items()}
    made["hybrid"] = Hybrid(tuple([recipes[name] for name in both])).over(corpus, pairs)
    right = [place[source] for source in asked]
    return _recalls("docstrings", corpus, made, [queries[s] for s in asked], right)


def _recalls(
    name: str,
    corpus: Passages,
    made: Mapping[str, Retriever],
    queries: Sequence[str],
    right: Sequence[int],
) -> Row:
    shown, hits, speeds = [], {}, {}
    for kind, retriever in made.items():
        start = time.perf_counter()
        found = _rows(retriever, queries, 10)
        speeds[kind] = len(queries) / (time.perf_counter() - start)
        hits[kind] = np.array([r in rows for r, rows in zip(right, found, strict=True)])
        shown.append(f"{kind} {hits[kind].mean():.3f} ({speeds[kind]:,.0f}/s)")
    together = np.any([one for kind, one in hits.items() if kind != "hybrid"], axis=0).mean()
    share = hits["hybrid"].mean() / together
    reached = f"{', '.join(shown)}; hybrid has {share:.2f} of what all find ({together:.3f})"
    return f"{len(corpus):,} {name}", "recall@10 (queries a second)", reached, ".85; 500/s"


def many() -> Row:
    """An index of 100,000 passages: time, memory and the median time of a query."""
    corpus, queries = _pieces(PASSAGES)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.process_time()
    index = BM25().over(corpus)
    built = time.process_time() - start
    used = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1e6
    with TemporaryDirectory() as folder:
        save(index, Path(folder) / "index")
        size = sum(f.stat().st_size for f in (Path(folder) / "index").iterdir()) / 1e6
        mapped = load(Path(folder) / "index", mapped=True)
        took = []
        for query in queries:
            start = time.process_time()
            mapped.top([query], 10)
            took.append(time.process_time() - start)
    reached = (
        f"{built:.0f} s, {used:.2f} GB more at the peak, {size:.0f} MB on disk, "
        f"p50 {1000 * float(np.median(took)):.1f} ms of the processor"
    )
    return f"{len(corpus):,} passages", "bm25(): built; memory; query", reached, "60 s; 1 GB; 5 ms"


def _rows(retriever: Retriever, queries: Sequence[str], k: int) -> list[list[int]]:
    return [[hit.row for hit in hits] for hits in retriever.top(queries, k)]


def _ndcg(found: Sequence[Sequence[int]], pairs: Pairs) -> np.ndarray:
    return np.array([ndcg(rows, right) for rows, right in zip(found, pairs.rows, strict=True)])


def _cranfield() -> tuple[Passages, Pairs]:
    folder = root() / "cranfield"
    documents = [json.loads(line) for line in (folder / "corpus.jsonl").open(encoding="utf-8")]
    queries = [json.loads(line) for line in (folder / "queries.jsonl").open(encoding="utf-8")]
    row_of = {str(one["id"]): row for row, one in enumerate(documents)}
    relevant: dict[str, list[int]] = {}
    with (folder / "qrels.csv").open(encoding="utf-8") as file:
        for line in csv.DictReader(file):
            if int(line["relevance_code"]) > 0:
                relevant.setdefault(line["query_id"], []).append(row_of[line["doc_id"]])
    pairs = Pairs(
        tuple(one["text"] for one in queries), tuple(tuple(relevant[one["id"]]) for one in queries)
    )
    sources = [str(one["id"]) for one in documents]
    return Passages.of([one["text"] for one in documents], sources), pairs


def _pieces(most: int) -> tuple[Passages, list[str]]:
    """Passages of 60 words, two pieces of WikiText each, and queries of six words from pieces."""
    text = "".join((root() / f"lm_text/wikitext2_{part}.txt").read_text("utf-8")
                   for part in ("valid", "test"))  # fmt: skip
    spoken = text.split()
    pieces = [" ".join(spoken[i : i + 30]) for i in range(0, len(spoken) - 30, 30)]
    draw = random.Random(0)
    texts = [f"{draw.choice(pieces)} {draw.choice(pieces)}" for _ in range(most)]
    return Passages.of(texts), [" ".join(p.split()[:6]) for p in draw.sample(pieces, ASKED)]


def _docstrings(most: int) -> tuple[Passages, dict[str, str]]:
    """Docstrings without their first sentence, and that sentence by source, its names masked."""
    texts: list[str] = []
    sources: list[str] = []
    queries: dict[str, str] = {}
    for source, name, docstring in _all_docstrings():
        first, *rest = sentences(docstring, lines=False)
        if not rest or len(first.split()) < 5:
            continue
        parts = {part.lower() for part in name.replace("_", ".").split(".")}
        queries[source] = " ".join(
            w for w in first.split() if w.strip(".,:;`'").lower() not in parts
        )
        texts.append(f"{name.rpartition('.')[2]} {' '.join(rest)}")
        sources.append(source)
        if len(texts) == most:
            break
    return Passages.of(texts, sources), queries


def _all_docstrings() -> Iterator[tuple[str, str, str]]:
    seen: set[str] = set()
    for library in LIBRARIES:
        for text, source in symbols(library):
            head, _, docstring = text.partition("\n")[2].partition("\n")
            name = text.partition("\n")[0].partition("(")[0]
            if head and len(docstring.split()) > 12 and docstring not in seen:
                seen.add(docstring)
                yield f"{library}/{source}", name, docstring


ROWS: Mapping[str, Callable[[], Row]] = {
    "cranfield": cranfield,
    "learned": learned,
    "docstrings": docstrings,
    "encoded": encoded,
    "many": many,
}
