"""Bad input, typed: every verb with files, places and options that cannot work.

Each case is a command in a fresh copy of a small folder. It must end in a result or in one
sentence; touch no file that underdog did not write; send no escape sequence; inject no HTML.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import random
import resource
import shutil
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks import kills

from . import strangers

EVIL = "\x1b[2J\x1b]0;owned\x07 <script>alert(1)</script> <img src=x onerror=alert(1)>"
"""A cell that would clear the screen, or run in a page, if it were sent as it is."""

INJECTED = ("<script>alert(1)", "<img src=x onerror")

KEYWORDS = "keywords('p', ['good'])"

READING: dict[str, tuple[str, ...]] = {
    "fit": ("fit", "{in}", "bayes()", "--out", "new"),
    "compare": ("compare", "{in}", "majority()", "bayes()", "--out", "new"),
    "audit": ("audit", "{in}"),
    "answer": ("answer", "model", "{in}", "--out", "new.csv"),
    "answer-json": ("answer", "model", "{in}", "--out", "new.jsonl"),
    "explain": ("explain", "model", "{in}", "--rows", "2", "--out", "new.html"),
    "explain-data": ("explain", "model", "a good film", "--data", "{in}"),
    "monitor": ("monitor", "model", "{in}"),
    "certify": ("certify", "frugal", "{in}"),
    "label": ("label", "{in}", "--by", KEYWORDS, "--labels", "p,n", "--out", "new.csv"),
    "repair": ("repair", "{in}", "--by", KEYWORDS, "--out", "new.csv"),
    "plan": ("plan", "{in}", "--llm", "scripted([['good', 'p']])"),
    "plan-scores": ("plan", "data.csv", "--llm", "scripted([])", "--scores", "{in}"),
    "curate": ("curate", "{in}", "--by", "rules(least=1)", "--keep", "50%", "--out", "new"),
    "curate-near": ("curate", "{in}", "--by", "duplicates()", "--out", "new"),
    "curate-target": ("curate", "data.csv", "--by", "dsir()", "--target", "{in}", "--out", "new"),
    "index": ("index", "{in}", "--out", "new"),
    "index-pairs": ("index", "docs", "hybrid([bm25(), bm25(b=0.2)])", "--pairs", "{in}", "--out",
                    "new"),
    "search": ("search", "{in}", "good film"),
    "judge": ("judge", "{in}", "--out", "new"),
    "speculate": ("speculate", "causal('smollm2')", "lookup()", "{in}", "--prompts", "1",
                  "--tokens", "2"),
    "show": ("show", "{in}"),
    "export": ("export", "{in}", "--out", "new"),
    "adjudicate": ("adjudicate", "{in}"),
    "report": ("report", "{in}"),
    "serve": ("serve", "{in}", "--port", "1"),
    "describe": ("compare", "data.csv", "majority()", "--describe", "{in}", "--out", "new"),
}  # fmt: skip
"""Commands that read; {in} is what is bad."""

WRITING: dict[str, tuple[str, ...]] = {
    "fit": ("fit", "data.csv", "bayes()", "--out", "{out}"),
    "compare": ("compare", "data.csv", "majority()", "bayes()", "--out", "{out}"),
    "answer": ("answer", "model", "data.csv", "--out", "{out}"),
    "explain": ("explain", "model", "a good film", "--out", "{out}"),
    "label": ("label", "data.csv", "--by", KEYWORDS, "--out", "{out}"),
    "repair": ("repair", "data.csv", "--by", KEYWORDS, "--out", "{out}"),
    "curate": ("curate", "data.csv", "--by", "rules(least=1)", "--yes", "--out", "{out}"),
    "index": ("index", "docs", "--out", "{out}"),
    "judge": ("judge", "outputs.csv", "--yes", "--out", "{out}"),
    "judge-keep": ("judge", "outputs.csv", "--score", "learned([rouge()])", "--yes", "--out",
                   "new", "--keep", "{out}"),
    "export": ("export", "model", "--out", "{out}"),
}  # fmt: skip
"""Commands that write; {out} is a place that is not theirs."""

OUTS = (
    *("thesis", "thesis/thesis.txt", "data.csv", ".", "link", "fifo", "data.csv/new", "/dev/full"),
    *("loop", "/proc/new", "/dev/null", "n" * 300, "sub\udcff/x.csv", "thesis.csv", ""),
)

VALUES: tuple[tuple[str, ...], ...] = (
    *(("curate", "data.csv", "--by", "random()", "--out", "new", "--keep", keep)
      for keep in ("0%", "-5%", "1e999%", "nan", "", "5x", "0", "9" * 400, "\x1b[2J")),
    *(("curate", "data.csv", "--out", "new", "--by", by)
      for by in ("", "linear()", "then()", "dsir(buckets=1)", "both(random(), 3)", "\x1b[2J",
                 "quota(random(), {'a': nan})", "doremi(random())", "perplexity(bayes())",
                 "quality(bayes())", "mods(length(), bayes())", "less(bayes())", "valued(k=0)")),
    *(("curate", "data.csv", "--by", "random()", "--out", "new", *more)
      for more in (("--text", EVIL), ("--label", "none"), ("--source", EVIL), ("--prove",),
                   ("--engine", "gpu"), ("--learner", "nothing()", "--prove"),
                   ("--seed", "-1"), ("--seed", "9" * 30))),
    *(("index", "docs", "--out", "new", *more)
      for more in (("linear()",), ("bm25(k1=nan)",), ("hybrid([])",), ("--words", "0"),
                   ("--text", EVIL), ("--add",), ("dense('nothing')",), ("reranked(bm25(), 3)",),
                   ("--words", "9" * 30), ("fused([])",), ("\x1b[2J",))),
    *(("search", "index", *more)
      for more in (("",), ("\x1b[2J",), ("x" * 100_000,), ("film", "-k", "0"), ("\udcff",),
                   ("film", "-k", "9" * 30), ("a\n\n\tb",))),
    *(("search", what, "film")
      for what in ("code('')", "code('nothing')", "tables('none')", "tools('none')", "bm25()",
                   "database('x')", "database('sqlite:///none.db')", "n" * 300, "",
                   "database('sqlite:////proc/1/mem')", "index('none')", "(" * 500)),
    *(("explain", "model", "a good film", *more)
      for more in (("--rows", "0"), ("--method", "x"), ("--pair",), ("--text", "none"),
                   ("--data", "outputs.csv"), ("--data", "n" * 300), ("--label", EVIL))),
    *(("explain", "model", text) for text in ("", "\x1b[2J", "x" * 20_000, "\udcff", EVIL)),
    *(("explain", what, "a film") for what in ("none", "index", "n" * 300, "thesis", "")),
    *(("chapters", name) for name in ("", "\x1b[2J", "x" * 5000, "\udcff")),
    *(("list", name) for name in ("", "\x1b[2J", "x" * 5000, "\udcff", "linear.model")),
    *(("label", "data.csv", "--out", "new.csv", "--by", by)
      for by in ("", "majority()", "bm25()", "keywords()", "keywords('p', [])", "pattern('p', '(')",
                 "recorded('none')", "\x1b[2J", "rouge()")),
    *(("label", "data.csv", "--by", KEYWORDS, *more)
      for more in (("--out", "new"), ("--out", "new.csv", "--budget", "nan"), ("--out", ".csv"),
                   ("--out", "new.csv", "--budget", "-1"), ("--out", "new.csv", "--combine", "x"),
                   ("--out", "new.csv", "--budget", "1e400"), ("--out", "new.csv", "--map", "x"),
                   ("--out", "new.csv", "--labels", ""), ("--out", "new.csv", "--labels", EVIL),
                   ("--out", "new.openai.jsonl", "--soft"), ("--out", "new.csv", "--text", EVIL))),
    *(("judge", "outputs.csv", "--out", "new", *more)
      for more in (("--score", ""), ("--score", "linear()"), ("--score", "rouge(9)"),
                   ("--good", "x"), ("--good", "nan"), ("--risk", "nan"), ("--risk", "-1"),
                   ("--risk", "100"), ("--output", EVIL), ("--output", ""), ("--rating", "output"),
                   ("--group", "none"), ("--score", "learned(folder='none')"), ("--keep", "thesis"),
                   ("--logprobs", "output"), ("--samples", "rating"), ("--reference", "rating"))),
    *(("plan", "data.csv", *more)
      for more in (("--llm", ""), ("--llm", "bm25()"), ("--llm", "linear()"), ("--llm", "\x1b[2J"),
                   ("--llm", "scripted([])", "--student", "bm25()"),
                   ("--llm", "scripted([])", "--answers", "none"),
                   ("--llm", "chat('')"), ("--llm", "chat('no/model')", "--labels", "a"))),
    *(("speculate", *more, "data.csv")
      for more in (("", "lookup()"), ("linear()", "lookup()"), ("causal('none')", "lookup()"),
                   ("causal('smollm2')", "linear()"), ("causal('smollm2')", "bm25()"),
                   ("ngram()", "lookup()"), ("causal('smollm2')", "lookup(longest=-1)"))),
    *(("fit", "data.csv", spec, "--out", "new")
      for spec in ("augmented(linear(), edits(n=-1))", "augmented(linear(), bayes())",
                   "augmented(linear(), written(scripted([]), n=0))", "tagger()", "tagger(cost=0)",
                   "augmented(linear(), written(scripted([]), n=3, how='x'))",
                   "glassbox(features=0)",
                   "detector('x')", "questions(scripted([]), [])", "calibrated(linear(), 'x')",
                   "cosupervised([])", "refined(majority(), bayes(), 3)", "ngram()", "bm25()",
                   "frugal(bayes(), recorded('none'))", "rouge()", "decomposed(majority())",
                   "seq2seq('thesis')", "encoder('thesis')", "encoder('n' * 3)", "\x1b[2J")),
    *(("serve", *more)
      for more in (("model", "--port", "99999"),
                   ("model", "--port", "-1"), ("none", "--port", "1"), ("thesis", "--port", "1"),
                   ("index", "--port", "1"), ("model", "--host", "256.0.0.1", "--port", "1"),
                   ("model", "--port", "1", "--host", "\x1b[2J"))),
)  # fmt: skip
"""Commands with options that cannot work."""

PLACES = ("locale", "homeless", "narrow", "unreadable")
"""Surroundings in which every command is typed with good input."""


@dataclass(frozen=True)
class Case:
    """A command, what it is about, and what surrounds it."""

    name: str
    command: tuple[str, ...]
    place: str = ""


ONE_READER = (
    *("fit", "compare", "audit", "monitor", "certify", "describe", "answer-json", "adjudicate"),
    *("report", "show", "export", "serve", "repair", "explain-data"),
)
"""Commands that read as another one does: they are typed with a few bad files."""

FEW = (
    *("evil.csv", "names.csv", "empty.csv", "types.jsonl", "fifo.csv", "folder.csv", "model.json"),
    *("models", "none.csv", "\udcff\udce9.csv", "\x1b[2Jowned.csv", "n" * 300, "zero.csv"),
)


def cases(bad: list[str]) -> list[Case]:
    """Every command with bad options, places and files, and in every surrounding."""
    found = [Case(" ".join(one)[:60], one) for one in VALUES]
    found += [
        Case(f"{name} to {out[:20]}", tuple([one.replace("{out}", out) for one in command]))
        for out in OUTS
        for name, command in WRITING.items()
    ]
    found += [
        Case(f"{name} {file}", tuple([one.replace("{in}", f"bad/{file}") for one in command]))
        for file in bad
        for name, command in READING.items()
        if name not in ONE_READER or file in FEW
    ]
    good = {"show": "model", "export": "model", "search": "index", "judge": "outputs.csv"}
    good |= {"adjudicate": "none", "report": "none", "serve": "none"}
    for place in PLACES:
        found += [
            Case(
                f"{name} {place}",
                tuple([one.replace("{in}", good.get(name, "data.csv")) for one in command]),
                place,
            )
            for name, command in READING.items()
        ]
    return found + [Case(" ".join(one)[:60], one) for one in strangers.commands()]


def prepared(place: Path) -> None:
    """A folder with data, a model, an index, foreign files, and everything that is bad."""
    place.mkdir(parents=True)
    rows = [(f"a {w} film number {i}", y) for i in range(30) for w, y in (("good", "p"),
                                                                         ("bad", "n"))]  # fmt: skip
    table = "text,label\n" + "".join(f"{text},{label}\n" for text, label in rows)
    (place / "data.csv").write_text(table)
    judged = [f"{text},{text[::-1]},{text},{1 + i % 5}\n" for i, (text, _) in enumerate(rows)]
    (place / "outputs.csv").write_text("source,output,reference,rating\n" + "".join(judged))
    (place / "docs").mkdir()
    (place / "docs" / "one.md").write_text("# A guide\n\nA good film is good. A bad one is bad.\n")
    (place / "docs" / "evil.md").write_text(f"A good film. {EVIL}\n")
    (place / "thesis").mkdir()
    for name in ("thesis/thesis.txt", "thesis.csv", "thesis/model.json"):
        (place / name).write_text("ten years of work\n")
    (place / "link").symlink_to("thesis")
    (place / "loop").symlink_to("loop")
    os.mkfifo(place / "fifo")
    for command in (
        ("fit", "data.csv", "linear()", "--out", "model"),
        ("fit", "data.csv", "frugal(bayes(), scripted([['good', 'p']], 'n'), risk=0.4)", "--out",
         "frugal", "--yes"),
        ("index", "docs", "--out", "index"),
    ):  # fmt: skip
        kills.finish(command, place)
    _bad(place / "bad", table)
    strangers.prepare(place / "odd", place / "model", place / "index")


def _bad(place: Path, table: str) -> None:
    """Files that are no table of texts, or odd ones."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    place.mkdir()
    draw = random.Random(0)
    noise = draw.randbytes(5000)
    rows = table.splitlines()[1:]
    plain: dict[str, bytes] = {
        "empty.csv": b"",
        "blank.csv": b"\n\n \n",
        "header.csv": b"text,label\n",
        "one.csv": b"text,label\nonly one,p\n",
        "binary.csv": noise,
        "binary.jsonl": noise,
        "binary.parquet": b"PAR1" + noise,
        "binary.md": noise,
        "zeros.csv": b"\0" * 3000,
        "numbers.csv": b"a,b\n" + b"1,2\n" * 50,
        "ragged.csv": b"text,label\n" + b"a,b,c\nd\n" * 20,
        "twins.csv": b"text,text,label\n" + b"a film,a film,p\n" * 20,
        "quote.csv": b'text,label\n"never closed,p\n' + b"a,b\n" * 20,
        "long.csv": b"text,label\n" + b"x" * 300_000 + b",p\n" + table.encode()[11:],
        "utf16.csv": table.encode("utf-16"),
        "cp1252.csv": table.replace("film", "caf\xe9").encode("cp1252"),
        "evil.csv": ("text,label\n" + "".join(f'"{EVIL} {r[:20]}","{EVIL} {i % 2}"\n'
                                              for i, r in enumerate(rows))).encode(),
        "names.csv": f'"text","label","{EVIL}"\n'.encode() + b"good film,p,x\nbad film,n,y\n" * 20,
        "roles.csv": ("source,output,reference,rating\n" + "".join(
            f'"{EVIL}","{EVIL} {i}","{EVIL}",{1 + i % 5}\n' for i in range(40))).encode(),
        "deep.jsonl": b'{"text": ' + b"[" * 100_000 + b"\n",
        "deep.json": b"[" * 100_000,
        "types.jsonl": b"".join(json.dumps({"text": value, "label": other}).encode() + b"\n"
                                for value in (1, None, [], {}, True, "a", 1e308)
                                for other in ("p", None, [1], {"a": 1}, 3)),
        "huge.jsonl": b'{"text": "a", "label": ' + b"9" * 5000 + b"}\n" + b'{"text": "b"}\n' * 9,
        "surrogate.jsonl": b'{"text": "a \\ud800 film", "label": "p\\udfff"}\n' * 20,
        "lines.txt": b"a good film\na bad film\n" * 10,
        "cut.csv.gz": gzip.compress(table.encode() * 50)[:400],
        "wrong.csv.gz": b"\x1f\x8b\x08\0\0\0\0\0\0\x03" + noise,
        "bomb.csv.gz": gzip.compress(b"text,label\n" + b"a" * 60_000_000, 1),
        "model.json": b'{"underdog": 1, "model": {"kind": "linear.model", "with": {}}}',
        "\udcff\udce9.csv": table.encode(),
        "\x1b[2Jowned.csv": table.encode(),
    }  # fmt: skip
    for name, content in plain.items():
        (place / name).write_bytes(content)
    lists = [{"text": [[1, 2], [3]], "label": {"a": i}} for i in range(20)]
    pq.write_table(pa.Table.from_pylist(lists), place / "lists.parquet")
    whole = (place / "lists.parquet").read_bytes()
    (place / "cut.parquet").write_bytes(whole[: len(whole) // 2])
    (place / "damaged.parquet").write_bytes(whole[:40] + noise[:60] + whole[100:])
    os.mkfifo(place / "fifo.csv")
    (place / "dangling.csv").symlink_to("nowhere.csv")
    (place / "loop.csv").symlink_to("loop.csv")
    (place / "zero.csv").symlink_to("/dev/zero")
    (place / "folder.csv").mkdir()
    (place / "models").mkdir()
    (place / "models" / "model.json").write_bytes(plain["model.json"])
    (place / "mixed").mkdir()
    for name in ("binary.csv", "binary.md", "evil.csv", "\udcff\udce9.csv", "lines.txt"):
        shutil.copy(place / name, place / "mixed" / name)
    os.mkfifo(place / "mixed" / "fifo.md")


def bad_names(template: Path) -> list[str]:
    """What is bad, by name; also names of nothing."""
    return [*sorted(os.listdir(template / "bad")), "none.csv", "n" * 300, "../bad/../bad/empty.csv"]


MEMORY = 1_700_000
"""Kilobytes that a command may take: torch alone takes .6 million."""

_most = [0]
"""The most that a command took, once that was too much: the system tells no other figure."""


def attempt(case: Case, template: Path, place: Path) -> str:
    """What is wrong with how a case ends; 'told' if it was a sentence, 'done' if it worked."""
    shutil.rmtree(place, ignore_errors=True)
    without = () if any("odd/" in part for part in case.command) else ("odd",)
    shutil.copytree(
        template, place, symlinks=True, copy_function=_copied,
        ignore=lambda folder, _: without if Path(folder) == template else (),
    )  # fmt: skip
    before = _digests(place)
    try:
        code = kills.wait(_begun(case, place))
    except RuntimeError:
        return f"hang: {case.name}"
    said = place.with_suffix(".said").read_bytes()
    if problem := _misbehaved(code, said) or _mess(before, place):
        kind, _, what = problem.partition(": ")
        return f"{kind}: {case.name}: {what}"
    return "told" if code else "done"


def _misbehaved(code: int, said: bytes) -> str:
    """What is wrong with how a command ended and what it said; nothing if all is well."""
    told = said.decode("utf-8", "replace")
    most = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    if most > max(MEMORY, 1.1 * _most[0]):
        _most[0] = most
        return f"memory: {most / 1e6:.1f} GB"
    if code < 0 or code not in (0, 1, 2):
        return f"crash: exit code {code}: {told[-300:]}"
    if "Traceback" in told:
        return f"traceback: {' '.join(told[-300:].split())}"
    if code == 1 and "error:" not in told and "hint:" not in told:
        return f"mute: {told[-200:]!r}"
    if b"\x1b" in said or b"\x07" in said:
        return f"escape: {said[max(0, said.find(bytes([27])) - 60) :][:160]!r}"
    return ""


def _mess(before: dict[str, str], place: Path) -> str:
    """What a command did to files that are not its own; nothing if all is well."""
    if changed := [name for name, digest in before.items() if _digest(place / name) != digest]:
        end = place.with_suffix(".said").read_text("utf-8", "replace").strip().splitlines()[-1:]
        return f"touched: {changed} {end[:1]}"
    for page in place.rglob("*.html"):
        if any(one in page.read_text("utf-8", "replace") for one in INJECTED):
            return f"injected: {page.name}"
    if left := [p.name for p in place.rglob("*.underdog-new")]:
        return f"left: {left}"
    return ""


def _copied(source: str, target: str) -> None:
    """A copy of a file; a pipe is made, not read."""
    if stat.S_ISFIFO(os.lstat(source).st_mode):
        os.mkfifo(target)
    else:
        shutil.copy2(source, target, follow_symlinks=False)


def _begun(case: Case, place: Path) -> int:
    """Begin the command of ``case`` in ``place``, in its surroundings; the process."""
    kept = dict(os.environ)
    try:
        if case.place == "locale":
            os.environ |= {"LC_ALL": "C", "PYTHONIOENCODING": "ascii"}
        elif case.place == "homeless":
            os.environ.pop("HOME", None)
        elif case.place == "narrow":
            os.environ["COLUMNS"] = "20"
        elif case.place == "unreadable":
            for name in ("data.csv", "outputs.csv", "docs/one.md", "model/model.json"):
                (place / name).chmod(0 if os.geteuid() else 0o600)
            return kills.begin(case.command, place, user=65534)
        return kills.begin(case.command, place)
    finally:
        os.environ.clear()
        os.environ.update(kept)


def _digests(place: Path) -> dict[str, str]:
    """What must stay as it is: everything that is no output."""
    names = (str(p.relative_to(place)) for p in _files(place))
    return {name: _digest(place / name) for name in names if not name.startswith(("new", "cache"))}


def _files(place: Path) -> Iterator[Path]:
    for folder, _, names in os.walk(place):
        yield from (Path(folder, name) for name in names)


def _digest(path: Path) -> str:
    """A digest of a plain file; of anything else, what it is; nothing where there is none."""
    try:
        seen = path.lstat()
    except OSError:
        return ""
    if stat.S_ISREG(seen.st_mode):
        return hashlib.sha256(path.read_bytes()).hexdigest()
    return str(stat.S_IFMT(seen.st_mode))
