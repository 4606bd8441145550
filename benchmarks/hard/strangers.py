"""What only a stranger writes: files that are well formed, and meant to break what reads them.

Each case is a command, as in `verbs`; what it reads lies in the folder ``odd`` of the template.
"""

from __future__ import annotations

import io
import json
import os
import random
import sqlite3
import struct
import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

SCHEMA = "CREATE TABLE films (id INTEGER PRIMARY KEY, name TEXT, price REAL)"

Command = tuple[str, ...]


def commands() -> Iterator[Command]:
    """Every command; what it names below ``odd`` is written by `prepare`."""
    for names, typed in ASKED:
        for name in names:
            for command in typed:
                yield tuple([part.replace("{in}", f"odd/{name}") for part in command])


def prepare(place: Path, model: Path, index: Path) -> None:
    """Write all that the commands name into the folder ``place``, some of it from a ``model`` and
    an ``index`` that are sound."""
    place.mkdir()
    for written in (BOOKS, TABLES, DATABASES, TOOLS, MEANINGS, WEIGHTS):
        for name, write in written.items():
            write(place / name)
    for written, sound in ((ARRAYS, model), (INDEXES, index)):
        for name, change in written.items():
            _copied(sound, place / name, change)
    (place / "thesis.txt").write_text("ten years of work\n")
    _folders(place)


def _workbook(sheet: bytes, shared: bytes = b"") -> bytes:
    """An Excel workbook of one ``sheet``, put together by hand."""
    main = b"http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    office = b"http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = b"http://schemas.openxmlformats.org/package/2006/relationships"
    kind = b"application/vnd.openxmlformats-officedocument.spreadsheetml."
    files = {
        "[Content_Types].xml": b'<Types xmlns="http://schemas.openxmlformats.org/package/2006/'
        b'content-types"><Default Extension="xml" ContentType="application/xml"/><Default '
        b'Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        b'<Override PartName="/xl/workbook.xml" ContentType="' + kind + b'sheet.main+xml"/>'
        b'<Override PartName="/xl/sharedStrings.xml" ContentType="' + kind
        + b'sharedStrings+xml"/><Override PartName="/xl/s.xml" ContentType="' + kind
        + b'worksheet+xml"/></Types>',
        "_rels/.rels": b'<Relationships xmlns="' + package + b'"><Relationship Id="a" Type="'
        + office + b'/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": b'<workbook xmlns="' + main + b'" xmlns:r="' + office
        + b'"><sheets><sheet name="one" sheetId="1" r:id="b"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": b'<Relationships xmlns="' + package + b'"><Relationship '
        b'Id="b" Type="' + office + b'/worksheet" Target="s.xml"/><Relationship Id="c" Type="'
        + office + b'/sharedStrings" Target="sharedStrings.xml"/></Relationships>',
        "xl/s.xml": b'<worksheet xmlns="' + main + b'"><sheetData>' + sheet
        + b"</sheetData></worksheet>",
        "xl/sharedStrings.xml": b'<sst xmlns="' + main + b'">' + shared + b"</sst>",
    }  # fmt: skip
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return whole.getvalue()


def _nested(depth: int) -> bytes:
    """Zip files in each other, the innermost of which is a table."""
    content, name = b"text,label\n" + b"a,p\n" * 20, "data.csv"
    for _ in range(depth):
        whole = io.BytesIO()
        with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(name, content)
        content, name = whole.getvalue(), "data.zip"
    return content


def _row(cells: bytes, at: bytes = b"") -> bytes:
    return b"<row" + at + b">" + cells + b"</row>"


CELL = b'<c t="inlineStr"><is><t>text</t></is></c>'

BOOKS: dict[str, Callable[[Path], object]] = {
    "rows.xlsx": lambda p: p.write_bytes(_workbook(_row(CELL * 2) + b"<row/>" * 9_000_000)),
    "far.xlsx": lambda p: p.write_bytes(_workbook(_row(CELL * 2) + _row(CELL, b' r="99999999"'))),
    "wide.xlsx": lambda p: p.write_bytes(
        _workbook(_row(b'<c r="ZZZZZ1" t="inlineStr"><is><t>x</t></is></c>') * 3)
    ),
    "strings.xlsx": lambda p: p.write_bytes(
        _workbook(_row(b'<c t="s"><v>0</v></c>'), b"<si><t>" + b"a" * 90_000_000 + b"</t></si>")
    ),
    "many.xlsx": lambda p: p.write_bytes(_workbook(_row(CELL), b"<si/>" * 9_000_000)),
    "points.xlsx": lambda p: p.write_bytes(_workbook(_row(b'<c t="s"><v>-7</v></c>') * 9)),
    "entities.xlsx": lambda p: p.write_bytes(
        _workbook(_row(b'<c t="inlineStr"><is><t>&lol;</t></is></c>'))
    ),
    "layers.zip": lambda p: p.write_bytes(_nested(3)),
    "deep.zip": lambda p: p.write_bytes(_nested(9)),
}
"""Workbooks and zip files."""


def _parquet(path: Path, rows: list[Any], **options: Any) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.Table.from_pylist(rows), path, **options)


def _long(path: Path) -> None:
    """One text of a megabyte, five thousand times: some kilobytes of Parquet."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    texts = pa.DictionaryArray.from_arrays(pa.array([0] * 5000), pa.array(["a" * 1_000_000]))
    rows = pa.table({"text": texts, "label": ["p", "n"] * 2500})
    pq.write_table(rows, path, compression="zstd", store_schema=False)


def _resized(path: Path) -> None:
    """A file of Parquet in which the sizes of pages are others."""
    _parquet(path, [{"text": f"a film {i}", "label": "pn"[i % 2]} for i in range(400)])
    content = bytearray(path.read_bytes())
    for at in range(4, 60):
        content[at] ^= 0x7F
    path.write_bytes(content)


TABLES: dict[str, Callable[[Path], object]] = {
    "long.parquet": _long,
    "pages.parquet": _resized,
    "foot.parquet": lambda p: p.write_bytes(b"PAR1" + b"\xff" * 200 + b"\xff\xff\xff\x7fPAR1"),
    "groups.parquet": lambda p: _parquet(p, [{"text": "a", "label": "p"}] * 3000, row_group_size=1),
    "quote.csv": lambda p: p.write_bytes(b'text,label\n"' + b"a film,p\n" * 900_000),
    "head.csv": lambda p: p.write_bytes(b'"text,label\n' + b"a film,p\n" * 900_000),
    "commas.csv": lambda p: p.write_bytes(b"text,label\n" + b"," * 3_000_000),
    "deep.jsonl": lambda p: p.write_bytes(b'{"text":' * 3000 + b"1" + b"}" * 3000 + b"\n"),
    "keys.jsonl": lambda p: p.write_text(
        "".join(f'{{"text": "a film {i}", "k{i}": 1}}\n' for i in range(15_000))
    ),
    "same.jsonl": lambda p: p.write_text('{"text": "a", "text": "b", "label": "p"}\n' * 30),
    "marks.csv": lambda p: p.write_text(
        "text,label\n" + "\u202ea\u0301\u0301\u200b\ufeff,p\n" * 40
    ),
}
"""Tables."""


def _header(change: Callable[[dict[str, Any]], Any]) -> Callable[[Path], None]:
    """Another header for the arrays of a folder; their bytes stay."""

    def changed(folder: Path) -> None:
        path = folder / "arrays.safetensors"
        content = path.read_bytes()
        end = 8 + int.from_bytes(content[:8], "little")
        header = json.loads(content[8:end])
        said = json.dumps(change(header) or header).encode()
        path.write_bytes(len(said).to_bytes(8, "little") + said + content[end:])

    return changed


def _tree(change: Callable[[Any], None]) -> Callable[[Path], None]:
    """Another model.json, without a digest."""

    def changed(folder: Path) -> None:
        tree = json.loads((folder / "model.json").read_text())
        tree["digest"] = ""
        change(tree)
        (folder / "model.json").write_text(json.dumps(tree))

    return changed


def _overlapping(header: dict[str, Any]) -> None:
    longest = max(header.values(), key=lambda one: one["data_offsets"][1] - one["data_offsets"][0])
    header.update({f"{i:032x}": longest for i in range(20_000)})


def _shifted(header: dict[str, Any]) -> None:
    for one in header.values():
        one["data_offsets"] = [one["data_offsets"][0] + 1, one["data_offsets"][1] + 1]


def _huge(header: dict[str, Any]) -> None:
    next(iter(header.values()))["shape"] = [1 << 62, 1 << 62]


def _negative(header: dict[str, Any]) -> None:
    next(iter(header.values())).update(shape=[-1], data_offsets=[-8, 0])


def _length(folder: Path) -> None:
    path = folder / "arrays.safetensors"
    path.write_bytes((1 << 63).to_bytes(8, "little") + path.read_bytes()[8:])


def _recorded(value: Any) -> Callable[[Path], None]:
    return _tree(lambda tree: tree.update(record=value))


ARRAYS: dict[str, Callable[[Path], object]] = {
    "overlapping": _header(_overlapping),
    "shifted": _header(_shifted),
    "sized": _header(_huge),
    "negative": _header(_negative),
    "listed": _header(lambda header: [*header]),
    "unplaced": _header(lambda header: {name: {"dtype": "F32"} for name in header}),
    "placed": _header(
        lambda header: {name: {**one, "data_offsets": []} for name, one in header.items()}
    ),
    "typed": _header(lambda header: {name: {**one, "dtype": "X"} for name, one in header.items()}),
    "lengthy": _length,
    "emptied": lambda folder: (folder / "arrays.safetensors").write_bytes(b""),
    "boasting": _recorded({"sentence": "\x1b[2J<script>alert(1)</script>", "rows": 10**400}),
    "nested": _recorded(json.loads("[" * 400 + "]" * 400)),
    "future": _tree(lambda tree: tree.update(underdog=10**9)),
    "texted": _tree(lambda tree: tree.update(underdog="1")),
    "other": _tree(lambda tree: tree.update(model={"kind": "database", "with": {"url": "x"}})),
}
"""Folders of a model in which something is changed."""


def _ends(change: Callable[[Any], Any]) -> Callable[[Path], None]:
    """The ends of all passages of an index changed, and named by what they hold now."""

    def changed(folder: Path) -> None:
        from safetensors.numpy import load, save

        from underdog.runtime.persist.tree import key_of

        path, told = folder / "arrays.safetensors", (folder / "model.json").read_text()
        arrays = load(path.read_bytes())
        for key, array in [*arrays.items()]:
            if array.dtype.kind == "i":
                del arrays[key]
                new = change(array.copy())
                arrays[key_of(new)] = new
                told = told.replace(key, key_of(new))
        path.write_bytes(save(arrays))
        tree = json.loads(told)
        tree["digest"] = ""
        (folder / "model.json").write_text(json.dumps(tree))

    return changed


def _saw(array: Any) -> Any:
    array[1::2] = 0
    return array


def _last(array: Any) -> Any:
    array[-1:] = 1 << 30
    return array


INDEXES: dict[str, Callable[[Path], object]] = {
    "saw": _ends(_saw),
    "beyond": _ends(_last),
    "below": _ends(lambda array: -array - 1),
    "backwards": _ends(lambda array: array[::-1].copy()),
    "mapped": _header(_overlapping),
    "unlisted": _header(lambda header: [*header]),
}
"""Folders of an index in which something is changed."""


def _database(*statements: str, rows: int = 0) -> Callable[[Path], None]:
    def written(path: Path) -> None:
        with closing(sqlite3.connect(path)) as db, db:
            db.execute("PRAGMA writable_schema = ON")
            for statement in statements:
                db.execute(statement)
            for i in range(rows):
                db.execute("INSERT INTO films VALUES (?, ?, ?)", (i, f"film {i}", i / 7))

    return written


def _bytes(change: Callable[[bytearray], None]) -> Callable[[Path], None]:
    def written(path: Path) -> None:
        _database(SCHEMA, rows=50)(path)
        content = bytearray(path.read_bytes())
        change(content)
        path.write_bytes(content)

    return written


def _noisy(content: bytearray) -> None:
    draw = random.Random(0)
    for _ in range(300):
        content[draw.randrange(100, len(content))] = draw.randrange(256)


ENDLESS = "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT n FROM c"
COLUMNS = ", ".join(f"c{i} TEXT" for i in range(1900))
GATEWAY = "CREATE TABLE settings (id TEXT PRIMARY KEY, salt BLOB)"

DATABASES: dict[str, Callable[[Path], object]] = {
    "films.sqlite": _database(SCHEMA, rows=20),
    "views.sqlite": _database(SCHEMA, f"CREATE VIEW endless AS {ENDLESS}", rows=5),
    "loads.sqlite": _database(
        SCHEMA, "CREATE VIEW loads AS SELECT load_extension('/tmp/evil.so') AS name", rows=5
    ),
    "trigger.sqlite": _database(
        SCHEMA,
        GATEWAY,
        "CREATE TRIGGER t AFTER INSERT ON settings BEGIN DELETE FROM films; END",
        rows=5,
    ),
    "names.sqlite": _database(
        'CREATE TABLE "\x1b[2J<script>alert(1)</script>" ("\x1b]0;x\x07" TEXT)', SCHEMA, rows=5
    ),
    "wide.sqlite": _database(*(f"CREATE TABLE t{i} ({COLUMNS})" for i in range(12))),
    "invalid.sqlite": _database(
        SCHEMA, "INSERT INTO films VALUES (1, CAST(x'fffe61' AS TEXT), 'no number')", rows=0
    ),
    "blob.sqlite": _database(SCHEMA, "INSERT INTO films VALUES (1, zeroblob(3000000), 1)"),
    "self.sqlite": _database(
        "CREATE TABLE films (id INTEGER REFERENCES films(id), up REFERENCES none(x), x REFERENCES "
        "films)"
    ),
    "master.sqlite": _database(
        SCHEMA, "INSERT INTO sqlite_master VALUES ('table', x'00ff', NULL, 2, NULL)"
    ),
    "noisy.sqlite": _bytes(_noisy),
    "pages.sqlite": _bytes(lambda content: struct.pack_into(">I", content, 28, 0xFFFFFFFF)),
    "cut.sqlite": _bytes(lambda content: content.__delitem__(slice(3000, None))),
}
"""SQLite files, for the gateway too."""


def _document(schema: Any, **more: Any) -> Callable[[Path], object]:
    body = {"content": {"application/json": {"schema": {"$ref": "#/s/A"}}}}
    paths = {"/films": {"post": {"summary": "a film", "requestBody": body, **more}}}
    return lambda path: path.write_text(json.dumps({"paths": paths, "s": schema}))


TOOLS: dict[str, Callable[[Path], object]] = {
    "self.json": _document({"A": {"$ref": "#/s/A"}}),
    "wide.json": _document({"A": {"properties": {f"p{i}": {"$ref": "#/s/A"} for i in range(60)}}}),
    "many.json": _document(
        {
            **{"A": {"properties": {f"b{i}": {"$ref": f"#/s/B{i}"} for i in range(40)}}},
            **{
                f"B{i}": {"properties": {f"b{j}": {"$ref": f"#/s/B{j}"} for j in range(40)}}
                for i in range(40)
            },
        }
    ),
    "tags.json": _document({}, tags=7, parameters="x", description=["no text"]),
    "null.json": _document(None, tags=None, parameters=None),
    "list.json": lambda p: p.write_text('[{"function": 3}, {"name": {"a": 1}}, null, "x"]'),
    "paths.json": lambda p: p.write_text('{"paths": {"/a": 1, "/b": {"get": 2, "post": null}}}'),
    "deep.json": lambda p: p.write_text('{"paths":' + '{"a":' * 900 + "1" + "}" * 900 + "}"),
}
"""OpenAPI documents."""

MEANINGS: dict[str, Callable[[Path], object]] = {
    "other.csv": lambda p: p.write_text("p,good\nq,bad\n"),
    "field.csv": lambda p: p.write_text("p," + "a" * 200_000 + "\nn,bad\n"),
    "quotes.csv": lambda p: p.write_text('p,"good\nn,bad\n'),
    "zeros.csv": lambda p: p.write_bytes(b"p,good\0\nn,bad\n"),
    "evil.json": lambda p: p.write_text('{"p": "\\u001b[2J<script>alert(1)</script>"}'),
    "half.json": lambda p: p.write_text('{"p": "\\ud800", "n": "\\udfff"}'),
    "digits.json": lambda p: p.write_text('{"p": ' + "9" * 6000 + "}"),
    "deep2.json": lambda p: p.write_text('{"p": ' + "[" * 90_000),
}
"""Files of descriptions."""


def _gguf(tensors: int, pairs: int, rest: bytes = b"") -> Callable[[Path], object]:
    said = b"GGUF" + struct.pack("<IQQ", 3, tensors, pairs) + rest
    return lambda path: path.write_bytes(said)


KEY = struct.pack("<Q", 20) + b"general.architecture" + struct.pack("<I", 8)

WEIGHTS: dict[str, Callable[[Path], object]] = {
    "counts.gguf": _gguf(1 << 60, 1 << 60),
    "key.gguf": _gguf(0, 1, struct.pack("<Q", 1 << 62)),
    "value.gguf": _gguf(0, 1, KEY + struct.pack("<Q", 1 << 40) + b"llama"),
    "array.gguf": _gguf(0, 1, KEY[:-4] + struct.pack("<IIQ", 9, 8, 1 << 50)),
    "short.gguf": lambda p: p.write_bytes(b"GGUF"),
    "zeros.gguf": lambda p: p.write_bytes(b"GGUF" + bytes(5000)),
}
"""Files of weights whose lengths are false."""


def _copied(sound: Path, place: Path, change: Callable[[Path], object]) -> None:
    place.mkdir()
    for path in sound.iterdir():
        (place / path.name).write_bytes(path.read_bytes())
    change(place)


def _folders(place: Path) -> None:
    """Folders of documents in which there are links, pipes, and too much of something."""
    for name in ("links", "pipes", "deep", "many"):
        (place / name).mkdir()
        (place / name / "one.md").write_text("A good film is good.\n")
        (place / name / "one.py").write_text('"""A good film."""\n')
        (place / name / "data.csv").write_text("text,label\na good film,p\n")
    (place / "links" / "up").symlink_to("..")
    (place / "links" / "self.md").symlink_to("self.md")
    (place / "links" / "zero.md").symlink_to("/dev/zero")
    (place / "links" / "gone.csv").symlink_to("none.csv")
    for name in ("pipe.md", "pipe.csv", "pipe.py", "README"):
        os.mkfifo(place / "pipes" / name)
    (place / "pipes" / "folder.csv").mkdir()
    (place / "pipes" / "folder.py").mkdir()
    inner = place / "deep"
    for _ in range(60):
        inner = inner / "a"
        inner.mkdir()
    (inner / "two.md").write_text("A bad film is bad.\n")
    (inner / "odd.py").write_text("x = " + "(" * 500 + ")" * 500 + "\n")
    (inner / "long.py").write_text("x = " + "1 + " * 60_000 + "1\n")
    for i in range(300):
        (place / "many" / f"{i}.md").write_text("")


READ: tuple[Command, ...] = (
    ("audit", "{in}"),
    ("curate", "{in}", "--by", "rules(least=1)", "--out", "new", "--yes"),
)
STORE = (
    *("serve", "--upstream", "http://127.0.0.1:9", "--host", "256.0.0.1"),
    *("--port", "0", "--key", "a-key-for-tests", "--store", "{in}"),
)
ASKED: tuple[tuple[Iterable[str], tuple[Command, ...]], ...] = (
    (BOOKS, READ[:1]),
    (TABLES, READ),
    (ARRAYS, (("show", "{in}"), ("answer", "{in}", "data.csv", "--out", "new.csv"))),
    (INDEXES, (("search", "{in}", "film"), ("index", "docs", "--add", "--out", "{in}"))),
    (DATABASES, (("search", "database('sqlite:///{in}')", "how many films are there"), STORE)),
    (("thesis.txt",), (STORE,)),
    (TOOLS, (("search", "tools('{in}')", "film"),)),
    (
        MEANINGS,
        (("compare", "data.csv", "majority()", "bayes()", "--describe", "{in}", "--out", "new"),),
    ),
    (
        WEIGHTS,
        (
            ("fit", "data.csv", "fewshot(llama('{in}'), k=0)", "--out", "new"),
            ("speculate", "causal('{in}')", "lookup()", "data.csv", "--prompts", "1", "--tokens",
             "2"),
        ),
    ),
    (
        ("links", "pipes", "deep", "many"),
        (("index", "{in}", "--out", "new"), READ[1], ("search", "code('{in}')", "film")),
    ),
)  # fmt: skip
"""What is asked of each of them."""
