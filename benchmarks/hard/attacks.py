"""Attacks with random seeds: mutated model folders, data files and specs.

Attempt ``i`` depends on the seed and on ``i`` alone.
"""

from __future__ import annotations

import json
import os
import random
import shutil
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from .mutations import mutated_model
from .samples import ROWS, data

TEXTS = ["a great film", "", "dull plot \N{GRINNING FACE} 12.5", "x" * 300]


def attack_folder(i: int, seed: int, work: Path) -> str:
    """Load a mutated thing and use it; '' if refused, 'answered' if all is sound."""
    from underdog import UnderdogError
    from underdog.runtime.persist import load

    draw = random.Random(f"folder {seed} {i}")
    name = sample(i, work)
    place = work / f"try-{os.getpid()}"
    shutil.rmtree(place, ignore_errors=True)
    what = f"{name}: {mutated_model(work / 'models' / name, place, draw)}"
    try:
        return used(load(place))
    except UnderdogError:
        return ""
    except Exception as error:
        error.add_note(what)
        raise
    except AssertionError as error:
        raise AssertionError(f"{what}: {error}") from error
    finally:
        shutil.rmtree(place, ignore_errors=True)


def sample(i: int, work: Path) -> str:
    """The sample that attempt ``i`` changes."""
    names = _names(work)
    return names[i % len(names)]


@cache
def _names(work: Path) -> list[str]:
    return sorted(p.name for p in (work / "models").iterdir() if not p.name.startswith("."))


def used(thing: Any) -> str:
    """Ask what was loaded as a user would; AssertionError if what it says cannot be.

    A stranger's recipe is not fitted: that is its user's decision.
    """
    from underdog.core.language import gives_scores
    from underdog.core.protocols import Grader, Model, Retriever, Selector

    if isinstance(thing, Model):
        answers = thing.answer(TEXTS)
        values = answers.values
        assert len(values) == len(TEXTS), f"answers {values}"
        assert all(isinstance(v, str) for v in values), f"answers {values}"
        labels = {*answers.labels, ""} if answers.labels else set(values)
        assert set(values) <= labels, f"a value that is no label: {values}"
    elif isinstance(thing, Retriever):
        hits = thing.top(TEXTS, 3)
        assert [len(found) <= 3 for found in hits] == [True] * len(TEXTS), f"finds {hits}"
        assert all(isinstance(hit.text, str) for found in hits for hit in found), f"finds {hits}"
    elif gives_scores(thing):
        size = thing.tokenizer.size
        logits, _ = thing.extend(np.array([[1, 2, 3]]) % max(1, size))
        assert logits.shape == (1, 3, size), f"scores of shape {logits.shape}"
        assert not np.isnan(logits).any(), "scores that are no numbers"
    elif isinstance(thing, Selector):
        rows = replace(data(), groups=tuple([f"s{i % 2}" for i in range(len(ROWS))]))
        scores = thing.score(rows)
        assert scores.shape == (len(ROWS),), f"scores of shape {scores.shape}"
    elif isinstance(thing, Grader):
        texts = [text for text, _ in ROWS]
        more = {"samples": (texts[:2],) * len(ROWS), "logprobs": ([-0.1, -0.2],) * len(ROWS)}
        grades = thing.grade(texts, [*reversed(texts)], replace(data(), columns=more))
        assert grades.shape == (len(ROWS),), f"grades of shape {grades.shape}"
    else:
        return "loaded"
    return "answered"


def attack_file(i: int, seed: int, work: Path) -> str:
    """Read a mutated data file."""
    from underdog import UnderdogError, read

    draw = random.Random(f"file {seed} {i}")
    suffix = draw.choice([".csv", ".tsv", ".jsonl", ".json", ".parquet", ".csv.gz", ".xlsx"])
    content = bytearray(_data(suffix))
    for _ in range(draw.choice([0, 1, 4, 30])):
        at = draw.randrange(len(content))
        match draw.randrange(4):
            case 0:
                content[at] ^= 1 << draw.randrange(8)
            case 1:
                del content[at : at + draw.randrange(1, 20)]
            case 2:
                content[at:at] = draw.choice(INSERTED)
            case _:
                content = content[: max(1, at)]
        content = content or bytearray(b"\n")
    place = work / f"data-{os.getpid()}{suffix}"
    place.write_bytes(content)
    try:
        read(str(place))
    except UnderdogError:
        return ""
    return "read"


INSERTED = (b'"', b"\0", b"\n", b",", b"\xff\xfe", b"{", b"[" * 50)


def _data(suffix: str) -> bytes:
    import gzip
    import io

    lines = [{"text": t, "label": y} for t, y in ROWS]
    table = "text,label\n" + "".join(f"{t},{y}\n" for t, y in ROWS)
    if suffix == ".parquet":
        import pyarrow as pa
        import pyarrow.parquet as pq

        out = io.BytesIO()
        pq.write_table(pa.Table.from_pylist(lines), out)
        return out.getvalue()
    if suffix == ".xlsx":
        return b"PK\x03\x04" + table.encode()
    if suffix == ".csv.gz":
        return gzip.compress(table.encode())
    if suffix == ".json":
        return json.dumps(lines).encode()
    if suffix == ".jsonl":
        return "\n".join(map(json.dumps, lines)).encode()
    return table.replace(",", "\t" if suffix == ".tsv" else ",").encode()


BITS = (
    *("linear", "ensemble", "bilstm", "encoder", "chat", "auto", "cascade", "nobody", "frugal"),
    *("(", ")", "(", ")", "[", "]", ",", "=", "n=", "hidden=", "k=", "'a'", "{", "}", ":"),
    *("1e400", "1.5", "-5", "10**9", "1000000000", "nan", "inf", "None", "True", "lambda: 0"),
    *("__import__('os')", "recipe=", "risk=", "\0", "\N{GRINNING FACE}", "#", "\\", "f'{1}'"),
)


VALUES = ("1e9", "-1", "1.5", "1e400", "None", "True", "[]", "{}", "'x'", "[1, 'a']")


def attack_spec(i: int, seed: int, work: Path) -> str:
    """Build a spec that is random, or one with an option that is random, or one nested deeply."""
    from underdog import UnderdogError
    from underdog.runtime import registry

    draw = random.Random(f"spec {seed} {i}")
    match draw.randrange(3):
        case 0:
            text = "".join(draw.choices(BITS, k=draw.randrange(1, 12)))
        case 1:
            text = "ensemble(" * (n := draw.choice([2, 20, 60, 300, 5000])) + "linear()" + ")" * n
        case _:
            name = draw.choice(registry.names())
            options = registry.explained(name)["spec"].partition("(")[2].rstrip(")").split(", ")
            key = draw.choice(options).partition("=")[0] or "x"
            text = f"{name}({key}={draw.choice(VALUES)})"
    try:
        registry.build(text)
    except UnderdogError:
        return ""
    return "built"


def unchanged(work: Path, name: str) -> str:
    """What is wrong with a sample before anything is changed in it; '' if nothing is.

    It also imports what the sample needs, which takes longer than an attempt may.
    """
    from underdog import UnderdogError
    from underdog.runtime.persist import load

    try:
        used(load(work / "models" / name))
    except UnderdogError:
        pass  # such as a grader that lacks a column
    except Exception as error:
        return f"{name}: {type(error).__name__}: {error}"
    return ""


ATTACKS: dict[str, Callable[[int, int, Path], str]] = {
    "folders": attack_folder,
    "files": attack_file,
    "specs": attack_spec,
}
