"""Pieces of a text found by `tagger()`: the headings of medical notes, without their capitals.

``python -m benchmarks.extraction``: passages of MTSamples in small letters, without the colons
after headings. What is to be found are the headings, each with the part of the note that it opens;
notes are for training or for testing as a whole. The same texts are given to gliner where its
weights are at hand.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections import Counter
from time import perf_counter

from benchmarks.data import table
from benchmarks.language.texts import notes
from underdog.core.data import Dataset, Task
from underdog.core.graders import Entities, Exact
from underdog.core.values import as_pieces
from underdog.models.tagger import Tagger

HEADING = re.compile(r"(?:^|(?<=[.,] ))([A-Z][A-Z /&-]{3,40}):,?\s*")
KINDS, TRAIN, TEST, LONGEST, FEW = 12, 800, 200, 600, 50


def passages(texts: tuple[str, ...], kinds: frozenset[str]) -> Dataset:
    """The beginning of each of ``texts`` in small letters, and the headings that it holds."""
    made, gold = [], []
    for text in texts:
        found, parts, at = [], [], 0
        for match in HEADING.finditer(text[:LONGEST]):
            name = match[1].strip().lower()
            parts += [text[at : match.start()].lower(), name, " "]
            if name in kinds:
                found.append((name.replace(" ", "_"), name))
            at = match.end()
        made.append("".join([*parts, text[at:LONGEST].lower()]))
        gold.append(as_pieces(found))
    return Dataset(Task("headings", (), kind="text"), tuple(made), tuple(gold))


def few(train: Dataset, held: Dataset) -> list[str]:
    """What an encoder brings where few texts are labelled."""
    some, test = train.take(range(FEW)), held.take(range(min(2 * FEW, len(held))))
    found = []
    for encoder in ("", "minilm"):
        answers = Tagger(encoder=encoder).fit(some).answer(test.texts)
        found.append(f"{Entities().grade(test.texts, answers.values, test).mean():.3f}")
    what = f"entity F1 from {FEW} texts: words; words and the vectors of minilm"
    return [what, "printed", "; ".join(found)]


def beside(held: Dataset, kinds: frozenset[str]) -> str:
    """The entity F1 of gliner, by the interpreter that GLINER names with weights in GLINER_WEIGHTS;
    or why there is none.
    """
    python, weights = os.environ.get("GLINER"), os.environ.get("GLINER_WEIGHTS")
    if not python or not weights:
        return "not run: the package holds no weights; GLINER and GLINER_WEIGHTS name both"
    asked = json.dumps(
        [weights, list(held.texts), sorted(kind.replace("_", " ") for kind in kinds)]
    )
    done = subprocess.run(
        [python, "-c", THEIRS], input=asked, capture_output=True, text=True, check=True
    )
    found = [
        as_pieces((k.replace(" ", "_"), t) for k, t in some) for some in json.loads(done.stdout)
    ]
    return f"{Entities().grade(held.texts, found, held).mean():.3f}"


THEIRS = """
import json, sys
from gliner import GLiNER
weights, texts, kinds = json.load(sys.stdin)
model = GLiNER.from_pretrained(weights, local_files_only=True)
found = [model.predict_entities(text, kinds) for text in texts]
print(json.dumps([[(one["label"], one["text"]) for one in some] for some in found]))
"""


def main() -> None:
    """Print the table."""
    data, test = notes()
    texts = tuple(str(text) for text in data.texts)
    seen = Counter(m[1].strip().lower() for t in texts for m in HEADING.finditer(t[:LONGEST]))
    kinds = frozenset(name for name, _ in seen.most_common(KINDS))
    train, held = passages(texts[:TRAIN], kinds), passages(test[:TEST], kinds)
    start = perf_counter()
    model = Tagger().fit(train)
    fitted = perf_counter() - start
    start = perf_counter()
    answers = model.answer(held.texts)
    rate = len(held) / (perf_counter() - start)
    f1 = Entities().grade(held.texts, answers.values, held).mean()
    exact = Exact().grade(held.texts, answers.values, held).mean()
    rows = [
        ["entity F1, mean of texts", "printed", f"{f1:.3f}"],
        ["all pieces of a text right", "", f"{exact:.3f}"],
        [f"texts of {LONGEST} characters a second", "500 (linear)", f"{rate:,.0f}"],
        [f"fit of {len(train):,} texts", "", f"{fitted:.0f} s"],
    ]
    rows += [few(train, held)]
    rows += [["gliner on the same texts", "printed", beside(held, kinds)]]
    title = f"Headings of {len(held)} held-out notes, {KINDS} kinds"
    print(table(title, ["tagger()", "at least", "reached"], rows))


if __name__ == "__main__":
    main()
