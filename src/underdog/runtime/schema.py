"""What a registered class may hold: the types of its fields, shapes that must agree, and ranges.

Types come from the dataclass's annotations. `register` takes the rest:

    @register("linear.model", holds={"weights": Array("features.width", "labels")})

One declaration serves three: a spec that is typed, an object that is built in Python, and a model
that is loaded from a stranger's folder.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cache
from types import NoneType, SimpleNamespace, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import numpy as np

from ..core.data import Dataset

Hint = Any


@dataclass(frozen=True)
class Number:
    """A number, or a sequence of them, from ``low`` to ``high``, both included; not NaN."""

    low: float = -np.inf
    high: float = np.inf

    def wrong(self, value: Any) -> str:
        """What is wrong with ``value``; nothing if it is None, a text or within the bounds."""
        for one in value if isinstance(value, tuple | list) else (value,):
            if isinstance(one, int | float) and not self.low <= one <= self.high:
                return f"must be {self}, not {_short(one)}"
        return ""

    def __str__(self) -> str:
        low, high = map(_bound, (self.low, self.high))
        if low and high:
            return f"from {low} to {high}"
        return f"{low} or more" if low else f"{high} or less" if high else "a number"


def _bound(bound: float) -> str:
    """A bound in words, whole numbers in full; nothing for one that is none.

    >>> _bound(1048576), _bound(0.25), _bound(np.inf)
    ('1,048,576', '0.25', '')
    """
    if abs(bound) >= 1e15:
        return ""
    return f"{int(bound):,}" if bound == int(bound) else f"{bound:,g}"


@dataclass(frozen=True)
class Array:
    """An array whose sides are ``dims``, with finite values of at least ``low``, below ``below``.

    A side is a number; a name that another field or array has (its length, or its value); or such
    a name with a dot, for an attribute. Names that are no field are bound where they stand first.
    A sum is written with +. ``inf`` and ``nan`` allow values that are not finite; ``unseen``
    allows minus infinity, which is a label without an example, but not everywhere.
    """

    dims: tuple[str | int, ...]
    low: float | None
    below: str | int | None
    inf: bool
    nan: bool
    unseen: bool

    def __init__(
        self,
        *dims: str | int,
        low: float | None = None,
        below: str | int | None = None,
        inf: bool = False,
        nan: bool = False,
        unseen: bool = False,
    ) -> None:
        given = {"dims": dims, "low": low, "below": below, "inf": inf, "nan": nan, "unseen": unseen}
        for name, value in given.items():
            object.__setattr__(self, name, value)

    def wrong(self, array: Any, sizes: Callable[[str | int, int], int]) -> str:
        """What is wrong with ``array``; ``sizes`` tells a name's size, binding one that is new."""
        if array.ndim != len(self.dims):
            return f"must have {len(self.dims)} sides, not {array.ndim}"
        expected = tuple(sizes(d, n) for d, n in zip(self.dims, array.shape, strict=True))
        if expected != array.shape:
            return f"must have the shape {list(expected)}, not {list(array.shape)}"
        if array.dtype.kind == "f" and not self._sound(array):
            return "holds values that are not numbers"
        if array.size and self.low is not None and not (array >= self.low).all():
            return f"holds values below {self.low:g}"
        if array.size and self.below is not None and not (array < sizes(self.below, 0)).all():
            return f"points beyond its {sizes(self.below, 0):,} entries"
        return ""

    def _sound(self, array: Any) -> bool:
        if self.unseen:
            return bool((array < np.inf).all() and np.isfinite(array).any() | (array.size == 0))
        good = ~np.isnan(array) if self.inf else np.isfinite(array)
        return bool((good | np.isnan(array) if self.nan else good).all())


Holds = Mapping[str, Array | Number]
Check = Callable[[Any], str]
"""Given an object's fields as attributes, says what is wrong with them together, or nothing."""


def wrong(cls: type, parts: Mapping[str, Any], holds: Holds, check: Check | None = None) -> str:
    """What is wrong with ``parts`` as the fields of ``cls``, in words; nothing if all is well."""
    hints = hints_of(cls)
    for name, value in parts.items():
        if name not in hints:
            return f"has no field {name!r}"
        if not matches(value, hints[name]):
            return f"{name} must be {said(hints[name])}, not {_short(value)}"
        if isinstance(value, Mapping) and not _finite(value):
            return f"{name} holds values that are not numbers"
        distinct = name == "labels" and cls is not Dataset  # of that, they are those of examples
        if distinct and isinstance(value, tuple) and len(set(value)) < len(value):
            return "labels must differ from each other"
    size = _Sizes(parts, {})
    for name, rule in holds.items():
        value = parts.get(name)
        if isinstance(rule, Number):
            problem = rule.wrong(value)
        else:
            problem = rule.wrong(value, size) if isinstance(value, np.ndarray) else ""
        if problem:
            return f"{name} {problem}"
    return check(SimpleNamespace(**{**_usual(cls), **parts})) if check else ""


def _finite(arrays: Mapping[Any, Any]) -> bool:
    """Whether every array in a mapping, as the weights of a network are, has numbers only."""
    floats = (a for a in arrays.values() if isinstance(a, np.ndarray) and a.dtype.kind == "f")
    return all(bool(np.isfinite(one).all()) for one in floats)


@dataclass(frozen=True)
class _Sizes:
    """How large what a side of an array is named after is; a name that is new is ``bound``."""

    parts: Mapping[str, Any]
    bound: dict[str, int]

    def __call__(self, name: str | int, actual: int) -> int:
        if isinstance(name, int):
            return name
        if "+" in name:
            parts = name.split("+")
            return sum(int(one) if one.isdigit() else self(one, actual) for one in parts)
        first, *rest = name.split(".")
        if first not in self.parts:
            return self.bound.setdefault(name, actual)
        thing = self.parts[first]
        for attribute in rest:
            thing = getattr(thing, attribute)
        return int(thing) if isinstance(thing, int | np.integer) else len(thing)


@cache
def hints_of(cls: type) -> dict[str, Hint]:
    """The type of each field of ``cls`` that its constructor takes."""
    names = [f.name for f in fields(cls) if f.init]
    try:
        found = get_type_hints(cls)
    except NameError:  # a name that is imported for the type checker alone
        found = {f.name: _hint(cls, f.type) for f in fields(cls)}
    return {name: found[name] for name in names}


def _hint(cls: type, text: Any) -> Hint:
    one = type(cls.__name__, (), {"__annotations__": {"it": text}, "__module__": cls.__module__})
    try:
        return get_type_hints(one)["it"]
    except NameError:
        return Any


def _usual(cls: type) -> dict[str, Any]:
    return {f.name: f.default for f in fields(cls)}


def plain(hint: Hint) -> bool:
    """Whether ``hint`` is a number, a text, a truth value, or one of these or None."""
    parts = _parts(hint)[1] if _parts(hint)[0] in (Union, UnionType) else (hint,)
    return all(part in WORDS or part is NoneType for part in parts)


def matches(value: Any, hint: Hint) -> bool:
    """Whether ``value`` is of the type ``hint``; lists and tuples count as the same."""
    if hint is Any or isinstance(hint, str):
        return True
    if hint is None or hint is NoneType:
        return value is None
    origin, args = _parts(hint)
    if origin in (Union, UnionType):
        return any(matches(value, one) for one in args)
    if origin is Literal:
        return value in args
    if origin is np.ndarray:
        return isinstance(value, np.ndarray) and _kind(args[1]) in ("", _family(value.dtype))
    if origin is not None:
        return _all_match(value, origin, args)
    if hint is float:
        return isinstance(value, float | int) and not isinstance(value, bool)
    if hint is int:
        return isinstance(value, int) and not isinstance(value, bool)
    if getattr(hint, "_is_protocol", False):
        return all(hasattr(type(value), name) for name in _methods(hint))
    return not isinstance(hint, type) or isinstance(value, hint)


def _all_match(value: Any, origin: Any, args: tuple[Hint, ...]) -> bool:
    if not isinstance(origin, type):
        return True
    if issubclass(origin, Mapping):
        if not isinstance(value, Mapping):
            return False
        return all(matches(k, args[0]) and matches(v, args[1]) for k, v in value.items())
    if issubclass(origin, Sequence):
        if not isinstance(value, tuple | list):
            return False
        if origin is tuple and args and args[-1] is not Ellipsis:
            return len(value) == len(args) and all(map(matches, value, args))
        return all(matches(item, args[0]) for item in value) if args else True
    return isinstance(value, origin)


def _methods(protocol: Any) -> list[str]:
    own = [name for base in protocol.__mro__ for name in vars(base) if not name.startswith("_")]
    return [name for name in own if callable(getattr(protocol, name, None))]


def _parts(hint: Hint) -> tuple[Any, tuple[Any, ...]]:
    return get_origin(hint), get_args(hint)


def _kind(dtype: Hint) -> str:
    """The family of numbers that an annotation such as ``dtype[float32]`` allows; "" for all."""
    scalar = (get_args(dtype) or (Any,))[0]
    return _family(np.dtype(scalar)) if isinstance(scalar, type) else ""


def _family(dtype: Any) -> str:
    return {"i": "int", "u": "int", "f": "float", "b": "bool"}.get(dtype.kind, str(dtype.kind))


WORDS = {int: "a whole number", float: "a number", str: "a text", bool: "True or False"}


PROTOCOLS = {"Learner": "a recipe", "Model": "a model", "LanguageModel": "a language model"}


def said(hint: Hint) -> str:
    """The type ``hint`` in words.

    >>> said(int | None), said(tuple[float, ...])
    ('a whole number or None', 'a list of numbers')
    """
    origin, args = _parts(hint)
    if origin in (Union, UnionType):
        return " or ".join(dict.fromkeys(said(one) for one in args))
    if hint in (None, NoneType):
        return "None"
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return "a dict"
    if isinstance(origin, type) and issubclass(origin, Sequence):
        if args and args[-1] is Ellipsis and args[0] in WORDS:
            return (
                f"a list of {WORDS[args[0]].removeprefix('a ').replace('True or False', 'bool')}s"
            )
        return "a list"
    if origin is np.ndarray:
        return "an array of " + ({"int": "whole numbers"}.get(_kind(args[1]), "numbers"))
    name = getattr(hint, "__name__", str(hint))
    return WORDS.get(hint) or PROTOCOLS.get(name, f"a {name}")


def _short(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return f"an array of {value.dtype}"
    text = (
        repr(value) if isinstance(value, str | int | float | bool | None) else type(value).__name__
    )
    return text if len(text) <= 40 else text[:37] + "…"
