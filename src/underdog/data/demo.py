"""A task that every machine already has: which installed library does a docstring come from?

Nothing is downloaded, nothing is shipped and no library is imported: the texts are read from the
source files of what happens to be installed.
"""

from __future__ import annotations

import ast
import hashlib
import re
import sysconfig
import warnings
from collections import Counter
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from ..core.data import Dataset, normal
from ..core.errors import UnderdogError
from ..runtime.progress import step

NAME = "docstrings"
"""The name of the task."""

LIBRARIES = {
    "numpy": "numpy",
    "scipy": "scipy",
    "scikit-learn": "sklearn",
    "pandas": "pandas",
    "torch": "torch",
    "transformers": "transformers",
    "sympy": "sympy",
    "networkx": "networkx",
    "rich": "rich",
    "joblib": "joblib",
    "pygments": "pygments",
    "click": "click",
    "jinja2": "jinja2",
}
"""Labels, and the packages that they stand for. Of each only what is installed takes part."""

PYTHON = "python"
"""The label of the standard library."""

SKIPPED = frozenset(
    {"tests", "test", "testing", "site-packages", "_vendor", "externals", "idlelib", "lib2to3"}
)

SHORTEST, FEWEST = 30, 100
"""Characters in a text; texts of a library."""

DOCUMENTED = (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)

MASK = "[library]"
GIVEAWAYS = re.compile(
    r"\w*(?:numpy|ndarray|scipy|sci[\s-]?kit|sklearn|pandas|torch|transformers|hugging\s?face|"
    r"sympy|networkx|joblib|loky|pygments|jinja|pallets|cpython)\w*"
    r"|\b(?:np|sp|sc|sk|pd|pa|tf|nx|rich|click|arrow|python)\b",
    re.IGNORECASE,
)
"""Names, import names and module aliases: "np.", "sklearn", "PyTorch"."""


def docstrings(limit_per_library: int = 1500) -> Dataset:
    """First paragraphs of docstrings, each labelled with the library it comes from.

    Library names and aliases in the texts are masked; texts are distinct, have 30 characters or
    more, and stand in one library only. Deterministic for one set of installed versions: files
    are read in the order of a hash of their paths. Does not import the libraries, and does not
    read their compiled parts.
    """
    roots = _roots()
    found: dict[str, list[str]] = {}
    with step("reading docstrings", len(roots)) as advance:
        for label, root in roots.items():
            found[label] = _texts(root, limit_per_library)
            advance(1)
    shared = Counter(normal(text) for mine in found.values() for text in mine)
    texts, labels = [], []
    for label, mine in sorted(found.items()):
        if len(mine) >= min(FEWEST, limit_per_library):
            mine = [text for text in mine if shared[normal(text)] == 1]
            texts += mine
            labels += [label] * len(mine)
    if len(set(labels)) < 2:
        raise UnderdogError(
            "no two libraries with source files are installed", "pip install numpy scipy"
        )
    return Dataset.of(texts, labels, name=NAME)


def _roots() -> dict[str, Path]:
    """Where the source files of each library are; finds packages without importing them."""
    roots = {PYTHON: Path(sysconfig.get_paths()["stdlib"])}
    for label, package in LIBRARIES.items():
        spec = find_spec(package)
        if spec and spec.submodule_search_locations:
            roots[label] = Path(spec.submodule_search_locations[0])
    return roots


def _texts(root: Path, limit: int) -> list[str]:
    """Up to ``limit`` distinct texts from the files below ``root``, in an order of their own."""
    files = [
        path.relative_to(root).as_posix()
        for path in root.rglob("*.py")
        if not SKIPPED & {part.lower() for part in path.relative_to(root).parts[:-1]}
    ]
    texts: dict[str, str] = {}
    for name in sorted(files, key=lambda name: hashlib.sha256(name.encode()).digest()):
        for docstring in _docstrings(root / name):
            text = _masked(docstring)
            if len(text) >= SHORTEST:
                texts.setdefault(normal(text), text)
        if len(texts) >= limit:
            break
    return list(texts.values())[:limit]


def _docstrings(path: Path) -> Iterator[str]:
    """The docstrings in one source file, from top to bottom; none if it cannot be parsed."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about other people's escape sequences
        try:
            tree = ast.parse(path.read_bytes())
        except (SyntaxError, ValueError, RecursionError, OSError):
            return
    waiting: list[ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef] = [tree]
    for node in waiting:  # not ast.walk, which would visit every expression as well
        yield ast.get_docstring(node) or ""
        waiting += [child for child in node.body if isinstance(child, DOCUMENTED)]


def _masked(docstring: str) -> str:
    """The first paragraph on one line, without what names the library."""
    paragraph = re.split(r"\n\s*\n", docstring, maxsplit=1)[0]
    return GIVEAWAYS.sub(MASK, " ".join(paragraph.split()))
