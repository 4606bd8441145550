"""Attacks with random seeds: mutated model folders, data files and specs.

    python -m benchmarks.hard --folders 2000 --files 1000 --specs 500 --seed 0

Each attempt runs in a process of its own that is reused until it misbehaves, so that a crash, a
hang or a traceback is one line of the result and not the end of it. Attempt ``i`` depends on
``--seed`` and ``i`` alone; finished attempts are kept in ``--state`` and not made again.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing as mp
import os
import random
import shutil
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil

LIMIT = 10.0
"""Seconds of the processor that an attempt may take; other work on the machine counts for none."""

MEMORY = 1 << 30
"""Bytes that an attempt may take beyond what the process held before it."""

TEXTS = ["a great film", "", "dull plot \N{GRINNING FACE} 12.5", "x" * 300]
ROWS = [(f"{w} film number {i}", y) for i in range(12) for w, y in (("good", "p"), ("bad", "n"))]


def models(folder: Path) -> list[str]:
    """Save a small model of every registered recipe that has a sample; their names."""
    from underdog import Dataset, UnderdogError, build, save
    from underdog.core.protocols import fitted
    from underdog.runtime import registry

    data = Dataset.of([t for t, _ in ROWS], [y for _, y in ROWS])
    extra = {
        "forest": "sklearn('ensemble.RandomForestClassifier', {'n_estimators': 3})",
        "svm": "sklearn('svm.SVC')",
        "logistic": "sklearn('linear_model.LogisticRegression')",
    }
    names = []
    for name, spec in {**registry.samples(), **extra}.items():
        place = folder / name
        try:
            if not (place / "model.json").exists():
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    save(fitted(build(spec), data, 0), place)
            names.append(name)
        except UnderdogError as error:
            print(f"no sample model of {name}: {error.problem}", file=sys.stderr)
    return names


def mutated_model(source: Path, place: Path, draw: random.Random) -> str:  # noqa: C901
    """A copy of the model in ``source`` with something wrong in it; says what."""
    import numpy as np
    from safetensors.numpy import load, save

    from underdog.runtime.persist.tree import key_of

    shutil.copytree(source, place)
    kind = draw.choice(["json", "json", "json", "array", "array", "bits", "file", "tokenizer"])
    said = json.loads((place / "model.json").read_text("utf-8"))
    if kind in ("json", "tokenizer"):
        what = _mutate_tree(said, draw, texts=kind == "tokenizer")
        said.pop("digest", None)
        (place / "model.json").write_text(json.dumps(said), "utf-8")
        return what
    arrays = load((place / "arrays.safetensors").read_bytes())
    if kind == "array" and arrays:
        key = draw.choice(sorted(arrays))
        changed, what = _mutate_array(np.array(arrays.pop(key)), draw)
        arrays[key_of(changed)] = changed
        text = json.dumps(said).replace(key, key_of(changed))
        (place / "model.json").write_text(text.replace('"digest"', '"old"'), "utf-8")
        said = json.loads(text)
        said.pop("digest", None)
        (place / "model.json").write_text(json.dumps(said), "utf-8")
        (place / "arrays.safetensors").write_bytes(save(arrays))
        return f"array {what}"
    name = draw.choice(["model.json", "arrays.safetensors"])
    if kind == "bits":
        content = bytearray((place / name).read_bytes())
        for _ in range(draw.choice([1, 1, 8])):
            content[draw.randrange(len(content))] ^= 1 << draw.randrange(8)
        (place / name).write_bytes(content)
        return f"bits of {name}"
    (place / name).unlink()
    what = draw.choice(["missing", "link", "fifo", "folder", "empty", "cut", "device"])
    if what == "link":
        (place / name).symlink_to(source / name)
    elif what == "fifo":
        os.mkfifo(place / name)
    elif what == "folder":
        (place / name).mkdir()
    elif what == "empty":
        (place / name).write_bytes(b"")
    elif what == "cut":
        (place / name).write_bytes((source / name).read_bytes()[: draw.randrange(1, 200)])
    elif what == "device":
        (place / name).symlink_to("/dev/zero")
    return f"{name} {what}"


ODD: list[Any] = [None, True, -1, 0, 10**10, 1.5, float("nan"), 1e308, "", "x", "..", [], [[]], {}]


def _mutate_tree(said: Any, draw: random.Random, *, texts: bool) -> str:
    places = [p for p in _places(said["model"], ()) if not texts or _looks_like_json(p[1])]
    if not places:
        places = _places(said["model"], ())
    path, old = draw.choice(places)
    new: Any = draw.choice(ODD)
    if isinstance(old, str) and len(old) > 100:
        at = draw.randrange(len(old))
        new = draw.choice([old[:at], old[:at] + draw.choice('{}[]",:0') + old[at + 1 :], new])
        try:
            inner = json.loads(old)
            some, _ = draw.choice(_places(inner, ()))
            _set(inner, some, draw.choice(ODD))
            new = draw.choice([new, json.dumps(inner), json.dumps(inner)])
        except (ValueError, IndexError, TypeError):
            pass
    elif isinstance(old, list) and old and draw.random() < 0.5:
        new = draw.choice([old[:-1], old + old, old[::-1], [old]])
    _set(said, ("model", *path), new)
    return f"json {'.'.join(map(str, path))[:60]} = {str(new)[:30]!r}"


def _looks_like_json(old: Any) -> bool:
    return isinstance(old, str) and old.startswith("{")


def _places(tree: Any, path: tuple[Any, ...]) -> list[tuple[tuple[Any, ...], Any]]:
    found = [(path, tree)] if path else []
    items: Any = tree.items() if isinstance(tree, dict) else ()
    if isinstance(tree, list):
        items = enumerate(tree)
    for key, value in items:
        found += _places(value, (*path, key))
    return found


def _set(tree: Any, path: tuple[Any, ...], value: Any) -> None:
    for key in path[:-1]:
        tree = tree[key]
    tree[path[-1]] = value


def _mutate_array(array: Any, draw: random.Random) -> tuple[Any, str]:
    import numpy as np

    what = draw.choice(["cut", "value", "nan", "dtype", "reshape", "longer", "zeros", "bytes"])
    flat = array.reshape(-1).copy()
    if what == "cut":
        return array[: draw.randrange(len(array) + 1)] if array.ndim else array, what
    if what == "longer":
        return np.concatenate([array, array]) if array.ndim else array, what
    if what == "dtype":
        return array.astype(draw.choice([np.int64, np.float64, np.uint8, np.bool_])), what
    if what == "reshape":
        return flat[None], what
    if what == "zeros":
        return np.zeros_like(array), what
    if len(flat) and what == "nan" and flat.dtype.kind == "f":
        flat[draw.randrange(len(flat))] = np.nan
    elif len(flat):
        top = np.iinfo(flat.dtype).max if flat.dtype.kind in "iu" else 1
        at = draw.randrange(len(flat))
        flat[at] = draw.choice([0, top, top // 2]) if top > 1 else draw.choice([0, 1])
    return flat.reshape(array.shape), what


def attack_folder(i: int, seed: int, work: Path) -> str:
    """Load a mutated model and ask it; '' if it was refused or answered with its labels."""
    from underdog import UnderdogError
    from underdog.runtime.persist import load_model

    draw = random.Random(f"folder {seed} {i}")
    names = sorted(p.name for p in (work / "models").iterdir())
    place = work / f"try-{os.getpid()}"
    shutil.rmtree(place, ignore_errors=True)
    name = draw.choice(names)
    what = f"{name}: {mutated_model(work / 'models' / name, place, draw)}"
    try:
        answers = load_model(place).answer(TEXTS)
        values = answers.values
    except UnderdogError:
        return ""
    finally:
        shutil.rmtree(place, ignore_errors=True)
    if len(values) != len(TEXTS) or not all(isinstance(v, str) for v in values):
        raise AssertionError(f"{what}: answers {values}")
    if answers.labels and not set(values) <= {*answers.labels, ""}:
        raise AssertionError(f"{what}: a value that is no label: {values}")
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


ATTACKS: dict[str, Callable[[int, int, Path], str]] = {
    "folders": attack_folder,
    "files": attack_file,
    "specs": attack_spec,
}


def _serve(pipe: Any, work: Path) -> None:
    import resource

    warnings.simplefilter("ignore")
    sys.stderr = open(os.devnull, "w")  # noqa: SIM115  # panics of libraries are counted, not read
    _warm_up(work)
    pipe.send("ready")
    while (job := pipe.recv()) is not None:
        kind, i, seed = job
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        try:
            outcome = ATTACKS[kind](i, seed, work)
        except BaseException as error:  # a panic of a library is no Exception
            place = traceback.extract_tb(error.__traceback__)[-1]
            where = f"{Path(place.filename).name}:{place.lineno}"
            outcome = f"traceback {type(error).__name__} at {where}: {str(error)[:160]}"
        taken = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024
        pipe.send("memory" if taken > MEMORY else outcome)


def _warm_up(work: Path) -> None:
    """Import what the models need, which takes longer than an attempt may."""
    from underdog.runtime.persist import load_model

    for place in sorted((work / "models").iterdir()):
        load_model(place).answer(TEXTS)


class Worker:
    """A process that makes attempts; a crash or a hang of it is a result like others."""

    def __init__(self, work: Path) -> None:
        self.work = work
        self.start()

    def start(self) -> None:
        """Begin a fresh process, whose libraries are loaded by its first attempt."""
        context = mp.get_context("spawn")
        self.pipe, other = context.Pipe()
        self.process = context.Process(target=_serve, args=(other, self.work), daemon=True)
        self.process.start()
        other.close()
        self.pipe.recv()

    def _answered(self) -> bool:
        """Whether a result comes within `LIMIT` seconds of the processor, or six times as long."""
        process = psutil.Process(self.process.pid)
        start, end = sum(process.cpu_times()[:2]), time.monotonic() + 6 * LIMIT
        while not self.pipe.poll(1.0):
            with suppress(psutil.NoSuchProcess):
                if sum(process.cpu_times()[:2]) - start > LIMIT or time.monotonic() > end:
                    return False
        return True

    def attempt(self, kind: str, i: int, seed: int) -> str:
        """What attempt ``i`` came to."""
        self.pipe.send((kind, i, seed))
        if not self._answered():
            self.process.kill()
            self.process.join()
            self.start()
            return f"hang: more than {LIMIT:.0f} s"
        try:
            return str(self.pipe.recv())
        except EOFError:
            self.process.join()
            code = self.process.exitcode
            self.start()
            return f"crash: exit code {code}"


def run(kind: str, n: int, seed: int, work: Path, state: Path) -> Counter[str]:
    """Make ``n`` attempts of ``kind``, but for those that ``state`` holds; counts of outcomes."""
    done: dict[str, str] = json.loads(state.read_text()) if state.exists() else {}
    worker = Worker(work)
    counts: Counter[str] = Counter()
    start = time.perf_counter()
    for i in range(n):
        key = f"{kind} {seed} {i}"
        if key not in done:
            done[key] = worker.attempt(kind, i, seed)
            if i % 50 == 49:
                state.write_text(json.dumps(done))
        outcome = done[key]
        counts[outcome.partition(" ")[0].rstrip(":") or "refused"] += 1
        if outcome not in ("", "answered", "read", "built"):
            print(f"  {kind} seed {seed} attempt {i}: {outcome}")
    state.write_text(json.dumps(done))
    worker.process.kill()
    said = ", ".join(f"{n} {name}" for name, n in counts.most_common())
    print(f"{kind}: {n} attempts with seed {seed} in {time.perf_counter() - start:.0f} s: {said}")
    return counts


def main() -> None:
    """Run the attacks that the arguments ask for and print what came of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name, n in (("folders", 2000), ("files", 1000), ("specs", 500)):
        parser.add_argument(f"--{name}", type=int, default=n)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--state", type=Path, default=Path(tempfile.gettempdir()) / "underdog-hard")
    told = parser.parse_args()
    told.state.mkdir(parents=True, exist_ok=True)
    models(told.state / "models")
    bad = 0
    for kind in ATTACKS:
        counts = run(kind, getattr(told, kind), told.seed, told.state, told.state / "done.json")
        bad += sum(counts[name] for name in ("crash", "hang", "traceback", "memory"))
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
