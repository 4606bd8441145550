"""Names for recipes and models, and an object written as a spec.

A class gets its name from `register`; a package tells where the name lives with an entry point of
the group ``underdog`` (ours are in pyproject.toml, beside which a plug-in's look the same):

    [project.entry-points.underdog]
    linear = "underdog.models.linear.recipe"
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from functools import cache, wraps
from hashlib import blake2b
from importlib.metadata import EntryPoint, entry_points
from inspect import cleandoc
from typing import Any, TypeVar

import numpy as np

from ...core import graders
from ...core.answer import Answers
from ...core.cost import Cost
from ...core.data import Archive, Dataset, Task
from ...core.description import Fact
from ...core.errors import UnderdogError
from ...core.given import lenient
from ...core.passages import Pairs, Passages, Strings, misplaced, unequal
from ...core.protocols import children
from .. import schema
from ..extras import hinted
from ..schema import Check, Holds

C = TypeVar("C", bound=type)
SHOWN = 5
"""Labels that the repr of a fitted model lists."""

_classes: dict[str, type] = {}
_names: dict[type, str] = {}
_samples: dict[str, str] = {}
_holds: dict[type, Holds] = {}
_checks: dict[type, Check | None] = {}


def register(
    name: str, *, sample: str = "", holds: Holds | None = None, check: Check | None = None
) -> Callable[[C], C]:
    """Give a dataclass a name that can be typed on the command line and written to a file.

    ``sample`` is a tiny spec that fits in a moment: the public checks run it, the documentation
    shows it. A fitted model is named after its recipe, with a dot ("linear.model"), so that
    loading one finds the module to import. ``holds`` declares the shapes and ranges of fields
    (see `schema`), ``check`` says what is wrong with them together; both are asked before an
    object is built from a file, and for a recipe whenever one is built.
    """

    def add(cls: C) -> C:
        if name in _classes and _classes[name].__qualname__ != cls.__qualname__:
            raise ValueError(f"{name!r} is already registered to {_classes[name].__qualname__}")
        _classes[name], _names[cls] = cls, name
        _holds[cls], _checks[cls] = holds or {}, check
        if sample:
            _samples[name] = sample
        if "." not in name:  # a recipe: its repr is its configuration
            cls.__repr__ = _shown  # type: ignore[assignment, unused-ignore]
            _guard(cls, name)
        elif any(hasattr(cls, method) for method in ("answer", "top", "extend")):
            cls.__repr__ = _brief  # type: ignore[assignment, unused-ignore]
        return hinted(lenient(cls))

    return add


def _shown(thing: Any) -> str:
    """The spec of a recipe; in a few words if it holds a fitted model, which no spec builds."""
    fitted = any(
        "." in _names[type(part)] and (hasattr(part, "answer") or hasattr(part, "top"))
        for part in parts(thing)
    )
    return _brief(thing) if fitted else spec(thing)


def _brief(model: Any) -> str:
    """A fitted model in a few words: its class, and what it answers or is made of."""
    labels = getattr(model, "labels", ())
    if labels and all(isinstance(label, str) for label in labels):
        more = f" and {len(labels) - SHOWN:,} more" if len(labels) > SHOWN else ""
        return f"<{type(model).__name__}: {', '.join(labels[:SHOWN])}{more}>"
    inner = ", ".join(map(repr, children(model)))
    return f"<{type(model).__name__}{': ' if inner else ''}{inner}>"


def _guard(cls: type, name: str) -> None:
    """Refuse, wherever a recipe is built, plain options that are not what the class declares."""
    build = cls.__init__  # type: ignore[misc]
    plain = {f.name: f for f in fields(cls) if f.init}

    @wraps(build)
    def init(self: Any, *args: Any, **options: Any) -> None:
        given = dict(zip(plain, args, strict=False)) | options
        for unfit in (_untyped, _unbounded):  # a class has its own words for bounds of its own
            for key, value in given.items():
                if key in plain and (problem := unfit(cls, key, value)):
                    raise UnderdogError(
                        f"{name}: {key} {problem}", f"about its options: underdog list {name}"
                    )
            if unfit is _untyped:
                build(self, *args, **options)

    cls.__init__ = init  # type: ignore[misc]


def _untyped(cls: type, key: str, value: Any) -> str:
    """What is wrong with the type of an option; models and arrays are not judged here."""
    if not isinstance(value, bool | int | float | str | tuple | list | dict | None):
        return ""
    if value != value:
        return "must be a number, not nan"
    hint = schema.hints_of(cls).get(key, Any)
    if schema.plain(hint) and not schema.matches(value, hint):
        return f"must be {schema.said(hint)}, not {value!r:.60}"
    return ""


def _unbounded(cls: type, key: str, value: Any) -> str:
    rule = _holds[cls].get(key)
    return rule.wrong(value) if isinstance(rule, schema.Number) else ""


def parts(thing: Any) -> Iterator[Any]:
    """``thing`` and every registered object that it is made of, however deep, outermost first."""
    left = [thing]
    while left:
        one = left.pop()
        if isinstance(one, tuple | list):
            left += reversed(one)
        elif isinstance(one, Mapping):
            left += reversed([*one.values()])
        elif type(one) in _names and is_dataclass(one):
            yield one
            left += reversed([getattr(one, f.name) for f in fields(one) if f.init])


def wrong(cls: type, parts: Mapping[str, Any]) -> str:
    """What is wrong with ``parts`` as the fields of a registered class; nothing if all is well."""
    return schema.wrong(cls, parts, _holds.get(cls, {}), _checks.get(cls))


for noun in (
    Task,
    Answers,
    Cost,
    Archive,
    Dataset,
    Fact,
    Strings,
    Passages,
    Pairs,
):  # so that a spec, or a file, can hold them
    _classes[noun.__name__.lower()], _names[noun] = noun, noun.__name__.lower()
_checks |= {Strings: misplaced, Passages: unequal}


def names() -> list[str]:
    """Every name that may be typed in a spec, ours and the plug-ins'."""
    return sorted(_entries())


def samples() -> dict[str, str]:
    """A tiny spec for each name that may be typed; imports every module that brings one."""
    return {name: _samples[name] for name in names() if lookup(name) and name in _samples}


def described() -> dict[str, dict[str, str]]:
    """For each name: the first line of what it does, its sample spec, or what it lacks."""
    found: dict[str, dict[str, str]] = {}
    for name in names():
        try:
            first = (lookup(name).__doc__ or "").strip().partition("\n")[0]
            found[name] = {"summary": first, "sample": _samples.get(name, "")}
        except UnderdogError as error:
            found[name] = {"summary": "", "sample": "", "missing": error.hint}
    return found


def explained(name: str) -> dict[str, Any]:
    """How to call what ``name`` is, each option with what it is unless said; and all about it.

    ``options`` tell the type of each option, and its range where it has one.
    """
    cls = lookup(name)
    options = [
        f.name if _required(f) else f"{f.name}={spec(_usual(f))}" for f in fields(cls) if f.init
    ]
    about = cleandoc(cls.__doc__ or "").replace("``", "`")
    allowed = {option: _allowed(cls, option, hint) for option, hint in schema.hints_of(cls).items()}
    return {"spec": f"{name}({', '.join(options)})", "options": allowed, "about": about}


def _allowed(cls: type, option: str, hint: Any) -> str:
    """The values that ``option`` may have, in words."""
    rule = _holds[cls].get(option)
    words = schema.said(hint)
    return f"{words}, {rule}" if isinstance(rule, schema.Number) else words


def name_of(cls: type) -> str | None:
    """The name ``cls`` was registered under."""
    return _names.get(cls)


def lookup(name: str) -> type:
    """The class registered as ``name``, imported if necessary; `UnderdogError` if there is none."""
    if name not in _classes and (entry := _entries().get(name.partition(".")[0])):
        try:
            entry.load()  # importing the module runs its @register
        except ImportError as error:
            raise UnderdogError(
                f"{name} cannot be loaded: {error}", "see what is missing: underdog doctor"
            ) from error
    if name not in _classes:
        near = difflib.get_close_matches(name, names(), n=2)
        raise UnderdogError(
            f"no model or learner is called {name!r}",
            f"did you mean {' or '.join(map(repr, near))}? All names: underdog list"
            if near
            else "see all names: underdog list",
        )
    return _classes[name]


@cache
def _entries() -> Mapping[str, EntryPoint]:
    return {entry.name: entry for entry in entry_points(group="underdog")}


def spec(thing: Any) -> str:
    """The text that builds ``thing``: ``build(spec(x)) == x`` for every recipe.

    A fitted model holds arrays. Each stands there with its shape and a hash of its content, so that
    two models differ in their text; it cannot be built from that.
    """
    if type(thing) in _names and is_dataclass(thing):
        said = [_argument(f, getattr(thing, f.name)) for f in fields(thing) if f.init]
        return f"{_names[type(thing)]}({', '.join(x for x in said if x)})"
    if isinstance(thing, tuple | list):
        return f"[{', '.join(map(spec, thing))}]"
    if isinstance(thing, dict):
        return f"{{{', '.join(f'{key!r}: {spec(value)}' for key, value in thing.items())}}}"
    if isinstance(thing, np.ndarray):
        content = np.ascontiguousarray(thing).tobytes() + thing.dtype.str.encode()
        shape = "x".join(map(str, thing.shape))
        return f"array({shape}, {blake2b(content, digest_size=6).hexdigest()})"
    return repr(thing)


def _argument(f: Field[Any], value: Any) -> str:
    if _required(f):
        return spec(value)
    usual = not isinstance(value, np.ndarray) and value == _usual(f)
    return "" if usual else f"{f.name}={spec(value)}"


def _required(f: Field[Any]) -> bool:
    return f.default is MISSING and f.default_factory is MISSING


def _usual(f: Field[Any]) -> Any:
    return f.default if f.default_factory is MISSING else f.default_factory()


for grader_name, grader in {
    "exact": graders.Exact,
    "set_overlap": graders.SetOverlap,
    "token_f1": graders.TokenF1,
    "tolerance": graders.Tolerance,
    "closeness": graders.Closeness,
    "entities": graders.Entities,
    "function": graders.Function,
}.items():
    numbers = {name: schema.Number(0) for name in ("absolute", "span") if hasattr(grader, name)}
    register(grader_name, holds=numbers)(grader)
