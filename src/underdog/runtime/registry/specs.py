"""A spec as text, read into the object that it describes: parsed, never evaluated."""

from __future__ import annotations

import ast
import sys
from dataclasses import fields
from typing import Any

from ...core.errors import UnderdogError
from ...core.protocols import Learner, Model
from .naming import lookup

DEEPEST = 16
"""Calls and lists that may stand inside each other: what is made of more would never be fitted."""

LARGEST = sys.float_info.max

CODE = "a spec is read, never run: use registered names, numbers, strings, lists and {} only"


def build(text: str) -> Any:
    """The object that a spec describes: ``build("ensemble(linear(), n=3)")``.

    A spec is a Python call of registered names and literals. It is parsed, never evaluated;
    anything else raises `UnderdogError`.
    """
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise UnderdogError(
            f"cannot read the spec {text!r}", "write name(option=value), as in: linear()"
        ) from error
    if isinstance(tree, ast.Name):  # `majority` is as good as `majority()`
        tree = ast.Call(func=tree, args=[], keywords=[])
    if _depth(tree) > DEEPEST:
        raise UnderdogError(
            f"a spec with more than {DEEPEST} things inside each other",
            "nest less deeply, as in: ensemble(linear(), n=3)",
        )
    return _value(tree, text)


def contestant(text: str) -> Learner | Model:
    """The learner or model that the spec ``text`` describes; `UnderdogError` if it is neither."""
    made = build(text)
    if not isinstance(made, Learner | Model):
        raise UnderdogError(f"{text!r} is neither a learner nor a model", "see: underdog list")
    return made


def _value(node: ast.expr, text: str) -> Any:
    match node:
        case ast.Constant(value=None | bool() | str() as value):
            return value
        case ast.Constant(value=int() | float() as value):
            return _number(value)
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as value)):
            return -_number(value)
        case ast.List(elts=items) | ast.Tuple(elts=items):
            return tuple(_value(item, text) for item in items)
        case ast.Dict(keys=keys, values=values) if all(isinstance(k, ast.Constant) for k in keys):
            return {
                _value(k, text): _value(v, text) for k, v in zip(keys, values, strict=True) if k
            }
        case ast.Call(func=ast.Name(id=name), args=args, keywords=keywords):
            return _call(name, args, keywords, text)
    raise UnderdogError(f"{ast.unparse(node)!r} is not allowed in the spec {text!r}", CODE)


def _number(value: float) -> float:
    if not -LARGEST <= value <= LARGEST:
        raise UnderdogError(
            "a number in a spec is too large", "write a smaller one, as in: linear()"
        )
    return value


def _depth(node: ast.AST) -> int:
    """How many calls and lists stand inside each other; not by recursion, which has a limit."""
    deepest, left = 0, [(node, 0)]
    while left:
        one, depth = left.pop()
        deepest = max(deepest, depth)
        inner = depth + isinstance(one, ast.Call | ast.List | ast.Tuple | ast.Dict)
        left += [(child, inner) for child in ast.iter_child_nodes(one)]
    return deepest


def _call(name: str, args: list[ast.expr], keywords: list[ast.keyword], text: str) -> Any:
    cls = lookup(name)
    options = [f.name for f in fields(cls) if f.init]
    positional = [_value(arg, text) for arg in args]
    named = {str(k.arg): _value(k.value, text) for k in keywords}
    unknown = [key for key in named if key not in options]
    if unknown or len(positional) > len(options):
        what = f"option {unknown[0]!r}" if unknown else f"more than {len(options)} options"
        raise UnderdogError(
            f"{name} takes no {what}" if unknown else f"{name} does not take {what}",
            f"options of {name}: {', '.join(options) or 'none'}",
        )
    try:
        return cls(*positional, **named)
    except TypeError as error:
        raise UnderdogError(
            f"{name}: {error}".replace("__init__() ", ""),
            f"options of {name}: {', '.join(options) or 'none'}",
        ) from error
