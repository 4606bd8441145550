"""The operations of a service, found by what a request asks for."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, islice
from pathlib import Path
from typing import Any

from ....core.errors import UnderdogError
from ....core.passages import Hit, Passages
from ....core.protocols import Indexer, Retriever
from ....data import limits
from ....runtime.registry import register
from ..bm25 import BM25
from .code import PARTS

METHODS = ("get", "post", "put", "patch", "delete", "head", "options")
DEEPEST = 8
"""References and fields that are followed in a row."""

MOST = 1_000
"""Names and descriptions of parameters and fields that an operation is found by."""


@register("tools")
@dataclass(frozen=True)
class Tools:
    """The operations of the OpenAPI document in the file ``openapi`` (JSON, version 2 or 3).

    An operation is found by its path, its summary and description, its parameters and the fields of
    its body. Nothing is called: a hit says which operation serves a request. Descriptions of tools
    for language models, a list of names with descriptions and parameters, are read as well.
    """

    openapi: str
    by: Indexer | None = None

    def top(self, queries: Sequence[str], k: int) -> list[list[Hit]]:
        """The operations that serve the queries, as ``METHOD /path``."""
        found: list[list[Hit]] = self.retriever.top(queries, k)
        return found

    @cached_property
    def retriever(self) -> Retriever:
        """The index of the operations; `UnderdogError` if there are none."""
        found = list(operations(read_document(self.openapi)))
        if not found:
            raise UnderdogError(
                f"{self.openapi} has no operations", "give an OpenAPI document with 'paths'"
            )
        texts, sources = zip(*found, strict=True)
        return (self.by or BM25()).over(Passages.of(texts, sources))


def read_document(path: str) -> Any:
    """The document in a file; `UnderdogError` if it is missing, too large or no JSON."""
    place = Path(path).expanduser()
    if not place.is_file():
        raise UnderdogError(f"no file {path}", "save the service's openapi.json, and name it")
    limits.BYTES.check(place.stat().st_size, path)
    try:
        return json.loads(place.read_bytes())
    except (ValueError, RecursionError) as error:
        raise UnderdogError(
            f"{path} is no JSON: {error}", "save it as JSON, not as YAML"
        ) from error


def operations(document: Any) -> Iterator[tuple[str, str]]:
    """The operations of ``document`` as passages, each with its method and path."""
    if isinstance(document, list):
        for tool in document:
            inner = tool.get("function", tool) if isinstance(tool, dict) else {}
            if isinstance(inner, dict) and (name := inner.get("name")):
                yield "\n".join(_words(inner, document)), str(name)
        return
    paths = document.get("paths") if isinstance(document, dict) else None
    for path, item in paths.items() if isinstance(paths, dict) else ():
        for method, operation in item.items() if isinstance(item, dict) else ():
            if method in METHODS and isinstance(operation, dict):
                shared = {"parameters": item.get("parameters", [])}
                parts = [f"{method.upper()} {path}", *_words(operation, document)]
                yield "\n".join([*parts, *_words(shared, document)]), f"{method.upper()} {path}"


def _words(thing: Mapping[str, Any], document: Any) -> Iterator[str]:
    """What an operation says of itself, and the names and descriptions of what it takes."""
    for key in ("name", "operationId"):
        if isinstance(thing.get(key), str):
            yield " ".join(PARTS.findall(thing[key]))
    for key in ("summary", "description"):
        if isinstance(thing.get(key), str):
            yield thing[key]
    tags = thing.get("tags")
    given = thing.get("parameters")
    parts = [*(given if isinstance(given, list) else [given]), thing.get("requestBody")]
    fields = islice(chain.from_iterable(_fields(part, document, ()) for part in parts), MOST)
    yield " ".join([*map(str, tags if isinstance(tags, list) else ()), *fields])


def _fields(thing: Any, document: Any, through: tuple[str, ...]) -> Iterator[str]:
    """Names and descriptions of parameters and of the fields of a schema.

    ``through`` are the references that lead here: none is followed into itself.
    """
    if not isinstance(thing, dict) or len(through) > DEEPEST:
        return
    if isinstance(reference := thing.get("$ref"), str):
        if reference not in through:
            yield from _fields(_resolved(reference, document), document, (*through, reference))
        return
    for key in ("name", "description"):
        if isinstance(thing.get(key), str):
            yield thing[key]
    below = (*through, "")
    properties = thing.get("properties")
    for name, inner in properties.items() if isinstance(properties, dict) else ():
        yield " ".join(PARTS.findall(name))
        yield from _fields(inner, document, below)
    content = thing.get("content")
    for inner in content.values() if isinstance(content, dict) else ():
        yield from _fields(
            inner.get("schema") if isinstance(inner, dict) else None, document, below
        )
    for key in ("schema", "items"):
        yield from _fields(thing.get(key), document, below)


def _resolved(reference: str, document: Any) -> Any:
    """What a reference inside the document names; None if it names nothing there."""
    found = document
    for part in reference.removeprefix("#/").split("/"):
        name = part.replace("~1", "/").replace("~0", "~")
        found = found.get(name) if isinstance(found, dict) else None
    return found
