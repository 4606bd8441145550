"""Symbols and docstrings of Python code: of a folder, or of an installed library."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ....core.errors import UnderdogError
from ....core.passages import Hit, Passages
from ....core.protocols import Indexer, Retriever
from ....runtime.registry import register
from ..bm25 import BM25

PARTS = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])")
LARGEST = 2_000_000
"""Bytes of a file of code that is read; a larger one is data."""

Symbol = tuple[str, str]
"""A passage and where it is from."""


@register("code")
@dataclass(frozen=True)
class Code:
    """Functions, classes and modules of ``folder``: a folder, or the name of a library that is
    installed, such as 'numpy'.

    Each is found by its name, the words of its name, its parameters and its docstring, by the
    index ``by``, which is `bm25` unless given. The code is parsed and never run; files that do not
    parse are left out.
    """

    folder: str
    by: Indexer | None = None

    def top(self, queries: Sequence[str], k: int) -> list[list[Hit]]:
        """The symbols that serve the queries; raises as `symbols` does."""
        found: list[list[Hit]] = self.retriever.top(queries, k)
        return found

    @cached_property
    def retriever(self) -> Retriever:
        """The index of the symbols; `UnderdogError` if there are none."""
        found = list(symbols(self.folder))
        if not found:
            raise UnderdogError(f"there is no Python code in {self.folder}", "as in: code('numpy')")
        texts, sources = zip(*found, strict=True)
        return (self.by or BM25()).over(Passages.of(texts, sources))


def symbols(folder: str) -> Iterator[Symbol]:
    """The symbols of the code in ``folder``, each with its file and line.

    Raises `UnderdogError` if there is neither a folder nor a library of that name.
    """
    base = _located(folder)
    files = [base] if base.is_file() else sorted(base.rglob("*.py"))
    for file in files:
        if file.is_symlink() or not file.is_file() or file.stat().st_size > LARGEST:
            continue
        name = file.relative_to(base.parent if base.is_file() else base).as_posix()
        yield from _parsed(file, name)


def _parsed(file: Path, name: str) -> Iterator[Symbol]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of the code that is read, such as an invalid escape
            tree = ast.parse(file.read_bytes())
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    module = name.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    if ast.get_docstring(tree):
        yield _passage(tree, module, ""), f"{name}:1"
    yield from _inside(tree, module, name)


def _inside(node: Any, owner: str, name: str) -> Iterator[Symbol]:
    for inner in node.body:
        if isinstance(inner, ast.ClassDef):
            here = f"{owner}.{inner.name}"
            bases = ", ".join(ast.unparse(base) for base in inner.bases)
            yield _passage(inner, here, f"({bases})" if bases else ""), f"{name}:{inner.lineno}"
            yield from _inside(inner, here, name)
        elif isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef):
            here = f"{owner}.{inner.name}"
            yield (
                _passage(inner, here, f"({ast.unparse(inner.args)})"),
                f"{name}:{inner.lineno}",
            )


def _passage(node: Any, name: str, signature: str) -> str:
    """The symbol as it is found: name and parameters, the words of its name, its docstring."""
    words = " ".join(PARTS.findall(name.rpartition(".")[2])).lower()
    return "\n".join(filter(None, [f"{name}{signature}", words, ast.get_docstring(node) or ""]))


def _located(folder: str) -> Path:
    place = Path(folder).expanduser()
    if place.exists():
        return place
    try:
        spec = find_spec(folder) if folder.replace("_", "a").isalnum() else None
    except (ImportError, ValueError):
        spec = None
    if spec is None or not spec.origin or not spec.origin.endswith(".py"):
        raise UnderdogError(
            f"no folder and no installed library {folder!r}", "as in: code('src') or code('numpy')"
        )
    origin = Path(spec.origin)
    return origin.parent if spec.submodule_search_locations else origin
