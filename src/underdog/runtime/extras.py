"""Optional libraries: the error that ends in the command to type."""

from __future__ import annotations

from functools import wraps
from importlib import import_module
from importlib.metadata import PackageNotFoundError, metadata, version
from importlib.util import find_spec
from typing import Any, TypeVar

from packaging.requirements import Requirement

from ..core.errors import UnderdogError

C = TypeVar("C", bound=type)

USUAL = {"transformers": "torch", "tokenizers": "static", "onnxruntime": "onnx", "onnx": "torch"}
"""The extra to name where several bring a library."""


def require(module: str, extra: str) -> Any:
    """The module called ``module``.

    Raises `UnderdogError` with the command that installs ``extra`` if it is missing.
    """
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        raise UnderdogError(
            f"{module} is not installed", f"pip install 'underdog[{extra}]'"
        ) from error


def hinted(cls: C) -> C:
    """``cls``, whose methods say what to install where an optional library lacks."""
    for name in ("fit", "answer", "over", "top"):
        if name in vars(cls):
            setattr(cls, name, _hinting(vars(cls)[name]))
    return cls


def _hinting(method: Any) -> Any:
    @wraps(method)
    def hinting_method(self: Any, *args: Any, **options: Any) -> Any:
        try:
            return method(self, *args, **options)
        except ModuleNotFoundError as error:
            module = (error.name or "").partition(".")[0]
            extra = extra_of(module)
            if not extra:
                raise
            raise UnderdogError(
                f"{module} is not installed", f"pip install 'underdog[{extra}]'"
            ) from error

    return hinting_method


def extra_of(module: str) -> str:
    """The extra that brings ``module``; empty if none does."""
    name = module.replace("_", "-")
    found = [extra for extra, wanted in extras().items() if name in wanted]
    usual = USUAL.get(module, name)
    return usual if usual in found else next(iter(found), "")


def installed(module: str) -> bool:
    """Whether ``module`` could be imported; does not import it."""
    return find_spec(module) is not None


def extras() -> dict[str, dict[str, str | None]]:
    """What each extra asks for and which version of it is here: read from our own metadata."""
    found: dict[str, dict[str, str | None]] = {}
    wanted = [Requirement(line) for line in metadata("underdog").get_all("Requires-Dist") or ()]
    for extra in sorted(metadata("underdog").get_all("Provides-Extra") or ()):
        mine = [r for r in wanted if r.marker and r.marker.evaluate({"extra": extra})]
        found[extra] = {r.name: _version(r.name) for r in mine}
    return found


def incomplete() -> list[str]:
    """The extras of which something is not installed."""
    return [extra for extra, wanted in extras().items() if None in wanted.values()]


def _version(distribution: str) -> str | None:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return None
