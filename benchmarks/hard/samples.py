"""A small thing of every registered kind, saved as a user would: what the mutations start from."""

from __future__ import annotations

import json
import random
import sys
import warnings
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any

from underdog import Dataset, UnderdogError, build, save
from underdog.core.data import Archive, Task
from underdog.core.passages import Pairs, Passages
from underdog.core.protocols import Indexer, Learner, fitted
from underdog.core.values import as_pieces, as_set
from underdog.runtime import registry
from underdog.runtime.registry import naming

ROWS = [(f"{w} film number {i}", y) for i in range(36) for w, y in (("good", "p"), ("bad", "n"))]

SAID = "scripted([['good', 'p'], ['bad', 'n']])"
LM = "lm(width=16, layers=1, length=16, batch=4, tokens=400)"

LABELS = {
    "bayes-ensemble-calibrated": "calibrated(ensemble(bayes(), n=2), method='isotonic')",
    "sklearn-forest": "sklearn('ensemble.RandomForestClassifier', {'n_estimators': 3})",
    "sklearn-svm": "sklearn('svm.SVC')",
    "sklearn-logistic": "sklearn('linear_model.LogisticRegression')",
    "boosted-columns": "boosted(['words', 'source'])",
    "glassbox-columns": "glassbox(features=4)",
    "bilstm-contexts": "bilstm(hidden=4, embeddings='contextual', encoder='{bert}', epochs=1)",
    "bilstm-static": "bilstm(hidden=4, embeddings='static', encoder='{bert}', epochs=1)",
    "bilstm-int8": "bilstm(hidden=4, epochs=1, int8=True)",
    "encoder": "encoder('{bert}', epochs=1, length=16)",
    "encoder-lora": "encoder('{roberta}', lora=2, epochs=1, length=16)",
    "encoder-xlnet": "encoder('{xlnet}', epochs=1, length=16)",
    "onnx": "onnx(encoder('{bert}', epochs=1, length=16), int8=False)",
    "seq2seq": "seq2seq('{t5-writer}', epochs=1, length=16)",
    "recorded": "recorded('llm')",
    "frugal-risk": "frugal(bayes(), recorded('llm'), risk=0.3)",
    "frugal-total": "frugal(bayes(), recorded('llm'), total=0.3)",
    "frugal-nearest": "frugal(bayes(), recorded('llm'), risk=0.4, sure='nearest')",
    "frugal-drop": "frugal(linear(), recorded('llm'), drop=0.3)",
    "cosupervised-gated": "cosupervised([recorded('llm'), recorded('other')], bayes())",
    "weak-to-strong-experts": "weak_to_strong(linear(), cosupervised([majority(), bayes()]))",
    "refined-advice": f"refined(recorded('llm'), seconded(bayes()), {SAID[:-1]}, 'p'))",
    "fewshot-nearest": f"fewshot({SAID}, k=1, choose='nearest')",
    "fewshot-bm25": f"fewshot({SAID}, k=1, choose=bm25())",
    "fewshot-covering": f"fewshot({SAID}, k=1, choose=covering('minilm', pool=8))",
    "cascade-deep": f"cascade([bayes(), linear(), {SAID}], [0.9, 0.8])",
    **{
        f"cascade-{name}": f"cascade([bayes(), fewshot({SAID}, k=1)], [0.5], [{name}()])"
        for name in ("probability", "margin", "entropy")
    },
    "cascade-graded": f"cascade([bayes(), {SAID}], [0.5], [graded(overlap())])",
    "cascade-verdict": f"cascade([bayes(), {SAID}], [0.5], [verdict(linear())])",
    "cascade-seconded": f"cascade([bayes(), {SAID}], [0.5], [seconded(bayes())])",
    "refined-gate": "refined(recorded('llm'), bayes(), bayes(), reads=['other'])",
    "refined-writer": f"refined(recorded('llm'), seconded(bayes()), {SAID})",
    "advised-ensemble": f"advised(fewshot({SAID}, k=2), ensemble(bayes(), n=2))",
    "auto-linear": "auto('1m', [linear(), boosted()])",
}
"""Models that label, beside the samples of the registry; {bert} is a tiny encoder on disk."""

NUMBERS = {"linear", "boosted", "majority", "frozen", "static", "encoder"}
"""Recipes that learn sets of labels and numbers as well."""

LANGUAGE = {
    "ngram": "ngram(order=3)",
    "ngram-smollm2": "ngram(order=2, tokenizer='smollm2')",
    "lm": LM,
    "mixture": "mixture([ngram(order=2), ngram(order=3)])",
    "contrasted": "contrasted(ngram(order=3), ngram(order=1))",
    "context_aware": "context_aware(ngram(order=3), 'a good film')",
    "after": "after(ngram(order=3), 'a good film')",
    "proxy_tuned": "proxy_tuned(ngram(order=3), ngram(order=2), ngram(order=1))",
    "adapted": "adapted(ngram(order=3), ngram(order=2))",
    "bytewise": "bytewise(ngram(order=2))",
    "respelled": "respelled(ngram(order=2), 'bytes')",
    "guarded": "guarded(ngram(order=3), ngram(order=2))",
    "sampled": "sampled(ngram(order=3), max_tokens=4)",
    "speculative": "speculative(ngram(order=3), lookup(), max_tokens=4)",
    "speculative-ngram": "speculative(ngram(order=3), ngram(order=1), max_tokens=4)",
    "searched": "searched(ngram(order=3), ngram(order=2), ngram(order=1), max_tokens=4)",
}
"""Language models, and what writes with them; an ngram(…) inside is fitted first."""

INDEXERS = {
    "dense": "dense('{bert}')",
    "dense-learned": "dense('{bert}', learn=True)",
    "dense-static": "dense(static())",
    "reranked-dense": "reranked(bm25(), bayes(), depth=5)",
    "hybrid-dense": "hybrid([bm25(), dense('{bert}')])",
}

SELECTORS = {
    "random": "random()",
    "length": "length()",
    "duplicates": "duplicates()",
    "rules": "rules()",
    "dsir": "dsir(buckets=64)",
    "perplexity": "perplexity(ngram(order=2), ngram(order=1))",
    "quality": "quality(good='p', head=bayes())",
    "diverse": "diverse()",
    "valued": "valued(k=2)",
    "less": f"less({LM}, warmup=4, dims=16)",
    "both": "both(length(), valued(k=2))",
    "then": "then(duplicates(), valued(k=2))",
    "quota": "quota(valued(k=2))",
    "mods": f"mods(length(), {LM}, share=0.5)",
    "doremi": "doremi(ngram(order=2), rounds=3)",
}

GRADERS = {
    **{"rouge": "rouge()", "bleu": "bleu()", "chrf": "chrf()", "overlap": "overlap()"},
    **{"word_count": "word_count()", "bertscore": "bertscore('{bert}')"},
    **{"selfcheck": "selfcheck()", "judged": f"judged({SAID})"},
    **{"exact": "exact()", "set_overlap": "set_overlap()", "token_f1": "token_f1()"},
    **{"closeness": "closeness(span=1)", "entities": "entities()", "consistency": "consistency()"},
    **{"token_probability": "token_probability()", "p_true": f"p_true({LANGUAGE['sampled']})"},
    **{"likelihood": "likelihood(ngram(order=2))", "tolerance": "tolerance(1)"},
}

RECIPES = {
    "covering": "covering('minilm')",
    "decomposed": f"decomposed({SAID})",
    "dense": "dense('minilm')",
    "dsir": "dsir()",
    "edits": "edits()",
    "encoder": "encoder()",
    "grounded": f"grounded({SAID}, index('nowhere'))",
    "knowledge": f"knowledge({SAID}, {SAID})",
    "learned": "learned([rouge()])",
    "less": "less()",
    "mixture": "mixture([ngram(), ngram()])",
    "onnx": "onnx(encoder())",
    "paraphrased": f"paraphrased({SAID})",
    "perplexity": "perplexity()",
    "quality": "quality()",
    "recorded": "recorded('llm')",
    "repeated": f"repeated({SAID}, k=2)",
    "seq2seq": "seq2seq()",
    "tagger": "tagger()",
    "trained": "trained(llama('smollm2'))",
    "written": f"written({SAID})",
}
"""Recipes, which a stranger may hand over as well: they are read, not fitted."""

APART = {
    "archive": "in the cache of a study",
    "answers": "in the cache of a study, and in votes that are not saved",
    "cost": "inside answers",
    "dataset": "in the cache of a study",
    "curation.piece": "in the cache of a curation",
    "curation.reading": "in the cache of a curation",
    "online.record": "in the gateway's database, which its owner alone can write",
    "online.summary": "in the gateway's database",
    "pairs": "in the call that indexes, and not in what it makes",
    "retrieved": "holds a retriever, and no more",
    "chat": "a name: the environment says where it is asked",
    "decide": "a name, as chat",
    "llama": "a name of weights that are installed",
    "causal": "a name of weights that are installed",
    "index": "the name of a folder, which is loaded by these checks",
    "database": "an address that the user's own environment must open",
    "code": "the name of a folder or package",
    "tables": "the name of a folder",
    "tools": "the name of a file",
    "function": "a name of code that is installed",
    "study.curve": "in the cache of a study, which its user wrote",
    "study.deferral": "in the cache of a study",
    "study.point": "in the cache of a study",
    "study.run": "in the cache of a study",
    "workers.attempt": "in the cache of a study",
    "auto.trial": "in the cache of a study",
}
"""Kinds of which no sample is mutated, and what a saved one holds instead of weights."""


def data(kind: str = "label") -> Dataset:
    """A handful of rows whose answers are of the ``kind``, with recorded answers and columns."""
    texts = [text for text, _ in ROWS]
    if kind == "labels":
        sets = [as_set(["p", "odd"][: 1 + i % 2] if y == "p" else []) for i, (_, y) in _rows()]
        return Dataset.of(texts, sets, kind="labels")
    if kind == "number":
        return Dataset.of(texts, [str(i % 5) for i in range(len(ROWS))], kind="number")
    if kind == "pieces":
        gold = [as_pieces([("mood", text.split()[0])]) for text in texts]
        return Dataset(Task("moods", (), kind="text"), tuple(texts), tuple(gold))
    labels = [y for _, y in ROWS]
    columns = {
        "llm": tuple([y if i % 7 else "n" for i, (_, y) in _rows()]),
        "other": tuple([y if i % 5 else "p" for i, (_, y) in _rows()]),
        "words": tuple(range(len(ROWS))),
        "source": tuple([f"source {i % 3}" for i in range(len(ROWS))]),
    }
    found = replace(Dataset.of(texts, labels), columns=columns)
    return replace(found, archive=Archive(tuple(texts), columns))


def _rows() -> Iterator[tuple[int, tuple[str, str]]]:
    return iter(enumerate(ROWS))


def makers(work: Path) -> dict[str, Callable[[], Any]]:
    """How to make each sample: its name, and what gives the thing that is saved."""
    known, rows = registry.samples(), data()
    places = _Encoders(work)
    found: dict[str, Callable[[], Any]] = {}
    for name, spec in {**known, **LABELS}.items():
        make = _fitted if name.startswith("cascade-") else _made
        found[name] = lambda spec=spec, make=make: make(build(places.named(spec)), rows)
    for name in sorted(NUMBERS):
        spec = LABELS.get(name, known.get(name, ""))
        for kind in ("labels", "number"):
            found[f"{name}-{kind}"] = lambda spec=spec, kind=kind: fitted(
                build(places.named(spec)), data(kind), 0
            )
    found["tagger"] = lambda: fitted(build("tagger()"), data("pieces"), 0)
    found["boosted-rows"] = lambda: fitted(build("boosted()"), _table(work), 0)
    found["decomposed"] = lambda: fitted(build(f"decomposed({SAID}, bayes())"), data("number"), 0)
    for name, spec in LANGUAGE.items():
        found[name] = lambda spec=spec: _fitted(build(spec), rows)
    for name, spec in INDEXERS.items():
        found[name] = lambda spec=spec: _made(build(places.named(spec)), rows)
    for name, spec in SELECTORS.items():
        found[f"selector-{name}"] = lambda spec=spec: _selector(spec, rows)
    for name, spec in GRADERS.items():
        found[f"grader-{name}"] = lambda spec=spec: _fitted(build(places.named(spec)), rows)
    found |= {"grader-learned": _learned, "grader-nli": _entailing}
    found["refined-picker"] = _picked
    found |= {"grounded": _grounded, "drafts": _drafts, "detector-grounded": _detector}
    found["fewshot-trained"] = _demonstrated
    for name, spec in {**known, **RECIPES}.items():
        found[f"recipe-{name}"] = lambda spec=spec: build(places.named(spec))
    return found


def models(work: Path) -> list[str]:
    """Save a sample of every registered kind in ``work``/models; the names of those that failed."""
    failed = []
    for name, make in makers(work).items():
        place = work / "models" / name
        if (place / "model.json").exists():
            continue
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                save(make(), place)
        except UnderdogError as error:
            failed.append(name)
            print(f"no sample model of {name}: {error.problem}", file=sys.stderr)
    return failed


def kinds(work: Path) -> set[str]:
    """Every registered name that a sample in ``work``/models holds."""
    found: set[str] = set()
    for place in (work / "models").iterdir():
        left = [json.loads((place / "model.json").read_text("utf-8"))["model"]]
        while left:
            one = left.pop()
            if isinstance(one, dict):
                found |= {one["kind"]} if isinstance(one.get("kind"), str) else set()
                left += one.values()
            elif isinstance(one, list):
                left += one
    return found


def missing(work: Path) -> list[str]:
    """Registered names that no sample holds, and that `APART` does not explain."""
    registry.samples()  # imports every module that registers a name
    return sorted(set(naming._classes) - kinds(work) - set(APART))


def _made(thing: Any, rows: Dataset) -> Any:
    """What a recipe or an indexer makes of ``rows``."""
    if isinstance(thing, Indexer):
        texts = tuple([text for text, _ in ROWS])
        pairs = Pairs(texts, tuple([(row,) for row in range(len(texts))]))
        return thing.over(Passages.of(texts), pairs)
    return fitted(thing, rows, 0)


def _fitted(thing: Any, rows: Dataset) -> Any:
    """``thing`` with every n-gram recipe in it fitted."""
    if isinstance(thing, Learner):
        return thing.fit(rows, 0)
    if isinstance(thing, tuple | list):
        return type(thing)(_fitted(one, rows) for one in thing)
    if not is_dataclass(thing):
        return thing
    inner: dict[str, Any] = {
        f.name: _fitted(getattr(thing, f.name), rows)
        for f in fields(thing)
        if f.init
        and (isinstance(getattr(thing, f.name), tuple) or is_dataclass(getattr(thing, f.name)))
    }
    return replace(thing, **inner) if inner else thing


def _selector(spec: str, rows: Dataset) -> Any:
    """What a selector has learned from a pool of ``rows``."""
    from underdog.curation.pool import Held

    thing = build(spec)
    pool = Held.of(replace(rows, groups=tuple([f"s{i % 2}" for i in range(len(rows))])), rows)
    return thing.learn(pool) if hasattr(thing, "learn") else thing


def _table(work: Path) -> Dataset:
    """Rows of numbers without a text, as a file of them is read."""
    from underdog import read

    lines = [f"{i % 9},{i % 4},{y}" for i, (_, y) in _rows()]
    work.mkdir(parents=True, exist_ok=True)
    (work / "rows.csv").write_text("\n".join(["size,colour,label", *lines]) + "\n", "utf-8")
    return read(str(work / "rows.csv")).data


def _grounded() -> Any:
    """A model that writes, with passages before its question."""
    from underdog.combine.grounding.recipe import Grounded

    return fitted(
        Grounded(build(SAID), _made(build("hybrid([bm25(), bm25(b=0.2)])"), data())), data()
    )


def _picked() -> Any:
    """Written answers, of which a model picks one."""
    right = [f"the answer is {y}" for _, y in ROWS]
    one = tuple([r if i % 3 else "sorry, nothing" for i, r in enumerate(right)])
    other = tuple([r if i % 3 == 0 else "sorry, nothing" for i, r in enumerate(right)])
    rows = Dataset.of([text for text, _ in ROWS], right, kind="text")
    rows = replace(rows, archive=Archive(rows.texts, {"a": one, "b": other}))
    return build("refined(recorded('a'), bayes(), bayes(), reads=[recorded('b')])").fit(rows, 0)


def _drafts() -> Any:
    """Passages that a model writes."""
    from underdog.combine.grounding.knowledge import Drafts

    return Drafts((build(SAID), build(SAID)), 7, None, 0.5)


def _detector() -> Any:
    """A detector of answers that their source does not support."""
    pairs = [(f"the {text} is told here", text if y == "p" else text[::-1]) for text, y in ROWS]
    recipe = build("detector('grounded', learners=[bayes()], alarm='n', false_alarms=0.5)")
    return recipe.fit(Dataset.of(pairs, [y for _, y in ROWS]), 0)


def _demonstrated() -> Any:
    """Demonstrations chosen by a model of what they do."""
    from underdog.combine.prompted import FewShot
    from underdog.teach.prompting.trained import Trained

    teacher = _fitted(build(LANGUAGE["sampled"]), data())
    choose = Trained(teacher, demonstrations=8, anchors=8, pool=20)
    return FewShot(build(SAID), 1, choose=choose).fit(data(), 0)


def _entailing() -> Any:
    """A grader by a model of pairs."""
    from underdog.evaluate.graders.nli import Nli

    pairs = [(f"the {text}", text) for text, _ in ROWS]
    return Nli(build("bayes()").fit(Dataset.of(pairs, [y for _, y in ROWS]), 0), label="p")


def _learned() -> Any:
    """A grader that learned ratings."""
    from underdog.evaluate.graders.learned import Learned

    draw = random.Random(0)
    texts = [text for text, _ in ROWS]
    ratings = tuple([str(draw.randrange(1, 6)) for _ in range(60)])
    many = [f"{texts[i % len(texts)]} {i}" for i in range(60)]
    rated = replace(Dataset.of(many, many), columns={"rating": ratings})
    return Learned((build("rouge()"),)).model_of(many, many, rated)


class _Encoders:
    """Tiny encoders on disk, as the hub would hold them, made when they are first named."""

    def __init__(self, work: Path) -> None:
        self.work = work / "encoders"

    def named(self, spec: str) -> str:
        """``spec`` with {bert} and its like replaced by a folder."""
        sys.path.insert(0, str(Path(__file__).parents[2] / "tests"))
        for name in ("bert", "roberta", "xlnet", "t5-writer"):
            if f"{{{name}}}" in spec:
                spec = spec.replace(f"{{{name}}}", self._place(name))
        return spec

    def _place(self, name: str) -> str:
        from tiny_encoders import tiny_encoder, tiny_writer

        kind, _, writes = name.partition("-")
        return str((tiny_writer if writes else tiny_encoder)(kind, self.work))
