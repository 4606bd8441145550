"""Public docstrings state the shapes of arrays, the errors and the units."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest
from conftest import syntax

import underdog

PACKAGE = Path(underdog.__file__).parent

CHECKED = (
    "combine",
    "core",
    "models",
    "report",
    "runtime",
    "testing.py",
    "data/read.py",
    "data/sheet.py",
    "evaluate/adjudication.py",
    "evaluate/diversity.py",
    "evaluate/metrics.py",
    "evaluate/routing.py",
    "evaluate/stats.py",
    "evaluate/audit/finding.py",
    "evaluate/audit/labels.py",
    "evaluate/audit/texts.py",
    "fronts/estimator.py",
    "fronts/terminal.py",
    "fronts/views.py",
    "study/runs/deferral.py",
    "study/runs/facts.py",
    "study/runs/learning_curve.py",
    "study/runs/race.py",
    "study/runs/run.py",
    "study/runs/runtime_estimate.py",
    "study/deferring.py",
    "study/duels.py",
    "study/judged.py",
    "study/slices.py",
    "study/labels/unlabelled.py",
    "report/slices.py",
    "study/verdict",
    "evaluate/control.py",
    "teach/deferral/infeasible.py",
    "teach/deferral/quality_cost.py",
    "teach/online/drift.py",
    "teach/online/error_budget.py",
    "teach/online/undetected_errors.py",
)
"""Rooms and modules that are checked, as paths below the package. The list only grows."""

SHAPE = re.compile(r"\[(?:\.\.\.|[a-z0-9])[a-z0-9_.*+ ]*(?:,\s+[a-z0-9][a-z0-9_.*+ ]*)*\]")
"""A shape in words, such as ``[texts, labels]`` or ``[..., labels]``."""

ERRORS = re.compile(r"UnderdogError|\b[Rr]efuses?\b")
UNITS = re.compile(
    r"\b([Ss]econds?|milliseconds?|hours?|minutes?|[Dd]ollars?|joules?|watts?|bytes|GB|MB|nats|bits|tokens|"
    r"words|characters|share|between 0 and 1|per cent|percent)\b"
)
QUANTITIES = re.compile(
    r"(^|_)(timeout|wait|delay|elapsed|latency|duration|time|price|cost|budget|bill|energy|power|memory)$"
)
"""Names of numbers that mean little without a unit. A name such as ``seconds`` is a unit itself."""


@cache
def modules():
    return {p.relative_to(PACKAGE).as_posix(): p for p in sorted(PACKAGE.rglob("*.py"))}


@cache
def trees():
    return {name: syntax(path) for name, path in modules().items()}


def is_checked(name):
    return any(name == room or name.startswith(f"{room}/") for room in CHECKED)


@cache
def array_names():
    """Names of types that hold arrays: `NDArray`, tensors, and the package's names for these."""
    names = {"NDArray", "ndarray", "csr_array", "Tensor"}
    while True:
        found = set(names)
        for tree in trees().values():
            for node in tree.body:
                match node:
                    case ast.Assign(targets=[ast.Name(id=name)], value=value) if words(
                        value
                    ) & names and "Callable" not in words(value):
                        found.add(name)
                    case _:
                        pass
        if found == names:
            return frozenset(names)
        names = found


def words(node):
    """The names in a type annotation; quoted annotations included."""
    return set(re.findall(r"\w+", ast.unparse(node))) if node is not None else set()


@cache
def error_makers():
    """Names of functions that return an `UnderdogError` for their caller to raise."""
    return frozenset(
        node.name
        for tree in trees().values()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and "UnderdogError" in words(node.returns)
    )


def raises_for_users(function):
    """Whether the body of ``function`` raises an `UnderdogError` itself."""
    for node in ast.walk(function):
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
            called = ast.unparse(node.exc.func).rpartition(".")[2]
            if called == "UnderdogError" or called in error_makers():
                return True
    return False


def public(body, prefix=""):
    """The public classes and functions in ``body``, with their qualified names."""
    for node in body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            overload = any("overload" in ast.unparse(d) for d in node.decorator_list)
            if node.name.startswith("_") or overload:
                continue
            yield prefix + node.name, node
            if isinstance(node, ast.ClassDef):
                yield from public(node.body, f"{prefix}{node.name}.")
        elif isinstance(node, ast.If | ast.Try):
            yield from public(node.body, prefix)


def quantities(node):
    """Numbers of a function or of a dataclass that need a unit."""
    if isinstance(node, ast.ClassDef):
        pairs = [
            (f.target.id, f.annotation)
            for f in node.body
            if isinstance(f, ast.AnnAssign) and isinstance(f.target, ast.Name)
        ]
    else:
        args = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
        pairs = [*((a.arg, a.annotation) for a in args), (node.name, node.returns)]
    return [name for name, kind in pairs if "float" in words(kind) and QUANTITIES.search(name)]


def faults(name):
    """What the docstrings of one module lack, as sentences."""
    tree = trees()[name]
    if not ast.get_docstring(tree):
        yield "the module has no docstring"
    for title, node in public(tree.body):
        text = ast.get_docstring(node)
        if not text:
            if not protected_by_torch(node):
                yield f"{title} has no docstring"
            continue
        if quantities(node) and not UNITS.search(text):
            yield f"{title} states no unit of {', '.join(quantities(node))}"
        if isinstance(node, ast.ClassDef):
            continue
        returned = words(node.returns)
        if returned & array_names() and "Callable" not in returned and not SHAPE.search(text):
            yield f"{title} returns an array and states no shape like [texts, labels]"
        if raises_for_users(node) and not ERRORS.search(text):
            yield f"{title} raises UnderdogError and does not say so"


def protected_by_torch(node):
    """Whether ``node`` is the ``forward`` of a torch module, which the class documents."""
    return isinstance(node, ast.FunctionDef) and node.name == "forward"


@pytest.mark.parametrize("name", [name for name in modules() if is_checked(name)])
def test_docstrings_say_what_a_caller_must_know(name):
    assert not list(faults(name))


def test_every_entry_of_the_list_exists():
    assert all(any(n == r or n.startswith(f"{r}/") for n in modules()) for r in CHECKED)


def test_the_check_finds_what_is_missing(monkeypatch):
    bad = '''
"""A module."""
def plain(): return 1
def shapeless() -> Floats:
    """No shape."""
def silent(x):
    """Nothing about the error."""
    raise UnderdogError("a", "b")
def unitless(timeout: float):
    """Waits."""
class Good:
    """Good."""
    def rows(self) -> Floats:
        """The rows, ``[texts, labels]``."""
'''
    monkeypatch.setitem(trees(), "bad.py", ast.parse(bad))
    assert [fault.split()[0] for fault in faults("bad.py")] == [
        "plain",
        "shapeless",
        "silent",
        "unitless",
    ]


if __name__ == "__main__":  # python tests/test_docstrings.py: what other rooms still lack
    for module in modules():
        for fault in faults(module):
            print(f"{module}: {fault}")
