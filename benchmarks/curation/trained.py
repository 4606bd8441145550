"""Weights of sources, instructions in three steps, influence: judged by models that learn."""

from __future__ import annotations

import random
from functools import partial
from typing import Any

import numpy as np

from benchmarks.curation.pools import Document, held, once, plain, rows, share, texts
from underdog.core.cost import Floats
from underdog.core.data import Dataset
from underdog.curation.curate import curated
from underdog.curation.keeping import Keep
from underdog.curation.pool import sources_of
from underdog.curation.prove.interval import difference
from underdog.curation.prove.judges import Language
from underdog.curation.scoring import scores
from underdog.curation.selectors.controls import tokens
from underdog.curation.selectors.doremi import Doremi, weighed
from underdog.curation.selectors.perplexity import per_byte
from underdog.runtime.registry import build

Row = tuple[str, str, str, str]
SIZES = {"news": 0.70, "reviews": 0.20, "wikitext": 0.07, "notes": 0.03}


def weights() -> Row:
    """The worst source's excess loss: a model of the chosen mixture, and of a proportional one."""
    falls, chosen = [], {}
    for seed in range(3):
        dice = random.Random(seed)
        parts = {s: dice.sample(texts(s), min(len(texts(s)), share(1500))) for s in SIZES}
        asked = {s: part[-60:] for s, part in parts.items()}
        documents = [
            {"text": t, "from": s}
            for s, size in SIZES.items()
            for t in parts[s][:-60][: max(40, round(size * share(2000)))]
        ]
        pool = held(documents, [], seed)
        names = sorted(SIZES)
        found, _ = weighed(Doremi(), pool, sources_of(pool.data), names)
        chosen = dict(zip(names, found.round(2).tolist(), strict=True))
        even = np.array([SIZES[name] for name in names])
        own = np.array([loss(mix({s: 1.0}, parts, seed), asked[s]) for s in names])
        excess = [
            max(np.array([loss(model, asked[s]) for s in names]) - own)
            for model in (mix(dict(zip(names, w, strict=True)), parts, seed) for w in (found, even))
        ]
        falls.append(excess[0] / excess[1] - 1)
    said = f"{np.mean(falls):+.0%} ({', '.join(f'{f:+.0%}' for f in falls)}); {chosen}"
    return "four sources, 70, 20, 7 and 3 %", "doremi: worst excess loss", said, "-25 %"


def mix(
    shares: dict[str, float], parts: dict[str, list[str]], seed: int, size: int = 300_000
) -> Any:
    """5-grams of so many bytes, of which each source has its share, cut from its documents."""
    some = []
    for source, part in sorted(shares.items()):
        text = "\n".join(parts[source][:-60])
        some.append(text[: round(part * size)] or " ")
    return build("ngram()").fit(plain(some), seed)


def loss(model: Any, some: list[str]) -> float:
    """Nats per byte."""
    return float(per_byte(model, [text[:1500] for text in some]).mean())


READER = "lm(width=64, layers=2, length=128, batch=8, rate=0.004)"
TOKENS = 30_000
"""What a small network reads of either part of the instructions."""


def instructions() -> Row:
    """A tenth of the instructions against as many tokens of all of them, for 5-grams."""
    seeds = [once("mods", (seed, share(6000)), partial(_instructed, seed)) for seed in range(3)]
    pairs = [np.split(one, 2) for one in seeds]
    lost = np.array([kept.mean() / every.mean() - 1 for kept, every in pairs])
    said = f"{lost.mean():+.1%} ({', '.join(f'{one:+.1%}' for one in lost)})"
    what = "mods, 10 %: loss against as many tokens of all, 5-grams"
    return f"T0 sample, {share(6000):,} tasks", what, said, "+1 %"


def networked() -> Row:
    """The same for a network from scratch that reads as much of either part; kept part by part."""
    data, chosen, judge = _tasks(0)
    judging = Language(build(READER), plain(judge))
    kept, every = (
        once("mods", (READER, part), partial(judging.judged, part, TOKENS, 0))
        for part in (chosen, data)
    )
    said = f"{kept.mean() / every.mean() - 1:+.1%}"
    return f"T0 sample, {len(data):,} tasks", "the same, a network from scratch", said, "+1 %"


def _tasks(seed: int) -> tuple[Dataset, Dataset, list[str]]:
    """A pool of instructions, what `mods` keeps of it, and others to judge by."""
    dice = random.Random(seed)
    tasks = [
        f"{r['prompt']}\n\n{r['completion']}" for r in rows("self_instruct/t0_sample.jsonl.xz")
    ]
    dice.shuffle(tasks)
    judge, pool = tasks[:60], tasks[60 : 60 + share(6000)]
    one = held([{"text": text[:2000], "from": "t0"} for text in pool], [], seed)
    kept = curated(one, build("mods(share=0.1)"), Keep(share=0.1), plain(judge)).kept
    return one.data, one.take(np.flatnonzero(kept)), judge


def _instructed(seed: int) -> Floats:
    """The loss of 5-grams of what was kept, and of as many tokens of all: ``[2 * texts]``."""
    data, chosen, judge = _tasks(seed)
    judging = Language(build("ngram()"), plain(judge))
    left, every = sum(map(tokens, chosen.texts)), []
    for i in np.random.default_rng(seed).permutation(len(data)).tolist():
        if left <= 0:
            break
        every.append(i)
        left -= tokens(data.texts[i])
    return np.concatenate([judging.judged(one, 0, seed) for one in (chosen, data.take(every))])


def valued() -> Row:
    """Labelled rows, a fifth of them with wrong labels: the better half against a random half."""
    gains: list[Floats] = []
    dice = np.random.default_rng(0)
    table = [(r["text"], r["label"]) for r in rows("ag_news_test/ag_news_test.csv")]
    order = dice.permutation(len(table))
    some = [table[i] for i in order[: share(4000)]]
    labels = sorted({label for _, label in table})
    given = [dice.choice(labels) if dice.random() < 0.2 else label for _, label in some]
    data = Dataset.of([text for text, _ in some], given)
    judge = Dataset.of(*zip(*[table[i] for i in order[-2000:]], strict=True))
    from underdog.curation.pool import Held

    for seed in range(3):
        values = scores(build("valued()"), Held.of(data, seed=seed))
        half = len(data) // 2
        kept, drawn = (
            np.argsort(-values)[:half],
            np.random.default_rng(seed).permutation(len(data))[:half],
        )
        right = [
            np.array([a == b for a, b in zip(
                build("ridge()").fit(data.take(part), seed).answer(judge.texts).values,
                judge.labels, strict=True)], float)
            for part in (kept, drawn)
        ]  # fmt: skip
        gains.append(right[0] - right[1])
    return (
        "AG News, 20 % wrong labels",
        "valued, 50 %: accuracy against random",
        str(difference(np.array(gains))),
        "better by interval",
    )


SMALL = "lm(base='smollm2', lora=4, length=48, batch=4)"
TAUGHT = "lm(base='smollm2', lora=4, length=48, batch=2, rate=0.001, tokens={})"
CHUNK, DRAWS = 20, 3
"""Documents whose gradients are kept together; and how often random ones are drawn."""


def influential() -> Row:
    """Documents chosen from instructions of two kinds for a target of one, and the controls.

    What is done is kept, so the row can be stopped and typed again.
    """
    dice, n = random.Random(0), share(200)
    every = [
        f"{r['prompt']}\n{r['completion']}"[:300] for r in rows("self_instruct/t0_sample.jsonl.xz")
    ]
    own = [f"{r['instruction']}\n{r['instances'][0]['output']}"[:300]
           for r in rows("self_instruct/seed_tasks.jsonl")]  # fmt: skip
    dice.shuffle(every)
    dice.shuffle(own)
    target, judge, mine = own[:16], own[16:46], own[46:]
    documents = [{"text": t, "from": "seed"} for t in mine[: n // 10]]
    documents += [{"text": t, "from": "t0"} for t in every[: n - len(documents)]]
    dice.shuffle(documents)
    pool, keep = held(documents, target), max(4, n // 20)
    ways = {
        "less": influence(documents, target),
        "length": scores(build("length()"), pool),
        "BM25": by_words(documents, target),
        "neighbours": by_meaning(documents, target),
        **{f"random {i}": np.random.default_rng(i).random(n) for i in range(DRAWS)},
    }
    base = once("less", (judge, SMALL), lambda: losses(None, judge))
    reached = {}
    for name, values in ways.items():
        best = [documents[i]["text"] for i in np.sort(np.argsort(-values)[:keep]).tolist()]
        reached[name] = once("less", (best, judge, TAUGHT), partial(losses, best, judge))
    drawn = np.array([reached.pop(f"random {i}") for i in range(DRAWS)])
    gain = difference(drawn - reached["less"])
    told = {"untrained": base, "random": drawn, **reached}
    said = f"{gain}; " + ", ".join(f"{name} {loss.mean():.3f}" for name, loss in told.items())
    what = f"less: nats per byte of the target against {keep} random ones"
    return f"{n} instructions, SmolLM2 with LoRA, {keep} kept", what, said, "better by interval"


def influence(documents: list[Document], target: list[str]) -> Floats:
    """The scores of `less`, ``[documents]``, a chunk after the other."""
    recipe = build(f"less({SMALL}, warmup=16, dims=1024)")
    about = recipe, documents, target
    ready = once("less", about, lambda: recipe.learn(held(documents, target)))
    found = []
    for at in range(0, len(documents), CHUNK):
        some = [d["text"] for d in documents[at : at + CHUNK]]
        found.append(once("less", (*about, at), partial(ready.score, plain(some))))
    return np.concatenate(found)


def losses(some: list[str] | None, judge: list[str]) -> Floats:
    """Nats per byte of the texts to judge by, of a model that has read ``some`` twice."""
    if some is None:
        return per_byte(build("causal('smollm2')"), judge)
    return per_byte(build(TAUGHT.format(len(some) * 48 * 2)).fit(plain(some)), judge)


def by_words(documents: list[dict[str, Any]], target: list[str]) -> Floats:
    """The mean BM25 score of each document over the texts of the target, ``[documents]``."""
    import bm25s

    index = bm25s.BM25()
    some = [d["text"] for d in documents]
    index.index(bm25s.tokenize(some, show_progress=False), show_progress=False)
    asked = bm25s.tokenize(target, show_progress=False, return_ids=False)
    return np.mean([index.get_scores(words) for words in asked], axis=0)


def by_meaning(documents: list[dict[str, Any]], target: list[str]) -> Floats:
    """The cosine of each document's embedding with the nearest target text, ``[documents]``."""
    from underdog.models.transformers.embeddings import embed

    return (embed([d["text"] for d in documents]) @ embed(target).T).max(axis=1)


ROWS: dict[str, Any] = {
    "doremi": weights,
    "mods": instructions,
    "mods_network": networked,
    "less": influential,
    "valued": valued,
}
